//! What is counted: the one table of all metrics, and the functions that move them.
//!
//! Each metric has its name, unit and labels here, and says when it moves. A test checks that what is exported is what stands here,
//! and that each one moves when it must. Labels have few values: topics, subscriptions and outcomes, never ids.

use std::time::Duration;

use fabric_core::{
    breaker::Circuit,
    delivery::{Disposition, Outcome},
};
use metrics::{counter, gauge, histogram};

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// One metric as it is exported.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// What it counts in.
    pub unit: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it means.
    pub help: &'static str,
    /// When it moves.
    pub moves: &'static str,
}

macro_rules! metrics_table {
    ($($constant:ident = $name:literal, $kind:ident, $unit:literal, [$($label:literal),*], $help:literal, $moves:literal;)*) => {
        $(#[doc = $help] pub const $constant: &str = $name;)*

        /// Every metric of the fabric.
        pub const ALL: &[Metric] = &[$(Metric {
            name: $name, kind: Kind::$kind, unit: $unit, labels: &[$($label),*], help: $help, moves: $moves,
        }),*];
    };
}

metrics_table! {
    PUBLISHED = "eventbus_published_total", Counter, "events", ["service", "topic", "outcome"],
        "Events that a service tried to publish.", "Once per publish, with outcome routed, unrouted, rejected, refused, unknown or not_sent.";
    CONSUMED = "eventbus_consumed_total", Counter, "deliveries", ["subscription", "topic", "outcome"],
        "Deliveries that were handled.", "Once per attempt that came to an end, with outcome ack, retry or park.";
    FAILED = "eventbus_failed_total", Counter, "deliveries", ["subscription", "class"],
        "Attempts that failed.", "Once per failed attempt, with class transient, permanent, panic, timeout or poison.";
    RETRIES = "eventbus_retry_total", Counter, "deliveries", ["subscription"],
        "Events that are tried again.", "When another attempt follows at once or is put off; of a loose subscription, when the broker has confirmed the copy in the wait queue.";
    PARKED = "eventbus_dlq_total", Counter, "events", ["subscription", "reason"],
        "Events that were parked.", "When the broker has confirmed the copy, with reason exhausted, permanent, poison or held.";
    PROCESSING = "eventbus_processing_duration_seconds", Histogram, "seconds", ["subscription"],
        "How long a handler took.", "Once per attempt that reached a handler.";
    CRITICAL = "eventbus_critical_time_seconds", Histogram, "seconds", ["subscription"],
        "From the making of an event to the end of its handling.", "Once per handled event.";
    CONFIRM = "eventbus_confirm_duration_seconds", Histogram, "seconds", ["service"],
        "From handing an event over to the broker's confirm.", "Once per confirmed publish.";
    RETURNED = "eventbus_returned_total", Counter, "events", ["service", "topic"],
        "Publications that no queue wanted.", "When a publication came back and was put into the queue for unrouted events.";
    PUBLISHING = "eventbus_publish_in_flight", Gauge, "events", ["service"],
        "Publications that wait for their confirm.", "Up when a publish starts, down when it ends.";
    HANDLING = "eventbus_handlers_in_flight", Gauge, "deliveries", ["subscription"],
        "Deliveries in the hands of handlers.", "Up when a handler starts, down when it ends.";
    ACKS_LOST = "eventbus_acks_lost_total", Counter, "acknowledgements", ["subscription"],
        "Acknowledgements that were lost with their channel: the events that they are for come again.", "When the channel was gone at the time; one acknowledgement may be for several events.";
    CACHE_WRITES = "eventbus_cache_writes_total", Counter, "events", [],
        "Events that became the last known one of their topic.", "When the cache has taken them.";
    CACHE_STALE = "eventbus_cache_stale_total", Counter, "events", [],
        "Events that the cache refused, being not newer than what it had.", "When the cache has refused them.";
    CACHE_COALESCED = "eventbus_cache_coalesced_total", Counter, "events", [],
        "Events that were not offered to the cache, since a newer one of their topic was waiting.", "When a newer event takes a waiting one's place.";
    CACHE_FAILED = "eventbus_cache_failures_total", Counter, "writes", [],
        "Writes to the cache that failed.", "Once per failed write; what was to be written waits on.";
    CACHE_DROPPED = "eventbus_cache_dropped_total", Counter, "events", [],
        "Events that were not offered to the cache, since too many topics were waiting.", "When the waiting room is full.";
    RECONNECTS = "eventbus_reconnects_total", Counter, "connections", [],
        "Connections to the broker that were built again.", "When a connection stands again after it was lost.";
    BLOCKED = "eventbus_blocked_seconds_total", Counter, "seconds", [],
        "How long the broker has taken no messages.", "While the broker says that it is blocked.";
    PENDING = "eventbus_subscription_pending", Gauge, "events", ["subscription"],
        "Events that wait in a subscription's queue.", "Whenever depths are read.";
    PARKED_NOW = "eventbus_subscription_parked", Gauge, "events", ["subscription"],
        "Events in a subscription's parked queue.", "Whenever depths are read.";
    CONSUMERS = "eventbus_subscription_consumers", Gauge, "consumers", ["subscription"],
        "Consumers of a subscription's queue.", "Whenever depths are read.";
    CIRCUIT = "eventbus_subscription_circuit_open", Gauge, "0 or 1", ["subscription"],
        "Whether a subscription's circuit breaker is open or half open.", "Whenever the breaker opens or closes.";
    PAUSED = "eventbus_subscription_paused", Gauge, "0 or 1", ["subscription"],
        "Whether an operator has paused a subscription.", "Whenever it is paused or resumed.";
    HELD_KEYS = "eventbus_subscription_held_keys", Gauge, "keys", ["subscription", "queue"],
        "Keys that are held since an event of theirs is parked.", "Whenever a key is held or free again.";
    NOTICES_LOST = "eventbus_notices_lost_total", Counter, "notices", [],
        "Notices of parked and resolved events that were not published.", "When one finds no room since too many are waiting, and when publishing one fails.";
    READY = "eventbus_ready", Gauge, "0 or 1", ["service"],
        "Whether a service is ready.", "Whenever readiness is checked.";
}

/// Counts a publish and how it ended.
pub fn published(service: &str, topic: &str, outcome: &'static str) {
    counter!(PUBLISHED, "service" => service.to_owned(), "topic" => topic.to_owned(), "outcome" => outcome)
        .increment(1);
    if outcome == "unrouted" {
        counter!(RETURNED, "service" => service.to_owned(), "topic" => topic.to_owned()).increment(1);
    }
}

/// Notes how long a confirm took.
pub fn confirmed(service: &str, took: Duration) {
    histogram!(CONFIRM, "service" => service.to_owned()).record(took);
}

/// Notes that a publish has started.
pub fn publish_started(service: &str) {
    gauge!(PUBLISHING, "service" => service.to_owned()).increment(1.0);
}

/// Notes that a publish has ended.
pub fn publish_ended(service: &str) {
    gauge!(PUBLISHING, "service" => service.to_owned()).decrement(1.0);
}

/// The numbers of one subscription. Made once, since looking up labels costs more than counting.
pub struct SubscriptionMetrics {
    subscription: String,
    processing: metrics::Histogram,
    critical: metrics::Histogram,
    handling: metrics::Gauge,
    acks_lost: metrics::Counter,
}

impl SubscriptionMetrics {
    /// The numbers of the subscription with this name.
    pub fn new(subscription: &str) -> Self {
        let label = || subscription.to_owned();
        Self {
            processing: histogram!(PROCESSING, "subscription" => label()),
            critical: histogram!(CRITICAL, "subscription" => label()),
            handling: gauge!(HANDLING, "subscription" => label()),
            acks_lost: counter!(ACKS_LOST, "subscription" => label()),
            subscription: label(),
        }
    }

    /// A handler has started. It is at work until the answer is dropped: one that is aborted ends as well.
    pub fn started(&self) -> AtWork<'_> {
        self.handling.increment(1.0);
        AtWork(&self.handling)
    }

    /// A handler came to an end after this long.
    pub fn ended(&self, took: Duration) {
        self.processing.record(took);
    }

    /// An event has been handled, this long after it was made.
    pub fn handled(&self, since_made: Duration) {
        self.critical.record(since_made);
    }

    /// An attempt has failed.
    pub fn failed(&self, outcome: &Outcome) {
        let class = match outcome {
            Outcome::Handled => return,
            Outcome::Failed(fault) => fault.class().as_str(),
            Outcome::Panicked => "panic",
            Outcome::TimedOut => "timeout",
            Outcome::Unreadable(_) => "poison",
        };
        counter!(FAILED, "subscription" => self.subscription.clone(), "class" => class).increment(1);
    }

    /// A delivery has been settled in this way.
    pub fn settled(&self, topic: &str, disposition: &Disposition) {
        let outcome = match disposition {
            Disposition::Ack => "ack",
            Disposition::RetryNow | Disposition::RetryAfter(_) => {
                counter!(RETRIES, "subscription" => self.subscription.clone()).increment(1);
                "retry"
            }
            Disposition::Park(reason) => {
                counter!(PARKED, "subscription" => self.subscription.clone(), "reason" => reason.code()).increment(1);
                "park"
            }
        };
        counter!(CONSUMED, "subscription" => self.subscription.clone(), "topic" => topic.to_owned(), "outcome" => outcome).increment(1);
    }

    /// The circuit breaker has changed.
    pub fn circuit(&self, circuit: Circuit) {
        let value = if circuit == Circuit::Closed { 0.0 } else { 1.0 };
        gauge!(CIRCUIT, "subscription" => self.subscription.clone()).set(value);
    }

    /// The subscription was paused, or resumed.
    pub fn paused(&self, is_paused: bool) {
        gauge!(PAUSED, "subscription" => self.subscription.clone()).set(if is_paused { 1.0 } else { 0.0 });
    }

    /// So many keys of a queue are held now.
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and there are far fewer keys than 2^52")]
    pub fn held_keys(&self, queue: &str, count: usize) {
        gauge!(HELD_KEYS, "subscription" => self.subscription.clone(), "queue" => queue.to_owned()).set(count as f64);
    }

    /// Acknowledgements were lost.
    pub fn acks_lost(&self, count: usize) {
        self.acks_lost.increment(count as u64);
    }
}

