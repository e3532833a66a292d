//! Copies of a delivery for another attempt, or for parking.
//!
//! A copy carries the event's own headers and the fabric's, and nothing that a broker has added: those headers change their meaning
//! with the broker's version, and a client could have forged them.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    delivery::ParkReason,
    fault::Fault,
    limits::HEADERS_MAX,
    message::{HeaderValue, Headers, Incoming, Message, Outgoing},
    service::SubscriptionSpec,
    topic::Topic,
    topology::names,
};

/// Which attempt a delivery is, counted from 1.
pub const ATTEMPT: &str = "fabric-attempt";
/// The slot of the partition key.
pub const SLOT: &str = "fabric-slot";
/// The queue that a copy was taken from.
pub const ORIGIN_QUEUE: &str = "fabric-origin-queue";
/// The exchange that the original came by.
pub const ORIGIN_EXCHANGE: &str = "fabric-origin-exchange";
/// The routing key that the original came with.
pub const ORIGIN_KEY: &str = "fabric-origin-key";
/// The class of the fault, or why the event is parked.
pub const FAULT_TYPE: &str = "fabric-fault-type";
/// What the fault said.
pub const FAULT_MESSAGE: &str = "fabric-fault-message";
/// The pattern of the handler that failed.
pub const HANDLER: &str = "fabric-handler";
/// When the first attempt failed.
pub const FIRST_FAILED_AT: &str = "fabric-first-failed-at";
/// When the last attempt failed.
pub const LAST_FAILED_AT: &str = "fabric-last-failed-at";
/// When the event was parked for the first time: what is parked again, or edited, keeps its place among those of its key.
pub const PARKED_AT: &str = "fabric-parked-at";
/// Before when a handler asked not to be tried again.
pub const NOT_BEFORE: &str = "fabric-not-before";
/// The redrive that a copy belongs to.
pub const REDRIVE_ID: &str = "fabric-redrive-id";
/// Whether nothing of its key was parked before a redriven copy any more.
pub const REDRIVE_OLDEST: &str = "fabric-redrive-oldest";
/// Whether a redriven copy gets one attempt only, and is parked again at once when that fails.
pub const REDRIVE_ONCE: &str = "fabric-redrive-once";
/// Whether somebody has given up the event while it was parked: the copy only says so to the subscription, and is never handled.
pub const DROPPED: &str = "fabric-dropped";

/// Takes away what only a copy says of itself, unless the delivery is one: whoever may publish to a context can write such headers too,
/// and have events parked at once, or reports of redrives that never were. The slot stays; it only says where the event goes.
pub fn strip_claims(incoming: &mut Incoming) {
    if !names::brings_copies(&incoming.exchange) {
        incoming.message.headers.retain(|name, _| name == SLOT || !name.starts_with("fabric-"));
    }
}

/// How often a delivery has been tried, and since when it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Which attempt this is, counted from 1.
    pub attempt: u32,
    /// When the first attempt failed, if one did.
    pub first_failed_at: Option<Timestamp>,
    /// Before when a handler asked not to be tried again.
    pub not_before: Option<Timestamp>,
    /// Whether it is parked at once if it fails: see [`REDRIVE_ONCE`].
    pub once: bool,
}

impl Trial {
    /// What a delivery says of itself. One that was out before and came back without an outcome counts as an attempt: its consumer may
    /// have died of it. Numbers and times that nobody can have written count as none.
    pub fn of(incoming: &Incoming) -> Self {
        let headers = &incoming.message.headers;
        let written =
            headers.get(ATTEMPT).and_then(HeaderValue::as_int).and_then(|attempt| u32::try_from(attempt).ok());
        let time = |name| headers.text(name).and_then(|text| text.parse().ok());
        Self {
            attempt: written.unwrap_or(1).clamp(1, ATTEMPTS_WRITTEN_MAX) + u32::from(incoming.redelivered),
            first_failed_at: time(FIRST_FAILED_AT),
            not_before: time(NOT_BEFORE),
            once: headers.get(REDRIVE_ONCE) == Some(&HeaderValue::Bool(true)),
        }
    }

    /// The trial after a failed attempt.
    #[must_use]
    pub fn failed(self, now: Timestamp) -> Self {
        Self {
            attempt: self.attempt.saturating_add(1),
            first_failed_at: Some(self.first_failed_at.unwrap_or(now)),
            not_before: None,
            once: self.once,
        }
    }

