//! One line of a history.

use serde::{Deserialize, Serialize};

/// One fact of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Microseconds since the epoch by the wall clock of the one machine that all processes share.
    pub at_us: u64,
    /// The process's name, chosen by whoever started it; a restarted one may bear it again.
    pub process: String,
    /// The process's id, which tells the restarted one from the one before.
    pub pid: u32,
    /// The number of the act within the process: what begins and ends with the same number is the same act.
    pub act: u64,
    /// Which moment of the act this is.
    pub phase: Phase,
    /// What was done.
    #[serde(flatten)]
    pub fact: Fact,
}

/// A moment of an act. An act without an end is one of a process that died, and as uncertain as [`Phase::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It begins: it has had no effect before this.
    Invoke,
    /// It ended well.
    Ok,
    /// It certainly had no effect.
    Fail,
    /// Nobody knows whether it had an effect.
    Unknown,
}

/// What is done in an act. Payloads are never recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Fact {
    /// An event is published; `ok` when the broker confirmed it, `fail` when it certainly reached no subscription.
    Publish {
        /// Its topic, which says whom it must reach.
        topic: String,
        /// Its id.
        event: String,
        /// Its partition key.
        key: String,
        /// Its number within the key, from the first published to the last.
        seq: u64,
        /// Whether it was made so that it must end up parked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        poison: bool,
    },
    /// A subscription's handler runs; `ok` when it returned success, `fail` when it did not.
    Handle {
        /// The subscription.
        subscription: String,
        /// The event's id.
        event: String,
        /// The event's partition key, as delivered.
        key: String,
        /// The event's number within the key, as delivered.
        seq: u64,
        /// The attempt, from 1.
        attempt: u32,
    },
    /// A handler's effect took place (`ok`).
    Effect {
        /// The subscription.
        subscription: String,
        /// The event's id.
        event: String,
    },
    /// An event was parked (`ok`): from now on it is legitimate that it is handled late, by redrive.
    Park {
        /// The subscription.
        subscription: String,
        /// The event's id.
        event: String,
    },
    /// Something is broken on purpose (`invoke`) until it is healed (`ok`); `fail` when it could not be broken.
    Fault {
        /// What, for the reader.
        name: String,
    },
}

impl Fact {
    /// [`Fact::Publish`] of an event that is meant to be handled.
    pub fn publish(topic: impl Into<String>, event: impl Into<String>, key: impl Into<String>, seq: u64) -> Self {
        Self::Publish { topic: topic.into(), event: event.into(), key: key.into(), seq, poison: false }
    }

    /// [`Fact::Publish`] of an event that must end up parked.
    pub fn publish_poison(
        topic: impl Into<String>,
        event: impl Into<String>,
        key: impl Into<String>,
        seq: u64,
    ) -> Self {
        Self::Publish { topic: topic.into(), event: event.into(), key: key.into(), seq, poison: true }
    }

    /// [`Fact::Handle`].
    pub fn handle(
        subscription: impl Into<String>,
        event: impl Into<String>,
        key: impl Into<String>,
        seq: u64,
        attempt: u32,
    ) -> Self {
        Self::Handle { subscription: subscription.into(), event: event.into(), key: key.into(), seq, attempt }
    }

    /// [`Fact::Effect`].
    pub fn effect(subscription: impl Into<String>, event: impl Into<String>) -> Self {
        Self::Effect { subscription: subscription.into(), event: event.into() }
    }

    /// [`Fact::Park`].
    pub fn park(subscription: impl Into<String>, event: impl Into<String>) -> Self {
        Self::Park { subscription: subscription.into(), event: event.into() }
    }

    /// [`Fact::Fault`].
    pub fn fault(name: impl Into<String>) -> Self {
        Self::Fault { name: name.into() }
    }
}
