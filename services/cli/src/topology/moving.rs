//! Moving the events of one queue elsewhere: each is acknowledged only when its copy is confirmed there. Whatever ends it before, no
//! event is lost; some may be in both places.

use std::{
    future::poll_fn,
    time::{Duration, Instant},
};

use fabric::{
    core::{
        ack_ledger::{Settlement, Tag},
        message::{HeaderValue, Headers, Incoming, Outgoing},
        resend::{ORIGIN_EXCHANGE, ORIGIN_KEY},
        topology::{Destination, names},
    },
    runtime::ports::{Broker, Confirmed, ConsumeError, ConsumeRequest, Consumer, PublishError},
};
use futures_util::{StreamExt, stream::FuturesUnordered};

use super::Desk;
use crate::{Outcome, exit::Failure};

/// How many events are on their way at a time.
const PREFETCH: u16 = 256;

/// The pause between two looks at whether a queue is empty.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How old the numbers of the management API can be: a queue reports every five seconds, and the API collects as often.
const FIGURES_AGE_MAX: Duration = Duration::from_secs(12);

/// How long the last acknowledgements may take to be written.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);

/// Moves every event of a queue, and what others have out and give back, until nothing is in it. Gives how many were moved.
///
/// A queue that is gone is empty. Fails when an event cannot be moved: it stays where it is.
pub async fn move_events(desk: &Desk, broker: &dyn Broker, from: &str, to: &Destination) -> Outcome<u64> {
    let request =
        ConsumeRequest { queue: from.to_owned(), prefetch: PREFETCH, consumer_name: "fabric topology migrate".into() };
    let mut consumer = match broker.consume(request).await {
        Ok(consumer) => consumer,
        Err(ConsumeError::NoQueue { .. }) => return Ok(0),
        Err(error) => return Err(Failure::Unreachable(error.to_string())),
    };
    let moved = pump(desk, broker, consumer.as_mut(), from, to).await;
    consumer.close(CLOSE_DEADLINE).await;
    moved
}

async fn pump(
    desk: &Desk,
    broker: &dyn Broker,
    consumer: &mut dyn Consumer,
    from: &str,
    to: &Destination,
) -> Outcome<u64> {
    let mut moved = 0;
    let mut under_way = FuturesUnordered::new();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        // In this order, so that nothing counts as empty while something of it is here.
        tokio::select! {
            biased;
            Some((tag, published)) = under_way.next(), if !under_way.is_empty() => {
                settle(consumer, tag, published, to).await?;
                moved += 1;
            }
            incoming = poll_fn(|context| consumer.poll_next(context)) => {
                let incoming = incoming.ok_or_else(|| Failure::Unreachable(
                    format!("the connection was lost; what was not moved is still in {from}: doing the same again goes on")
                ))?;
                let tag = incoming.tag;
                let publishing = broker.publish(moved_copy(incoming, to));
                under_way.push(async move { (tag, publishing.await) });
            }
            _ = looks.tick(), if under_way.is_empty() => {
                if is_empty(desk, broker, from).await? {
                    return Ok(moved);
                }
            }
        }
    }
}

/// Acknowledges an event whose copy is confirmed.
async fn settle(
    consumer: &mut dyn Consumer,
    tag: Tag,
    published: Result<Confirmed, PublishError>,
    to: &Destination,
) -> Outcome {
    match published {
        Ok(Confirmed::Routed) => {
            let settled = consumer.settle(vec![Settlement::Ack { tag, multiple: false }]).await;
            if settled.lost == 0 {
                return Ok(());
            }
            Err(Failure::Unknown("the connection was lost while events were moved: some may come twice".to_owned()))
        }
        Ok(Confirmed::Unrouted) => Err(Failure::Other(format!(
            "nothing led to {}: no event was lost, and doing the same again goes on",
            to.name()
        ))),
        Err(error @ PublishError::Unknown { .. }) => Err(Failure::Unknown(error.to_string())),
        Err(error @ (PublishError::Refused | PublishError::NotSent { .. })) => {
            Err(Failure::Unreachable(error.to_string()))
        }
    }
}

/// Whether nothing is in a queue any more, neither waiting nor out with a consumer.
async fn is_empty(desk: &Desk, broker: &dyn Broker, queue: &str) -> Outcome<bool> {
    let Some(depth) = broker.depths(vec![queue.to_owned()]).await?.pop() else { return Ok(true) };
    if depth.ready > 0 {
        return Ok(false);
    }
    let actual = desk.management.actual().await?;
    Ok(actual.queues.get(queue).is_none_or(fabric::core::topology::QueueState::is_empty))
}

