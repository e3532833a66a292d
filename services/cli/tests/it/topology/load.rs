//! Numbered events under way while something is changed, and whether each of them is still somewhere.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use fabric::{
    core::{
        ack_ledger::Settlement,
        message::{HeaderValue, Message, Outgoing, Properties},
        resend,
        topology::names,
    },
    runtime::ports::{Broker, Confirmed, ConsumeRequest},
};
use fabric_testkit::wait::eventually;
use tokio::task::JoinHandle;

use crate::process::DEADLINE;

/// The pause between two events: what changes the broker needs its share of the machine.
const PACE: Duration = Duration::from_millis(2);

/// How many events wait before anything is changed.
const EARLIER: u64 = 130;

/// Publishes numbered events one after the other, each again until it is confirmed.
pub struct Load {
    stop: Arc<AtomicBool>,
    published: Arc<AtomicU64>,
    task: JoinHandle<Result<()>>,
}

impl Load {
    /// Begins, and waits until some events are in their queues.
    pub async fn start(broker: Arc<dyn Broker>, topic: &'static str) -> Result<Self> {
        let (stop, published) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let task = tokio::spawn(publish(broker, topic, Arc::clone(&stop), Arc::clone(&published)));
        let load = Self { stop, published, task };
        eventually(DEADLINE, "some events wait", async || load.published.load(Ordering::Relaxed) >= EARLIER).await?;
        Ok(load)
    }

    /// Ends it. Gives how many events were published: the numbers below it.
    pub async fn stop(self) -> Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await??;
        Ok(self.published.load(Ordering::Relaxed))
    }
}

async fn publish(broker: Arc<dyn Broker>, topic: &str, stop: Arc<AtomicBool>, published: Arc<AtomicU64>) -> Result<()> {
    let context = topic.split('.').next().unwrap_or_default();
    let mut pace = tokio::time::interval(PACE);
    while !stop.load(Ordering::Relaxed) {
        pace.tick().await;
        let number = published.load(Ordering::Relaxed);
        let message = numbered(number);
        let outgoing = Outgoing { exchange: names::exchange(context), routing_key: topic.to_owned(), message };
        match broker.publish(outgoing).await {
            Ok(Confirmed::Routed) => drop(published.fetch_add(1, Ordering::Relaxed)),
            Ok(Confirmed::Unrouted) => bail!("for a moment nothing was bound"),
            Err(_) => {}
        }
    }
    Ok(())
}

/// An event whose id is a number. It is of one slot after the other, and then of none, as those of foreign producers are.
fn numbered(number: u64) -> Message {
    let properties = Properties { message_id: Some(number.to_string()), ..Properties::default() };
    let mut message = Message { properties, ..Message::default() };
    if let Ok(slot @ 0..64) = i64::try_from(number % 65) {
        message.headers.set(resend::SLOT, HeaderValue::Int(slot));
    }
    message
}

/// Takes the events of these queues out, until each number below `published` was in one of them.
pub async fn every_number(broker: &dyn Broker, queues: &[String], published: u64) -> Result<()> {
    let mut consumers = Vec::new();
    for queue in queues {
        let request = ConsumeRequest { queue: queue.clone(), prefetch: 500, consumer_name: "test".to_owned() };
        consumers.push(broker.consume(request).await?);
    }
    let mut missing: BTreeSet<u64> = (0..published).collect();
    while !missing.is_empty() {
        let next = poll_fn(|context| {
            for (index, consumer) in consumers.iter_mut().enumerate() {
                if let Poll::Ready(incoming) = consumer.poll_next(context) {
                    return Poll::Ready((index, incoming));
                }
            }
            Poll::Pending
        });
        let next = tokio::time::timeout(DEADLINE, next).await;
        let (index, incoming) =
            next.with_context(|| format!("{} of {published} are lost: {:?}", missing.len(), missing.first()))?;
        let incoming = incoming.context("the consumer ended")?;
        let id = incoming.message.properties.message_id.context("it has an id")?;
        missing.remove(&id.parse()?);
        consumers[index].settle(vec![Settlement::Ack { tag: incoming.tag, multiple: false }]).await;
    }
    Ok(())
}
