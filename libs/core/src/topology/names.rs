//! The names of exchanges and queues. Nothing else makes them up.

use std::time::Duration;

use crate::name::SubscriptionName;

/// The queue that keeps what nobody was bound to.
pub const UNROUTED: &str = "events.unrouted";

/// The queue that keeps what operators have paused.
pub const CONTROL: &str = "fabric.control";

/// The context of what the fabric says of itself.
pub const FABRIC_CONTEXT: &str = "fabric";

/// The direct exchange of what belongs to no service: by it operators pause, and tools keep what nobody was bound to.
pub const FABRIC_QUEUES: &str = "queues.fabric";

/// The exchange of a context.
pub fn exchange(context: &str) -> String {
    format!("events.{context}")
}

/// The context of an exchange, if it is one of ours.
pub fn context_of(exchange: &str) -> Option<&str> {
    exchange.strip_prefix("events.")
}

/// The direct exchange by which copies go to single queues of a service, or to the queue for unrouted events.
pub fn queues_exchange(service: &str) -> String {
    format!("{QUEUES}{service}")
}

/// The service that a queue of a subscription belongs to: the queue's name begins with it.
pub fn service_of(queue: &str) -> &str {
    queue.split('.').next().unwrap_or_default()
}

/// Whether an exchange is a [`queues_exchange`].
pub fn is_queues_exchange(exchange: &str) -> bool {
    exchange.starts_with(QUEUES)
}

/// Whether what comes by an exchange was meant for the one queue that its routing key names: a copy. Copies are published to a
/// [`queues_exchange`]; the broker itself moves them on by its default exchange, whose name is empty.
pub fn leads_to_one_queue(exchange: &str) -> bool {
    exchange.is_empty() || is_queues_exchange(exchange)
}

const QUEUES: &str = "queues.";

/// The queue of a subscription in which events wait for their next attempt. The delay in milliseconds is part of the name, since
/// a queue's delay can never change.
pub fn wait_queue(subscription: &SubscriptionName, delay: Duration) -> String {
    format!("{subscription}.retry.{}", delay.as_millis())
}

/// The queue of a subscription that keeps what could not be handled.
pub fn parked_queue(subscription: &SubscriptionName) -> String {
    format!("{subscription}.parked")
}

/// One of the queues of a partitioned subscription, counted from 0.
pub fn partition_queue(subscription: &SubscriptionName, partition: u8) -> String {
    format!("{subscription}.partition.{partition}")
}

/// The exchange that spreads a partitioned subscription's events over its queues by their slot.
pub fn slots_exchange(subscription: &SubscriptionName) -> String {
    format!("{subscription}.slots")
}

/// The exchange that takes those of them which have no slot: events of foreign producers.
pub fn slotless_exchange(subscription: &SubscriptionName) -> String {
    format!("{subscription}.slotless")
}
