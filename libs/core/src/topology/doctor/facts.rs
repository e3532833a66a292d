//! What is known besides what stands on the broker.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{breaker::Circuit, name::SubscriptionName, topology::UserDefinition};

/// What is known besides what stands on the broker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// What operators have paused. None: it could not be read.
    pub pauses: Option<BTreeMap<SubscriptionName, Pause>>,
    /// What a process that runs says of itself. None: none was asked.
    pub process: Option<Process>,
    /// The broker's users. None: they could not be read.
    pub users: Option<BTreeMap<String, UserDefinition>>,
    /// What was found by looking at parked events, for each subscription that has any and was looked at.
    pub parked: BTreeMap<SubscriptionName, ParkedLook>,
}

/// What was found by looking at the parked events of a subscription. Only the oldest of them are looked at: there can be very many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkedLook {
    /// They could be looked at.
    Seen {
        /// How many were looked at.
        looked_at: u64,
        /// How many of these the broker itself has parked.
        gave_up: u64,
    },
    /// Somebody else is reading them, such as a redrive, and only one can at a time.
    Busy,
    /// They could not be read.
    Unread {
        /// Why.
        detail: String,
    },
}

/// Why and by whom a subscription is paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// What a process says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// What is the matter with its broker, if anything is.
    pub broker_trouble: Option<String>,
    /// The subscriptions that it has.
    pub subscriptions: BTreeMap<SubscriptionName, Handling>,
}

/// What a process says of one subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handling {
    /// Whether it consumes it.
    pub consuming: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// What its breaker lets through.
    pub circuit: Circuit,
    /// Whether deliveries have come to an end lately.
    pub moving: bool,
    /// How many events wait in its queues, if the broker said so.
    pub pending: Option<u64>,
    /// How many are parked, if the broker said so.
    pub parked: Option<u64>,
    /// How many consumers there are in all processes, if the broker said so.
    pub consumers: Option<u64>,
}
