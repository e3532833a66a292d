//! Publishing, as one reads it: `fabric.publish(event).by(actor).tenant(tenant).await?`.

use std::future::IntoFuture;

use fabric_core::{
    Actor, Descriptor, Event, EventId, Metadata, TenantId,
    name::CorrelationId,
    publication::{self, Origin, Publication, Rejected},
    trace::TraceContext,
};
use fabric_runtime::{
    metric,
    ports::{BoxFuture, PublishError},
    publisher::Published,
};
use jiff::Timestamp;

use crate::{handle::Fabric, identity::Identity};

/// What can be published: a typed event, or JSON that claims to be one.
pub trait Payload: Send + Sync {
    /// The topic, for counting what was refused.
    fn topic(&self) -> &str;

    /// Plans the publication: see [`publication::plan`].
    fn plan(&self, origin: Origin) -> Result<Publication, Rejected>;
}

impl<E: Event> Payload for E {
    fn topic(&self) -> &str {
        E::TOPIC
    }

    fn plan(&self, origin: Origin) -> Result<Publication, Rejected> {
        publication::plan(self, origin)
    }
}

/// A payload as JSON, with the descriptor of the event that it claims to be.
#[derive(Debug, Clone)]
pub struct JsonEvent {
    /// Which event.
    pub descriptor: Descriptor,
    /// The payload's JSON. It is checked like any other.
    pub json: Vec<u8>,
}

impl Payload for JsonEvent {
    fn topic(&self) -> &str {
        self.descriptor.topic
    }

    fn plan(&self, origin: Origin) -> Result<Publication, Rejected> {
        publication::plan_json(&self.descriptor, &self.json, origin)
    }
}

/// Why an event was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishFailure {
    /// It may not go out: nothing was sent. Trying again cannot help.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// It was not confirmed. Whether it was taken is in the error.
    #[error(transparent)]
    Unconfirmed(#[from] PublishError),
}

/// A publish that is being put together. Awaiting it sends it, which only compiles once it has a tenant.
#[must_use = "nothing is published until this is awaited"]
pub struct Publish<'f, P, T = TenantId> {
    fabric: &'f Fabric,
    payload: P,
    tenant: T,
    actor: Option<Actor>,
    id: Option<EventId>,
    time: Option<Timestamp>,
    correlation: Option<CorrelationId>,
    causation: Option<EventId>,
    trace: Option<TraceContext>,
    is_notice: bool,
}

impl<'f, P> Publish<'f, P, ()> {
    pub(crate) fn new(fabric: &'f Fabric, payload: P) -> Self {
        Self {
            fabric,
            payload,
            tenant: (),
            actor: None,
            id: None,
            time: None,
            correlation: None,
            causation: None,
            trace: None,
            is_notice: false,
        }
    }

    pub(crate) fn reaction_to(self, cause: &Metadata) -> Publish<'f, P> {
        let causation = Some(cause.id);
        let correlation = Some(cause.correlation.clone());
        let trace = cause.trace.clone();
        Publish { correlation, causation, trace, ..self.tenant(cause.tenant.clone()) }
    }
}

impl<'f, P, T> Publish<'f, P, T> {
    /// Whose data it is.
    pub fn tenant(self, tenant: TenantId) -> Publish<'f, P> {
        Publish {
            fabric: self.fabric,
            payload: self.payload,
            tenant,
            actor: self.actor,
            id: self.id,
            time: self.time,
            correlation: self.correlation,
            causation: self.causation,
            trace: self.trace,
            is_notice: self.is_notice,
        }
    }

    /// Who caused it; without this, the service itself.
    pub fn by(self, actor: Actor) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// Who caused it and whose data it is, from whoever is asking.
    pub fn on_behalf_of(self, identity: &Identity) -> Publish<'f, P> {
        self.by(identity.actor.clone()).tenant(identity.tenant.clone())
    }

    /// The event's id, for a caller that may have to publish the same event again.
    pub fn id(self, id: EventId) -> Self {
        Self { id: Some(id), ..self }
    }

    /// When it happened; without this, now.
    pub fn at(self, time: Timestamp) -> Self {
        Self { time: Some(time), ..self }
    }

    /// It is worth telling and not worth keeping: when nobody listens, it is gone, and the outcome is unrouted.
    pub fn as_notice(self) -> Self {
        Self { is_notice: true, ..self }
    }

    /// What ties it to other events.
    pub fn correlation(self, correlation: CorrelationId) -> Self {
        Self { correlation: Some(correlation), ..self }
    }

    /// The trace that it belongs to.
    pub fn trace(self, trace: TraceContext) -> Self {
        Self { trace: Some(trace), ..self }
    }
}

impl<P: Payload> Publish<'_, P> {
    async fn send(self) -> Result<Published, PublishFailure> {
        let (fabric, now) = (self.fabric, self.fabric.clock().now());
        let service = fabric.service();
        let seed = fabric.ids().number(now);
        let origin = Origin {
            id: self.id.unwrap_or_else(|| fabric.ids().next(now)),
            time: self.time.unwrap_or(now),
            service: service.clone(),
            tenant: self.tenant,
            actor: self.actor.unwrap_or_else(|| Actor::service(service)),
            correlation: self.correlation,
            causation: self.causation,
            stream: None,
            position: None,
            trace: Some(self.trace.map_or_else(|| TraceContext::start(seed), |trace| trace.child(seed))),
        };
        match self.payload.plan(origin) {
            Ok(publication) if self.is_notice => Ok(fabric.publisher().notify(publication).await?),
            Ok(publication) => Ok(fabric.publisher().publish(publication).await?),
            Err(rejected) => {
                metric::published(service.as_str(), self.payload.topic(), "rejected");
                Err(rejected.into())
            }
        }
    }
}

impl<'f, P: Payload + 'f> IntoFuture for Publish<'f, P> {
    type Output = Result<Published, PublishFailure>;
    type IntoFuture = BoxFuture<'f, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
