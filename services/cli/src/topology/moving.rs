//! Moving the events of one queue elsewhere: each is acknowledged only when its copy is confirmed there. Whatever ends it before, no
//! event is lost; some may be in both places.

use std::{
    fmt,
    future::poll_fn,
    time::{Duration, Instant},
};

use fabric::{
    core::{
        ack_ledger::{Settlement, Tag},
        topology::{ConsumerState, Destination, QueueState, moved_copy},
    },
    runtime::ports::{Broker, Confirmed, ConsumeError, ConsumeRequest, Consumer, PublishError},
};
use futures_util::{StreamExt, stream::FuturesUnordered};

use super::Desk;
use crate::{Outcome, exit::Failure};

/// How many events are on their way at a time.
const PREFETCH: u16 = 256;

/// What operators see of it on the broker.
const CONSUMER_NAME: &str = "fabric topology migrate";

/// How often it is told what is waited for.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// The pause between two looks at whether a queue is empty.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How old the numbers of the management API can be: a queue reports every five seconds, and the API keeps what it computed for as long.
const FIGURES_AGE_MAX: Duration = Duration::from_secs(12);

/// How long the last acknowledgements may take to be written.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);

/// Moves every event of a queue, and what others have out and give back, until nothing is in it. Gives how many were moved.
///
/// A queue that is gone is empty. Fails when an event cannot be moved: it stays where it is.
pub async fn move_events(
    desk: &Desk,
    broker: &dyn Broker,
    from: &str,
    to: &Destination,
    say: impl FnMut(&str) -> Outcome,
) -> Outcome<u64> {
    let request = ConsumeRequest { queue: from.to_owned(), prefetch: PREFETCH, consumer_name: CONSUMER_NAME.into() };
    let mut consumer = match broker.consume(request).await {
        Ok(consumer) => consumer,
        Err(ConsumeError::NoQueue { .. }) => return Ok(0),
        Err(error) => return Err(Failure::Unreachable(error.to_string())),
    };
    let moved = pump(desk, broker, consumer.as_mut(), (from, to), say).await;
    consumer.close(CLOSE_DEADLINE).await;
    moved
}

async fn pump(
    desk: &Desk,
    broker: &dyn Broker,
    consumer: &mut dyn Consumer,
    (from, to): (&str, &Destination),
    mut say: impl FnMut(&str) -> Outcome,
) -> Outcome<u64> {
    let (mut moved, mut told) = (0, Instant::now());
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
                match left_in(desk, broker, from).await? {
                    None => return Ok(moved),
                    // Consumers that are at work on them may take as long as a handler may, and longer when one hangs.
                    Some(left) if told.elapsed() > TELL_EVERY => {
                        told = Instant::now();
                        say(&left.to_string())?;
                    }
                    Some(_) => {}
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
        Err(error) => Err(Failure::Unreachable(error.to_string())),
    }
}

/// What keeps a queue from being empty.
struct Left {
    queue: String,
    state: QueueState,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let QueueState { ready, unacknowledged, dead_lettering, consumers, .. } = &self.state;
        write!(f, "waiting for {}: {ready} events in it, {unacknowledged} out with consumers", self.queue)?;
        if *dead_lettering > 0 {
            write!(f, ", {dead_lettering} on their way to the dead letters")?;
        }
        let ours = |consumer: &&ConsumerState| consumer.tag.starts_with(CONSUMER_NAME);
        let others: Vec<&str> =
            consumers.iter().filter(|consumer| !ours(consumer)).map(|consumer| consumer.connection.as_str()).collect();
        if others.is_empty() { Ok(()) } else { write!(f, "; consumed by {}", others.join(", ")) }
    }
}

/// What is still in a queue, waiting, out with a consumer or on its way to the dead letters. None when nothing is, as far as one sees.
async fn left_in(desk: &Desk, broker: &dyn Broker, queue: &str) -> Outcome<Option<Left>> {
    let Some(depth) = broker.depths(vec![queue.to_owned()]).await?.pop() else { return Ok(None) };
    let Some(mut state) = desk.management.queue(queue).await? else { return Ok(None) };
    // The API's number is older, and the broker says that a queue is empty when it cannot ask it.
    state.ready = state.ready.max(depth.ready);
    Ok(Some(Left { queue: queue.to_owned(), state }).filter(|left| !left.state.is_empty()))
}

/// Waits until it is certain that a queue to which nothing leads any more is empty. Gives false when it is not.
///
/// What consumers have out is told by the management API alone, so the queue has to look empty for longer than its numbers are old.
pub async fn stays_empty(desk: &Desk, broker: &dyn Broker, queue: &str) -> Outcome<bool> {
    let begun = Instant::now();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    while begun.elapsed() < FIGURES_AGE_MAX {
        looks.tick().await;
        if left_in(desk, broker, queue).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}
