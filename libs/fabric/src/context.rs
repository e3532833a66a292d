//! What a handler gets besides the event.

use std::sync::Arc;

use fabric_core::{Fault, Metadata, TenantId, Topic, codec::Received};
use fabric_runtime::clock::Clock;

use crate::{
    handle::Fabric,
    publish::{Payload, Publish},
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

    /// What time it is.
    pub fn clock(&self) -> Clock {
        self.fabric.clock()
    }

    /// Publishes a reaction: same tenant, correlation and trace, caused by this event, by the service itself.
    pub fn publish<P: Payload>(&self, payload: P) -> Publish<'_, P> {
        self.fabric.publish(payload).reaction_to(&self.metadata)
    }
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