/// A handler at work: see [`SubscriptionMetrics::started`].
#[must_use = "the handler ends when this is dropped"]
pub struct AtWork<'a>(&'a metrics::Gauge);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// What became of a write to the cache.
pub fn cache_offered(written: usize, stale: usize) {
    counter!(CACHE_WRITES).increment(written as u64);
    counter!(CACHE_STALE).increment(stale as u64);
}

/// An event was not offered, since a newer one of its topic was waiting.
pub fn cache_coalesced() {
    counter!(CACHE_COALESCED).increment(1);
}

/// A write to the cache failed.
pub fn cache_failed() {
    counter!(CACHE_FAILED).increment(1);
}

/// An event was not offered, since too many topics were waiting.
pub fn cache_dropped() {
    counter!(CACHE_DROPPED).increment(1);
}

/// A notice found no room, or could not be published.
pub fn notice_lost() {
    counter!(NOTICES_LOST).increment(1);
}

/// Connections were built again.
pub fn reconnected(count: u64) {
    counter!(RECONNECTS).increment(count);
}

/// The broker was blocked for this long.
pub fn blocked_for(seconds: u64) {
    counter!(BLOCKED).increment(seconds);
}

/// How much is in a subscription's queues.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and queues are far shorter than 2^52")]
pub fn depths(subscription: &str, pending: u64, parked: u64, consumers: u64) {
    gauge!(PENDING, "subscription" => subscription.to_owned()).set(pending as f64);
    gauge!(PARKED_NOW, "subscription" => subscription.to_owned()).set(parked as f64);
    gauge!(CONSUMERS, "subscription" => subscription.to_owned()).set(consumers as f64);
}

/// Whether a service is ready.
pub fn ready(service: &str, is_ready: bool) {
    gauge!(READY, "service" => service.to_owned()).set(if is_ready { 1.0 } else { 0.0 });
}
