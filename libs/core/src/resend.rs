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
    name::SubscriptionName,
    topology::names,
};

/// Which attempt a delivery is, counted from 1.
pub const ATTEMPT: &str = "fabric-attempt";
/// The slot of the partition key.
pub const SLOT: &str = "fabric-slot";
/// The queue that a copy was taken from.
pub const ORIGIN_QUEUE: &str = "fabric-origin-queue";
/// The class of the fault, or why the event is parked.
pub const FAULT_TYPE: &str = "fabric-fault-type";
/// What the fault said.
pub const FAULT_MESSAGE: &str = "fabric-fault-message";
/// When the first attempt failed.
pub const FIRST_FAILED_AT: &str = "fabric-first-failed-at";

/// Which attempt this delivery is, counted from 1. A number that nobody can have written counts as 1.
pub fn attempt_of(message: &Message) -> u32 {
    message
        .headers
        .get(ATTEMPT)
        .and_then(HeaderValue::as_int)
        .and_then(|attempt| u32::try_from(attempt).ok())
        .unwrap_or(1)
        .max(1)
}

/// The copy that waits for the next attempt in the wait queue of this delay, and comes back to the subscription's queue.
pub fn retry_copy(
    incoming: &Incoming,
    subscription: &SubscriptionName,
    fault: &Fault,
    delay: Duration,
    now: Timestamp,
) -> Outgoing {
    let mut outgoing = copy_to(names::wait_queue(subscription, delay), incoming, subscription, now);
    let headers = &mut outgoing.message.headers;
    headers.set(ATTEMPT, HeaderValue::Int(i64::from(attempt_of(&incoming.message)) + 1));
    headers.set(FAULT_TYPE, fault.class().as_str());
    headers.set(FAULT_MESSAGE, fault.message());
    outgoing
}

/// The copy that is kept in the subscription's parked queue with its cause.
pub fn parked_copy(
    incoming: &Incoming,
    subscription: &SubscriptionName,
    reason: &ParkReason,
    now: Timestamp,
) -> Outgoing {
    let mut outgoing = copy_to(names::parked_queue(subscription), incoming, subscription, now);
    let headers = &mut outgoing.message.headers;
    headers.set(ATTEMPT, HeaderValue::Int(i64::from(attempt_of(&incoming.message))));
    headers.set(FAULT_TYPE, reason.code());
    headers.set(FAULT_MESSAGE, reason.to_string());
    outgoing
}

/// The copy of a publication that no queue wanted, for the queue that keeps those.
pub fn unrouted_copy(outgoing: &Outgoing) -> Outgoing {
    Outgoing { exchange: String::new(), routing_key: names::UNROUTED.to_owned(), message: outgoing.message.clone() }
}

fn copy_to(queue: String, incoming: &Incoming, subscription: &SubscriptionName, now: Timestamp) -> Outgoing {
    let mut headers = carried(&incoming.message.headers);
    headers.set(ORIGIN_QUEUE, subscription.as_str());
    if headers.get(FIRST_FAILED_AT).is_none() {
        headers.set(FIRST_FAILED_AT, now.to_string());
    }
    let mut properties = incoming.message.properties.clone();
    // The broker checks the user id against the connection that publishes, which is ours now, and the copy must survive a restart.
    properties.user_id = None;
    properties.persistent = true;
    // The answer to the copy is matched by its message id; a foreign message may have come without one.
    if properties.message_id.as_deref().is_none_or(str::is_empty) {
        properties.message_id = Some(format!("{queue}:{}", incoming.tag));
    }
    let message = Message { properties, headers, body: incoming.message.body.clone() };
    Outgoing { exchange: String::new(), routing_key: queue, message }
}

/// The headers that a copy carries on: no broker's headers, no headers that make a broker route copies elsewhere, scalars only,
/// and not more than there may be.
fn carried(headers: &Headers) -> Headers {
    let mut kept = headers.clone();
    let mut room = HEADERS_MAX;
    kept.retain(|name, value| {
        let is_brokers = name.len() >= 2 && name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
        let routes = name.eq_ignore_ascii_case("cc") || name.eq_ignore_ascii_case("bcc");
        let keep = !is_brokers && !routes && *value != HeaderValue::Other && (room > 0 || name.starts_with("fabric-"));
        if keep {
            room = room.saturating_sub(1);
        }
        keep
    });
    kept
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

    #[test]
    fn a_retry_counts_up_and_carries_nothing_of_the_brokers() {
        let subscription = SubscriptionName::try_new("social.feed").unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let fault = Fault::transient("down");
        let first = retry_copy(&incoming(), &subscription, &fault, Duration::from_secs(4), now);
        assert_eq!((first.exchange.as_str(), first.routing_key.as_str()), ("", "social.feed.retry.4000"));
        assert_eq!(
            names_of(&first),
            ["cloudEvents_id", ORIGIN_QUEUE, FIRST_FAILED_AT, ATTEMPT, FAULT_TYPE, FAULT_MESSAGE]
        );
        assert_eq!(attempt_of(&first.message), 2);
        assert_eq!(first.message.properties.user_id, None);
        assert!(first.message.properties.persistent);

        let again = Incoming { message: first.message, ..incoming() };
        let later = now + Duration::from_mins(1);
        let second = retry_copy(&again, &subscription, &fault, Duration::from_secs(4), later);
        assert_eq!(attempt_of(&second.message), 3);
        assert_eq!(second.message.headers.text(FIRST_FAILED_AT), Some(now.to_string().as_str()));
    }

    #[test]
    fn a_parked_copy_says_why() {
        let subscription = SubscriptionName::try_new("social.feed").unwrap();
        let reason = ParkReason::Permanent(Fault::permanent("no such member"));
        let parked = parked_copy(&incoming(), &subscription, &reason, Timestamp::UNIX_EPOCH);
        assert_eq!(parked.routing_key, "social.feed.parked");
        assert_eq!(parked.message.headers.text(FAULT_TYPE), Some("permanent"));
        assert_eq!(parked.message.headers.text(FAULT_MESSAGE), Some("no such member"));
        assert_eq!(attempt_of(&parked.message), 1);
    }

    #[test]
    fn forged_attempts_count_as_the_first() {
        for value in
            [HeaderValue::Int(-3), HeaderValue::Int(0), HeaderValue::Int(i64::MAX), "x".into(), HeaderValue::Other]
        {
            let mut message = Message::default();
            message.headers.set(ATTEMPT, value.clone());
            assert_eq!(attempt_of(&message), 1, "{value:?}");
        }
    }
}
