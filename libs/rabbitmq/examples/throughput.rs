//! How many events a second go through the adapter: published with confirms, then consumed with the ack ledger.
//!
//! ```text
//! cargo run --release -p fabric-rabbitmq --example throughput -- [EVENTS] [CALLERS] [PUBLISH_CONNECTIONS]
//! ```
//!
//! It starts a private broker, or takes the one that `FABRIC_AMQP_URL` names, with a quorum queue that it deletes afterwards. Callers
//! are tasks that publish one event after the other. Prints the median of five rounds.

use std::{env, future::poll_fn, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use fabric_core::{
    ack_ledger::{AckLedger, AckPolicy},
    message::{Message, Outgoing, Properties},
    topology::{Binding, Queue, QueueRole, Target, Topology},
};
use fabric_rabbitmq::{RabbitBroker, RabbitOptions};
use fabric_runtime::ports::{Broker, Confirmed, ConsumeRequest, Consumer};
use fabric_testkit::servers::RabbitMq;
use lapin::{
    Connection, ConnectionProperties,
    options::{ExchangeDeleteOptions, QueueDeleteOptions},
};
use tokio::{task::JoinSet, time::Instant};

const ROUNDS: usize = 5;
const EXCHANGE: &str = "events.throughput";
const QUEUE: &str = "throughput.work";
const PREFETCH: u16 = 300;
const BODY_BYTES: usize = 512;

#[tokio::main]
async fn main() -> Result<()> {
    let argument = |index: usize, default: usize| match env::args().nth(index) {
        Some(text) => text.parse().with_context(|| format!("not a number: {text}")),
        None => Ok(default),
    };
    let (events, callers, connections) = (argument(1, 50_000)?, argument(2, 512)?, argument(3, 1)?);
    let node = match env::var("FABRIC_AMQP_URL") {
        Ok(_) => None,
        Err(_) => Some(RabbitMq::start().await?),
    };
    let url = node.as_ref().map_or_else(|| env::var("FABRIC_AMQP_URL").unwrap_or_default(), RabbitMq::url);
    let mut options = RabbitOptions::new(url.as_str());
    options.require_at_start = true;
    options.publish_connections = connections;
    let broker = RabbitBroker::connect(options).await?;
    broker.declare(&topology()).await?;

    println!(
        "{events} events of {BODY_BYTES} bytes, {callers} callers, {connections} publish connections, a quorum queue"
    );
    let (mut published, mut consumed) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        published.push(publish(&broker, events, callers).await?);
        consumed.push(consume(&broker, events).await?);
    }
    println!("published and confirmed: {:>7} events/s", median(published));
    println!("consumed and acknowledged: {:>5} events/s", median(consumed));
    broker.close(Duration::from_secs(10)).await;
    clean_up(&url).await
}

async fn clean_up(url: &str) -> Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.queue_delete(QUEUE.into(), QueueDeleteOptions::default()).await?;
    channel.exchange_delete(EXCHANGE.into(), ExchangeDeleteOptions::default()).await?;
    Ok(connection.close(200, "OK".into()).await?)
}

fn topology() -> Topology {
    let pattern = fabric_core::Pattern::everything();
    Topology {
        exchanges: [EXCHANGE.to_owned()].into(),
        queues: vec![Queue { name: QUEUE.to_owned(), role: QueueRole::Parked }],
        bindings: vec![Binding { exchange: EXCHANGE.to_owned(), target: Target::Queue(QUEUE.to_owned()), pattern }],
        ..Topology::default()
    }
}

/// Publishes and gives the events per second.
async fn publish(broker: &Arc<RabbitBroker>, events: usize, callers: usize) -> Result<u64> {
    let body = Bytes::from(vec![b'x'; BODY_BYTES]);
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (broker, body) = (Arc::clone(broker), body.clone());
        tasks.spawn(async move {
            for event in (caller..events).step_by(callers) {
                let outcome = broker.publish(outgoing(event, body.clone())).await?;
                ensure!(outcome == Confirmed::Routed);
            }
            Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(per_second(events, started))
}

/// An event with the headers that ours have.
fn outgoing(event: usize, body: Bytes) -> Outgoing {
    let id = format!("0193e7a0-0000-7000-8000-{event:012x}");
    let mut message = Message { body, ..Message::default() };
    message.properties = Properties {
        message_id: Some(id.clone()),
        kind: Some("throughput.event.sent".to_owned()),
        app_id: Some("throughput".to_owned()),
        content_type: Some("application/json".to_owned()),
        timestamp_s: Some(1_700_000_000),
        ..Properties::default()
    };
    let headers = &mut message.headers;
    headers.set("cloudEvents_id", id);
    headers.set("cloudEvents_source", "urn:fabric:throughput");
    headers.set("cloudEvents_type", "throughput.event.sent");
    headers.set("cloudEvents_specversion", "1.0");
    headers.set("cloudEvents_time", "2026-01-01T00:00:00Z");
    headers.set("cloudEvents_tenantid", "school-1");
    headers.set("cloudEvents_partitionkey", format!("student-{}", event % 1_000));
    Outgoing { exchange: EXCHANGE.to_owned(), routing_key: "throughput.event.sent".to_owned(), message }
}

/// Consumes all of them and gives the events per second. In a task of its own: on the main thread the runtime is slower.
async fn consume(broker: &Arc<RabbitBroker>, events: usize) -> Result<u64> {
    let request =
        ConsumeRequest { queue: QUEUE.to_owned(), prefetch: PREFETCH, consumer_name: "throughput".to_owned() };
    let consumer = broker.consume(request).await?;
    tokio::spawn(drain(consumer, events)).await?
}

async fn drain(mut consumer: Box<dyn Consumer>, events: usize) -> Result<u64> {
    let mut ledger = AckLedger::new(AckPolicy::default());
    let started = Instant::now();
    for _ in 0..events {
        let incoming = poll_fn(|context| consumer.poll_next(context)).await.context("the consumer has ended")?;
        ledger.delivered(incoming.tag);
        let settlements = ledger.finished(incoming.tag, started.elapsed());
        if !settlements.is_empty() {
            ensure!(consumer.settle(settlements).await.lost == 0);
        }
    }
    consumer.settle(ledger.flush()).await;
    let rate = per_second(events, started);
    consumer.close(Duration::from_secs(10)).await;
    Ok(rate)
}

fn per_second(events: usize, started: Instant) -> u64 {
    let events = u128::try_from(events).unwrap_or_default();
    u64::try_from(events * 1_000_000 / started.elapsed().as_micros().max(1)).unwrap_or_default()
}

fn median(mut rates: Vec<u64>) -> u64 {
    rates.sort_unstable();
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