/// Waits until it is certain that a queue to which nothing leads any more is empty. Gives false when it is not.
///
/// What consumers have out is told by the management API alone, so the queue has to look empty for longer than its numbers are old.
pub async fn stays_empty(desk: &Desk, broker: &dyn Broker, queue: &str) -> Outcome<bool> {
    let begun = Instant::now();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    while begun.elapsed() < FIGURES_AGE_MAX {
        looks.tick().await;
        if !is_empty(desk, broker, queue).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The same event for another place: by the default exchange to a queue, which whoever may delete queues may write to, and with its own
/// key to an exchange that tells by its headers where it goes.
fn moved_copy(incoming: Incoming, to: &Destination) -> Outgoing {
    let Incoming { tag, exchange, routing_key, redelivered: _, mut message } = incoming;
    message.headers.retain(may_travel);
    if !names::brings_copies(&exchange) && message.headers.get(ORIGIN_EXCHANGE).is_none() {
        message.headers.set(ORIGIN_EXCHANGE, exchange);
        message.headers.set(ORIGIN_KEY, routing_key.as_str());
    }
    let properties = &mut message.properties;
    // The broker checks the user id against the connection that publishes, which is ours now.
    properties.user_id = None;
    properties.persistent = true;
    if properties.message_id.as_deref().is_none_or(str::is_empty) {
        // The confirm is matched by it; a foreign event may have come without one.
        properties.message_id = Some(format!("{}:{tag}", to.name()));
    }
    let (exchange, routing_key) = match to {
        Destination::Queue(queue) => (String::new(), queue.clone()),
        Destination::Exchange(exchange) => (exchange.clone(), own_key(routing_key, &message.headers)),
    };
    Outgoing { exchange, routing_key, message }
}

/// The key that the event was published with first.
fn own_key(routing_key: String, headers: &Headers) -> String {
    headers.text(ORIGIN_KEY).map_or(routing_key, str::to_owned)
}

/// What a broker has added is not carried on, nor what would make it route copies elsewhere.
fn may_travel(name: &str, value: &HeaderValue) -> bool {
    let is_brokers = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
    let routes = name.eq_ignore_ascii_case("cc") || name.eq_ignore_ascii_case("bcc");
    !is_brokers && !routes && *value != HeaderValue::Other
}

#[cfg(test)]
mod tests {
    use fabric::core::message::{Message, Properties};

    use super::*;

    fn incoming(exchange: &str, key: &str, headers: &[(&'static str, &str)]) -> Incoming {
        let properties =
            Properties { message_id: Some("1".into()), user_id: Some("a".into()), ..Properties::default() };
        let mut message = Message { properties, ..Message::default() };
        for (name, value) in headers {
            message.headers.set(*name, *value);
        }
        Incoming { tag: 7, exchange: exchange.to_owned(), routing_key: key.to_owned(), redelivered: true, message }
    }

    #[test]
    fn an_event_goes_to_a_queue_with_what_it_carries_and_where_it_came_from() {
        let to = Destination::Queue("a.b.standby".to_owned());
        let headers = [("cloudEvents_id", "1"), ("x-death", "forged"), ("CC", "kyc"), ("fabric-attempt", "2")];
        let copy = moved_copy(incoming("events.a", "a.b.c", &headers), &to);
        assert_eq!((copy.exchange.as_str(), copy.routing_key.as_str()), ("", "a.b.standby"));
        let names: Vec<&str> = copy.message.headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["cloudEvents_id", "fabric-attempt", ORIGIN_EXCHANGE, ORIGIN_KEY]);
        let properties = &copy.message.properties;
        assert_eq!((properties.message_id.as_deref(), properties.user_id.as_deref()), (Some("1"), None));
        assert!(properties.persistent);
    }

    #[test]
    fn a_copy_goes_to_a_splitter_with_the_key_of_its_original() {
        let to = Destination::Exchange("a.b.slots".to_owned());
        let copy =
            moved_copy(incoming("queues.a", "a.b", &[(ORIGIN_EXCHANGE, "events.a"), (ORIGIN_KEY, "a.b.c")]), &to);
        assert_eq!((copy.exchange.as_str(), copy.routing_key.as_str()), ("a.b.slots", "a.b.c"));
        assert_eq!(moved_copy(incoming("events.a", "a.x.y", &[]), &to).routing_key, "a.x.y");
        let mut nameless = incoming("", "a.b", &[]);
        nameless.message.properties.message_id = None;
        assert_eq!(moved_copy(nameless, &to).message.properties.message_id.as_deref(), Some("a.b.slots:7"));
    }
}
