//! What a subscription does with an event.

use fabric_core::{
    Fault,
    codec::{Poison, Received},
};

use crate::ports::BoxFuture;

/// Why handling failed.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The event cannot be read as what the handler handles.
    Poison(Poison),
    /// The handler said no.
    Fault(Fault),
}

impl From<Poison> for Failure {
    fn from(poison: Poison) -> Self {
        Self::Poison(poison)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Handles the events of one subscription. The crate that services use makes these from plain async functions.
pub trait Handle: Send + Sync + 'static {
    /// Handles one event. It may be called again with the same event, and at the same time with others of other keys.
    fn handle(&self, event: Received) -> BoxFuture<'static, Result<(), Failure>>;
}
