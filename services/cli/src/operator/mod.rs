//! What an operator can do: the same functions behind a running `fabric up`'s HTTP routes and behind commands that speak to the
//! servers themselves.

mod audit;
mod client;
mod needed;
pub mod parked;
pub mod pauses;
mod routes;
mod running;

pub use crate::lookup::descriptor;
pub use audit::{Act, Audit};
pub use client::Client;
pub use needed::{Needed, require};
pub use routes::{ImportRequest, Operator, router};
pub use running::{Reach, actor, address, reach};

use bytes::Bytes;
use fabric::{
    Actor, Descriptor, EventId, Fabric, JsonEvent, Pattern, Published, TenantId, Topic,
    core::{codec, codec::Received, name::CorrelationId, topology::names},
    host::contexts_of,
    runtime::ports::{Broker, Cache, CacheQuery, CachedEvent, ConsumeError, Consumer, TapRequest},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Outcome, exit::Failure, platform};

/// The role that may use an operator's routes.
pub const ROLE: &str = "operator";

/// The most events that a tail which lags may fall behind.
const TAIL_BACKLOG_MAX: u32 = 10_000;

/// One event as an operator sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    /// Its topic.
    pub topic: String,
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub time: Timestamp,
    /// Who published it.
    pub source: String,
    /// Who caused it.
    pub actor: Option<String>,
    /// The payload's version.
    pub version: u16,
    /// What ties it to other events.
    pub correlation: String,
    /// The payload, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
}

impl Seen {
    /// What may be shown of an event: its payload only when asked for.
    pub fn of(received: &Received, reveal: bool) -> Self {
        let metadata = &received.metadata;
        Self {
            topic: metadata.topic.to_string(),
            id: metadata.id,
            time: metadata.time,
            source: metadata.source.clone(),
            actor: metadata.actor.as_ref().map(ToString::to_string),
            version: metadata.version,
            correlation: metadata.correlation.to_string(),
            data: if reveal { serde_json::from_slice(&received.body).ok() } else { None },
        }
    }
}

/// What became of a publish.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishReply {
    /// The event's id.
    pub id: EventId,
    /// Its topic.
    pub topic: String,
    /// `routed`, or `unrouted` when nobody listens.
    pub outcome: String,
}

/// For whom an event is published, and what is known of it already.
#[derive(Debug, Clone)]
pub struct Of {
    /// Whose data it is.
    pub tenant: TenantId,
    /// Who causes it; without one, the service that owns it.
    pub actor: Option<Actor>,
    /// What another producer has said of it.
    pub told: Told,
}

/// What a producer says of an event besides its payload.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Told {
    /// Its id, so that publishing it twice is recognized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// What ties it to other events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<CorrelationId>,
}

/// Publishes JSON as an event.
pub async fn publish(fabric: &Fabric, descriptor: &Descriptor, json: Bytes, of: Of) -> Outcome<PublishReply> {
    let Of { tenant, actor, told: Told { id, time, correlation } } = of;
    let mut publish = fabric.publish(JsonEvent { descriptor: *descriptor, json: json.to_vec() }).tenant(tenant);
    if let Some(actor) = actor {
        publish = publish.by(actor);
    }
    if let Some(id) = id {
        publish = publish.id(id);
    }
    if let Some(time) = time {
        publish = publish.at(time);
    }
    if let Some(correlation) = correlation {
        publish = publish.correlation(correlation);
    }
    let published = publish.await?;
    let outcome = match published {
        Published::Routed(_) => "routed",
        Published::Unrouted(_) => "unrouted",
    };
    Ok(PublishReply { id: published.id(), topic: descriptor.topic.to_owned(), outcome: outcome.to_owned() })
}

/// The last known event of each topic that matches, or the most recent ones of one topic.
pub async fn last(
    cache: &dyn Cache,
    tenant: TenantId,
    pattern: Pattern,
    recent: Option<usize>,
    reveal: bool,
) -> Outcome<Vec<Seen>> {
    let events: Vec<CachedEvent> = match recent {
        None => cache.last(CacheQuery { tenant, pattern }).await?,
        Some(limit) => {
            let topic = Topic::try_new(pattern.as_str())
                .map_err(|_| Failure::Usage("--recent needs one whole topic, not a pattern".to_owned()))?;
            cache.recent(tenant, topic, limit).await?
        }
    };
    Ok(events.iter().map(|cached| Seen::of(&cached.event, reveal)).collect())
}

/// Starts to watch what goes by.
pub async fn tap(broker: &dyn Broker, pattern: &Pattern) -> Outcome<Box<dyn Consumer>> {
    let contexts = match pattern.context() {
        Some(context) => vec![context],
        None => contexts_of(platform::catalogue()),
    };
    let bindings = contexts.into_iter().map(|context| (names::exchange(context), pattern.clone())).collect();
    let request = TapRequest { bindings, backlog_max: TAIL_BACKLOG_MAX };
    broker.tap(request).await.map_err(|error| match error {
        ConsumeError::NoQueue { .. } => Failure::missing(&error),
        ConsumeError::Forbidden { .. } | ConsumeError::Away { .. } => Failure::Unreachable(error.to_string()),
    })
}

/// The next event of a tenant that goes by; none when the watch has ended. Others' events and what cannot be read are passed over.
pub async fn next_seen(tap: &mut dyn Consumer, tenant: &TenantId, reveal: bool) -> Option<Seen> {
    loop {
        let incoming = std::future::poll_fn(|context| tap.poll_next(context)).await?;
        match codec::decode(&incoming) {
            Ok(received) if received.metadata.tenant == *tenant => return Some(Seen::of(&received, reveal)),
            Ok(_) | Err(_) => {}
        }
    }
}
