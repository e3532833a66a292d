//! Messages that no fabric would publish, as foreign producers and attackers do.

use anyhow::{Context, Result};
use bytes::Bytes;
use fabric::{
    Actor, Event, EventId, Published, ServiceName,
    core::{
        message::{Headers, Message, Outgoing, Properties},
        publication::{self, Origin},
    },
    runtime::ports::Confirmed,
};
use fabric_testkit::history::Fact;

use crate::{
    load::Desk,
    sample::{Fate, SERVICE, StepTaken, TENANT},
};

/// In which way a message is strange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strange {
    /// It has no attributes of an event.
    NoAttributes,
    /// Its body is not JSON.
    NotJson,
    /// Its body is JSON of another form.
    OtherSchema,
    /// Its body is an array in an array, a hundred thousand times.
    Deep,
    /// Its body is larger than any may be.
    Oversized,
    /// It belongs to a tenant that is not served here.
    OtherTenant,
}

const DEPTH: usize = 100_000;
const OVERSIZED_BYTES: usize = 300 * 1024;

impl Strange {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::NoAttributes, Self::NotJson, Self::OtherSchema, Self::Deep, Self::Oversized, Self::OtherTenant];

    /// Publishes one such message until it is confirmed.
    pub async fn publish(self, desk: &Desk, key: &str) -> Result<()> {
        let outgoing = self.message(desk, key)?;
        let id = outgoing.message.properties.message_id.clone().context("it has an id")?;
        let event: EventId = EventId::of_producer("strange", &id);
        let fact = Fact::publish_poison(StepTaken::TOPIC, id, key, 1);
        let publish = || {
            let publish = desk.fabric.broker().publish(outgoing.clone());
            async move {
                Ok(match publish.await? {
                    Confirmed::Routed => Published::Routed(event),
                    Confirmed::Unrouted => Published::Unrouted(event),
                })
            }
        };
        desk.until_confirmed(&fact, publish).await
    }

    fn message(self, desk: &Desk, key: &str) -> Result<Outgoing> {
        let mut outgoing = valid(desk, key, if self == Self::OtherTenant { "elsewhere" } else { TENANT })?;
        let message = &mut outgoing.message;
        match self {
            Self::NoAttributes => {
                let Properties { message_id, .. } = std::mem::take(&mut message.properties);
                let properties = Properties { message_id, persistent: true, ..Properties::default() };
                *message = Message { properties, headers: Headers::default(), body: Bytes::from_static(b"{}") };
            }
            Self::NotJson => message.body = Bytes::from_static(b"\xff\x00 no json"),
            Self::OtherSchema => message.body = Bytes::from_static(br#"{"walker": 7, "course": "history"}"#),
            Self::Deep => message.body = [vec![b'['; DEPTH], vec![b']'; DEPTH]].concat().into(),
            Self::Oversized => message.body = vec![b' '; OVERSIZED_BYTES].into(),
            Self::OtherTenant => {}
        }
        Ok(outgoing)
    }
}

fn valid(desk: &Desk, key: &str, tenant: &str) -> Result<Outgoing> {
    let now = desk.fabric.clock().now();
    let service: ServiceName = SERVICE.parse()?;
    let origin = Origin {
        id: EventId::of_producer("strange", &format!("{key}/{now}")),
        time: now,
        actor: Actor::service(&service),
        service,
        tenant: tenant.parse()?,
        correlation: None,
        causation: None,
        stream: None,
        position: None,
        trace: None,
    };
    let step = StepTaken { walker: key.to_owned(), seq: 1, fate: Fate::Good };
    Ok(publication::plan(&step, origin)?.outgoing)
}
