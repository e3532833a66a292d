//! The names of exchanges and queues. Nothing else makes them up.

use std::time::Duration;

use crate::name::{EventId, SubscriptionName};

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

/// Whether what comes by an exchange is a copy: it leads to one queue, or straight into a splitter, as the events of a subscription do
/// that are moved to another number of partitions. Other events come by a splitter too, but were published to their context's exchange.
pub fn brings_copies(exchange: &str) -> bool {
    leads_to_one_queue(exchange) || exchange.ends_with(SLOTS)
}

const QUEUES: &str = "queues.";
const SLOTS: &str = ".slots";
const SLOTLESS: &str = ".slotless";
const PARTITION: &str = ".partition.";

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
    format!("{subscription}{PARTITION}{partition}")
}

/// The subscriptions whose events a queue or an exchange of this name can bring to their handlers: it is their only queue, one of their
/// partitions, or one of the exchanges before these.
pub(crate) fn may_serve(name: &str) -> impl Iterator<Item = SubscriptionName> {
    let of_partition = name.rsplit_once(PARTITION).filter(|(_, number)| number.parse::<u8>().is_ok());
    let subscriptions = [
        Some(name),
        of_partition.map(|(subscription, _)| subscription),
        name.strip_suffix(SLOTS),
        name.strip_suffix(SLOTLESS),
    ];
    subscriptions.into_iter().flatten().filter_map(|name| SubscriptionName::try_new(name).ok())
}

/// The name that whoever migrates a queue or a subscription claims, so that nobody else does at the same time.
pub fn migration_claim(name: &str) -> String {
    format!("{FABRIC_CONTEXT}.migration.{name}")
}

/// The queue by which one client watches what goes by, for as long as it does: `{client}.tap.{id}`. What a client's name has that no name
/// of ours may have becomes a `-`, and a long one is cut: so its user may be allowed just these queues.
pub fn tap_queue(client: &str, id: EventId) -> String {
    let is_allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let client = client.chars().take(CLIENT_CHARACTERS_MAX).map(|c| if is_allowed(&c) { c } else { '-' });
    format!("{}.tap.{id}", client.collect::<String>())
}

/// A queue's name may have 255 bytes.
const CLIENT_CHARACTERS_MAX: usize = 128;

/// The exchange that spreads a partitioned subscription's events over its queues by their slot.
pub fn slots_exchange(subscription: &SubscriptionName) -> String {
    format!("{subscription}{SLOTS}")
}

/// The exchange that takes those of them which have no slot: events of foreign producers.
pub fn slotless_exchange(subscription: &SubscriptionName) -> String {
    format!("{subscription}{SLOTLESS}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_comes_by_a_queues_exchange_or_the_brokers_own() {
        for exchange in ["", &queues_exchange("academic"), FABRIC_QUEUES] {
            assert!(leads_to_one_queue(exchange), "{exchange:?}");
        }
        for exchange in ["events.gradebook", "academic.gpa.slots", "queues", "amq.direct"] {
            assert!(!leads_to_one_queue(exchange), "{exchange:?}");
        }
        assert!(!is_queues_exchange(""), "nobody may write to that one");
    }

    #[test]
    fn a_queue_says_whose_it_is() {
        let subscription = SubscriptionName::try_new("academic.gpa").unwrap();
        for queue in [subscription.as_str(), &parked_queue(&subscription), &partition_queue(&subscription, 3)] {
            assert_eq!(queues_exchange(service_of(queue)), "queues.academic", "{queue}");
        }
    }

    #[test]
    fn a_subscription_is_served_by_its_queues_and_exchanges() {
        let subscription = SubscriptionName::try_new("academic.gpa").unwrap();
        let own = [
            subscription.to_string(),
            partition_queue(&subscription, 11),
            slots_exchange(&subscription),
            slotless_exchange(&subscription),
        ];
        for name in &own {
            assert!(may_serve(name).any(|served| served == subscription), "{name}");
        }
        for name in [parked_queue(&subscription), "academic.gpa.partition.x".to_owned(), "academic".to_owned()] {
            assert!(may_serve(&name).all(|served| served != subscription), "{name}");
        }
    }

    #[test]
    fn a_tap_is_named_after_its_client() {
        let id = EventId::from_parts(0, [0; 10]);
        let name = |client: &str| tap_queue(client, id);
        assert_eq!(name("academic"), "academic.tap.00000000-0000-7000-8000-000000000000");
        assert_eq!(name("Ada's tool"), name("-da-s-tool"));
        assert_eq!(name(&"ü".repeat(500)).len(), 128 + ".tap.".len() + 36);
    }
}