    /// How long it is still to wait for, if a handler asked for longer than any wait queue lasts.
    pub fn rest(&self, now: Timestamp) -> Option<Duration> {
        let rest = Duration::try_from(self.not_before?.duration_since(now)).ok()?;
        (rest >= REST_MIN).then_some(rest)
    }
}

/// The largest number of attempts that is believed: a few more than any policy allows.
const ATTEMPTS_WRITTEN_MAX: u32 = 1_000;

/// What is left of a wait when it is not worth another one.
const REST_MIN: Duration = Duration::from_millis(500);

/// The copy that waits for the next attempt, and comes back to the subscription's queue. It waits in the wait queue whose delay is
/// nearest; when that is over before the `delay` is, it says so and is sent to wait again. None: the policy has no wait queues.
pub fn retry_copy(
    incoming: &Incoming,
    subscription: &SubscriptionSpec,
    trial: Trial,
    fault: &Fault,
    delay: Duration,
    now: Timestamp,
) -> Option<Outgoing> {
    let rung = subscription.retry.nearest_rung(delay)?;
    let trial = trial.failed(now);
    let mut outgoing = copy_to(names::wait_queue(&subscription.name, rung), incoming, subscription, trial);
    let headers = &mut outgoing.message.headers;
    headers.set(FAULT_TYPE, fault.class().as_str());
    headers.set(FAULT_MESSAGE, fault.message());
    headers.set(LAST_FAILED_AT, now.to_string());
    if delay > rung {
        headers.set(NOT_BEFORE, (now + delay).to_string());
    }
    Some(outgoing)
}

/// The copy that goes on waiting, since a handler asked for longer than any wait queue lasts. It is no further attempt.
pub fn waiting_copy(
    incoming: &Incoming,
    subscription: &SubscriptionSpec,
    trial: Trial,
    rest: Duration,
) -> Option<Outgoing> {
    let rung = subscription.retry.nearest_rung(rest)?;
    let mut outgoing = copy_to(names::wait_queue(&subscription.name, rung), incoming, subscription, trial);
    if let Some(not_before) = trial.not_before {
        outgoing.message.headers.set(NOT_BEFORE, not_before.to_string());
    }
    Some(outgoing)
}

/// The copy that is kept in the subscription's parked queue with its cause. `trial` is that of the attempt that failed.
pub fn parked_copy(
    incoming: &Incoming,
    subscription: &SubscriptionSpec,
    trial: Trial,
    reason: &ParkReason,
    now: Timestamp,
) -> Outgoing {
    let is_failure = !matches!(reason, ParkReason::Held { .. });
    let trial = if is_failure { Trial { attempt: trial.attempt, ..trial.failed(now) } } else { trial };
    let mut outgoing = copy_to(names::parked_queue(&subscription.name), incoming, subscription, trial);
    let headers = &mut outgoing.message.headers;
    headers.set(FAULT_TYPE, reason.code());
    headers.set(FAULT_MESSAGE, reason.to_string());
    if is_failure {
        headers.set(LAST_FAILED_AT, now.to_string());
    }
    if headers.get(PARKED_AT).is_none() {
        headers.set(PARKED_AT, now.to_string());
    }
    outgoing
}

/// The copy of a publication that no queue wanted, for the queue that keeps those. `exchange` is the
/// [direct exchange](names::queues_exchange) of whoever publishes.
pub fn unrouted_copy(outgoing: &Outgoing, exchange: &str) -> Outgoing {
    let (exchange, routing_key) = (exchange.to_owned(), names::UNROUTED.to_owned());
    Outgoing { exchange, routing_key, message: outgoing.message.clone() }
}

fn copy_to(queue: String, incoming: &Incoming, subscription: &SubscriptionSpec, trial: Trial) -> Outgoing {
    let mut headers = carried(&incoming.message.headers);
    // A copy says already where the original came from.
    if !names::brings_copies(&incoming.exchange) {
        headers.set(ORIGIN_EXCHANGE, incoming.exchange.as_str());
        headers.set(ORIGIN_KEY, incoming.routing_key.as_str());
        let topic = Topic::try_new(&incoming.routing_key).ok();
        if let Some(handler) = topic.and_then(|topic| subscription.handler_of(&topic)) {
            headers.set(HANDLER, handler.as_str());
        }
    }
    headers.set(ORIGIN_QUEUE, subscription.name.as_str());
    headers.set(ATTEMPT, HeaderValue::Int(i64::from(trial.attempt)));
    if let Some(first) = trial.first_failed_at {
        headers.set(FIRST_FAILED_AT, first.to_string());
    }
    headers.retain(|name, _| name != NOT_BEFORE);
    let mut properties = incoming.message.properties.clone();
    // The broker checks the user id against the connection that publishes, which is ours now, and the copy must survive a restart.
    properties.user_id = None;
    properties.persistent = true;
    // The answer to the copy is matched by its message id; a foreign message may have come without one.
    if properties.message_id.as_deref().is_none_or(str::is_empty) {
        properties.message_id = Some(format!("{queue}:{}", incoming.tag));
    }
    let message = Message { properties, headers, body: incoming.message.body.clone() };
    Outgoing { exchange: names::queues_exchange(subscription.name.service()), routing_key: queue, message }
}

