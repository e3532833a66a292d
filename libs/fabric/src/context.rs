//! What a handler gets besides the event.

use std::{future::IntoFuture, sync::Arc};

use fabric_core::{EventId, Fault, Metadata, TenantId, Topic, codec::Received};
use fabric_runtime::{clock::Clock, ports::BoxFuture, publisher::Published};
use jiff::Timestamp;

use crate::{
    handle::Fabric,
    latest::Moment,
    publish::{Payload, Publish, PublishFailure},
};

/// What a handler gets besides the event: the service's state, the event's metadata, and a way to react.
pub struct Context<S = ()> {
    state: Arc<S>,
    metadata: Arc<Metadata>,
    fabric: Fabric,
}

impl<S> Clone for Context<S> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), metadata: Arc::clone(&self.metadata), fabric: self.fabric.clone() }
    }
}

impl<S> Context<S> {
    pub(crate) fn new(state: Arc<S>, metadata: Arc<Metadata>, fabric: Fabric) -> Self {
        Self { state, metadata, fabric }
    }

    /// The service's state.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Everything about the event but its payload.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The tenant that the event belongs to.
    pub fn tenant(&self) -> &TenantId {
        &self.metadata.tenant
    }

    /// When the event happened, for what is remembered of it: see [`Latest`](crate::Latest).
    pub fn moment(&self) -> Moment {
        Moment::of(&self.metadata)
    }

    /// What time it is.
    pub fn clock(&self) -> Clock {
        self.fabric.clock()
    }

    /// Publishes what follows from the event, once: however often the event comes, the reaction has the same id, so that whoever
    /// handles it recognises it. `part` tells apart several reactions of one topic. Same tenant, correlation and trace, caused by
    /// this event, by the service itself.
    ///
    /// Awaiting it fails for good when the reaction may not go out, and so that the event is tried again when it was not confirmed.
    pub fn react<P: Payload>(&self, payload: P, part: &str) -> Reaction<'_, P> {
        let id = self.id_for(payload.topic(), part);
        Reaction(self.publish(payload).id(id))
    }

    /// An id that follows from the event: the same however often it comes, and another one for each `kind` and `part`.
    pub fn id_for(&self, kind: &str, part: &str) -> EventId {
        id_because_of(self.metadata.id, self.fabric.service().as_str(), kind, part)
    }

    /// Publishes a reaction like [`react`](Self::react), but with a new id each time, and without deciding which failures are for
    /// good: `?` in a handler takes every [`PublishFailure`] for one that passes. Use `react`, unless that is what you want.
    pub fn publish<P: Payload>(&self, payload: P) -> Publish<'_, P> {
        self.fabric.publish(payload).reaction_to(&self.metadata)
    }
}

/// A reaction that is being put together: see [`Context::react`]. Awaiting it publishes it.
#[must_use = "nothing is published until this is awaited"]
pub struct Reaction<'c, P>(Publish<'c, P>);

impl<P> Reaction<'_, P> {
    /// When it happened; without this, now.
    pub fn at(self, time: Timestamp) -> Self {
        Self(self.0.at(time))
    }
}

impl<'c, P: Payload + 'c> IntoFuture for Reaction<'c, P> {
    type Output = Result<Published, Fault>;
    type IntoFuture = BoxFuture<'c, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.0.await.map_err(fault_of) })
    }
}

/// What a failed publish means for the event in hand. A reaction that may not go out will not be allowed to later either.
fn fault_of(failure: PublishFailure) -> Fault {
    match failure {
        PublishFailure::Rejected(rejected) => Fault::permanent(rejected),
        unconfirmed @ PublishFailure::Unconfirmed(_) => unconfirmed.into(),
    }
}

/// The id of what a service makes of an event. The text given is not a UUID, which would be taken as the id itself.
fn id_because_of(cause: EventId, service: &str, kind: &str, part: &str) -> EventId {
    EventId::of_producer(service, &format!("{cause}/{kind}/{part}"))
}

/// An event whose type the handler does not name: for audits, counters and other things that look at everything.
#[derive(Debug, Clone)]
pub struct AnyEvent(pub(crate) Received);

impl AnyEvent {
    /// Its topic.
    pub fn topic(&self) -> &Topic {
        &self.0.metadata.topic
    }

    /// Its payload. Fails, for good, when it is not JSON.
    pub fn json(&self) -> Result<serde_json::Value, Fault> {
        serde_json::from_slice(&self.0.body).map_err(|_| Fault::permanent("the payload is not JSON"))
    }
}

#[cfg(test)]
mod tests {
    use fabric_core::{FaultClass, publication::Rejected};
    use fabric_runtime::ports::PublishError;

    use super::*;

    #[test]
    fn what_follows_from_an_event_has_an_id_of_its_own_and_the_same_every_time() {
        let cause = EventId::from_parts(1, [7; 10]);
        let id = id_because_of(cause, "library", "library.reminder.planned", "p-1");
        assert_eq!(id, id_because_of(cause, "library", "library.reminder.planned", "p-1"));
        let others = [
            cause,
            id_because_of(EventId::from_parts(2, [7; 10]), "library", "library.reminder.planned", "p-1"),
            id_because_of(cause, "archive", "library.reminder.planned", "p-1"),
            id_because_of(cause, "library", "library.reminder.planned", "p-2"),
            id_because_of(cause, "library", "library.fine.imposed", "p-1"),
        ];
        assert!(!others.contains(&id));
    }

    #[test]
    fn only_what_was_rejected_fails_for_good() {
        let table = [
            (PublishFailure::Rejected(Rejected::TooLarge { bytes: 2 }), FaultClass::Permanent),
            (PublishFailure::Unconfirmed(PublishError::Refused), FaultClass::Transient),
        ];
        for (failure, expected) in table {
            let text = failure.to_string();
            assert_eq!(fault_of(failure).class(), expected, "{text}");
        }
    }
}
