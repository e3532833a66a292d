//! Moving the events of one queue elsewhere: each is acknowledged only when its copy is confirmed there. Whatever ends it before, no
//! event is lost; some may be in both places.

use std::{
    future::poll_fn,
    time::{Duration, Instant},
};

use fabric::{
    core::{
        ack_ledger::{Settlement, Tag},
        topology::{Destination, moved_copy},
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