/// The headers that a copy carries on: no broker's headers, no headers that make a broker route copies elsewhere, scalars only,
/// and not more than there may be.
fn carried(headers: &Headers) -> Headers {
    let mut kept = headers.clone();
    let mut room = HEADERS_MAX;
    kept.retain(|name, value| {
        let keep = may_travel(name, value) && (room > 0 || name.starts_with("fabric-"));
        if keep {
            room = room.saturating_sub(1);
        }
        keep
    });
    kept
}

/// Whether a copy may carry a header: no broker's, none that makes a broker route copies elsewhere, and none that cannot be written again.
pub(crate) fn may_travel(name: &str, value: &HeaderValue) -> bool {
    let is_brokers = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
    let routes = name.eq_ignore_ascii_case("cc") || name.eq_ignore_ascii_case("bcc");
    !is_brokers && !routes && *value != HeaderValue::Other
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::message::Properties;

    fn incoming() -> Incoming {
        let mut headers = Headers::default();
        headers.set("cloudEvents_id", "1");
        headers.set("x-death", "forged");
        headers.set("X-Delivery-Count", HeaderValue::Int(9));
        headers.set("CC", "events.kyc");
        headers.set("BCC", "events.kyc");
        headers.set("table", HeaderValue::Other);
        let properties =
            Properties { message_id: Some("1".into()), user_id: Some("other".into()), ..Properties::default() };
        let message = Message { properties, headers, body: Bytes::from_static(b"{}") };
        Incoming {
            tag: 1,
            exchange: "events.social".into(),
            routing_key: "social.post.created".into(),
            redelivered: true,
            message,
        }
    }

    fn names_of(outgoing: &Outgoing) -> Vec<&str> {
        outgoing.message.headers.iter().map(|(name, _)| name).collect()
    }

    fn subscription() -> SubscriptionSpec {
        SubscriptionSpec::new("social.feed".parse().unwrap(), vec!["social.post.*".parse().unwrap()])
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_retry_counts_up_and_carries_nothing_of_the_brokers() {
        let (subscription, now, fault) = (subscription(), Timestamp::UNIX_EPOCH, Fault::transient("down"));
        let trial = Trial::of(&incoming());
        assert_eq!(trial.attempt, 2, "it has been out before");
        let first = retry_copy(&incoming(), &subscription, trial, &fault, seconds(4), now).unwrap();
        assert_eq!((first.exchange.as_str(), first.routing_key.as_str()), ("queues.social", "social.feed.retry.4000"));
        assert_eq!(
            names_of(&first),
            [
                "cloudEvents_id",
                ORIGIN_EXCHANGE,
                ORIGIN_KEY,
                HANDLER,
                ORIGIN_QUEUE,
                ATTEMPT,
                FIRST_FAILED_AT,
                FAULT_TYPE,
                FAULT_MESSAGE,
                LAST_FAILED_AT
            ]
        );
        assert_eq!(first.message.headers.text(HANDLER), Some("social.post.*"));
        assert_eq!(first.message.properties.user_id, None);
        assert!(first.message.properties.persistent);

        for exchange in ["", "queues.social"] {
            let (exchange, message) = (exchange.to_owned(), first.message.clone());
            let again = Incoming { message, exchange, redelivered: false, ..incoming() };
            let later = now + seconds(60);
            let third = Trial { attempt: 3, first_failed_at: Some(now), not_before: None, once: false };
            assert_eq!(Trial::of(&again), third);
            let second = retry_copy(&again, &subscription, Trial::of(&again), &fault, seconds(4), later).unwrap();
            let text = |name| second.message.headers.text(name).map(str::to_owned);
            assert_eq!(text(FIRST_FAILED_AT), Some(now.to_string()));
            assert_eq!(text(LAST_FAILED_AT), Some(later.to_string()));
            assert_eq!(text(ORIGIN_EXCHANGE).as_deref(), Some("events.social"));
        }
    }

    #[test]
    fn a_handler_that_asks_for_longer_than_any_rung_waits_several_times() {
        let (subscription, now) = (subscription(), Timestamp::UNIX_EPOCH);
        let busy = Fault::retry_after(seconds(100), "busy");
        let trial = Trial { attempt: 1, first_failed_at: None, not_before: None, once: false };
        let copy = retry_copy(&incoming(), &subscription, trial, &busy, seconds(100), now).unwrap();
        assert_eq!(copy.routing_key, "social.feed.retry.64000");

        let back = Incoming { message: copy.message, redelivered: false, ..incoming() };
        let (trial, at) = (Trial::of(&back), now + seconds(64));
        assert_eq!((trial.attempt, trial.rest(at)), (2, Some(seconds(36))));
        let waiting = waiting_copy(&back, &subscription, trial, seconds(36)).unwrap();
        assert_eq!(waiting.routing_key, "social.feed.retry.64000");

        let back = Incoming { message: waiting.message, redelivered: false, ..incoming() };
        let trial = Trial::of(&back);
        assert_eq!((trial.attempt, trial.rest(now + seconds(128))), (2, None), "waiting is no attempt");
        let next = retry_copy(&back, &subscription, trial, &busy, seconds(1), now).unwrap();
        assert_eq!(next.message.headers.get(NOT_BEFORE), None);
    }

    #[test]
    fn a_parked_copy_says_why() {
        let (subscription, now) = (subscription(), Timestamp::UNIX_EPOCH);
        let reason = ParkReason::Permanent(Fault::permanent("no such member"));
        let trial = Trial { attempt: 1, first_failed_at: None, not_before: None, once: false };
        let parked = parked_copy(&incoming(), &subscription, trial, &reason, now);
        assert_eq!(parked.routing_key, "social.feed.parked");
        let text = |name| parked.message.headers.text(name);
        assert_eq!([text(FAULT_TYPE), text(FAULT_MESSAGE)], [Some("permanent"), Some("no such member")]);
        assert_eq!([text(FIRST_FAILED_AT), text(LAST_FAILED_AT), text(PARKED_AT)], [Some("1970-01-01T00:00:00Z"); 3]);
        assert_eq!(parked.message.headers.get(ATTEMPT), Some(&HeaderValue::Int(1)));

        let again = Incoming { message: parked.message, ..incoming() };
        let later = parked_copy(&again, &subscription, trial, &reason, now + seconds(9));
        assert_eq!(later.message.headers.text(PARKED_AT), Some("1970-01-01T00:00:00Z"), "it keeps its place");
        let held = ParkReason::Held { behind: "7".to_owned() };
        let behind = parked_copy(&incoming(), &subscription, trial, &held, now);
        assert_eq!(behind.message.headers.get(LAST_FAILED_AT), None, "nothing has failed");
    }

    #[test]
    fn only_copies_are_believed_what_they_say_of_themselves() {
        let kept = |exchange: &str| {
            let mut delivery = Incoming { exchange: exchange.to_owned(), ..incoming() };
            for name in [ATTEMPT, SLOT, REDRIVE_ID, DROPPED, ORIGIN_EXCHANGE] {
                delivery.message.headers.set(name, HeaderValue::Int(7));
            }
            strip_claims(&mut delivery);
            delivery.message.headers.iter().filter(|(name, _)| name.starts_with("fabric-")).count()
        };
        assert_eq!([kept(""), kept("queues.social"), kept("social.feed.slots")], [5, 5, 5]);
        assert_eq!([kept("events.social"), kept("amq.topic")], [1, 1]);
    }

    #[test]
    fn forged_attempts_count_as_the_first_and_huge_ones_overflow_nothing() {
        for (value, expected) in [
            (HeaderValue::Int(-3), 1),
            (HeaderValue::Int(0), 1),
            (HeaderValue::Int(i64::MAX), 1),
            (HeaderValue::Int(4_294_967_295), 1_000),
            ("x".into(), 1),
            (HeaderValue::Other, 1),
        ] {
            let mut forged = Incoming { redelivered: false, ..incoming() };
            forged.message.headers.set(ATTEMPT, value.clone());
            assert_eq!(Trial::of(&forged).attempt, expected, "{value:?}");
        }
    }
}
