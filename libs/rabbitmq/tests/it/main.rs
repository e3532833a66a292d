//! The adapter against a real broker, each test on a virtual host or a node of its own.

mod alarm;
mod closing;
mod connecting;
mod consuming;
#[cfg(feature = "flaws")]
mod flaws;
mod logs;
#[cfg(feature = "management")]
mod management;
mod matching;
mod network;
mod ordering;
mod outage;
mod publishing;
mod recovery;
mod topology;
mod watching;

use std::{future::poll_fn, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use bytes::Bytes;
use fabric_core::{
    message::{Incoming, Message, Outgoing, Properties},
    topology::{Binding, DirectBinding, Queue, QueueRole, Target, Topology},
};
use fabric_rabbitmq::{RabbitBroker, RabbitOptions};
use fabric_runtime::ports::{Broker, Confirmed, ConsumeRequest, Consumer, PublishError};
use fabric_testkit::servers::RabbitMq;
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::time::timeout;

/// Generous: it is reached only when something is broken.
const DEADLINE: Duration = Duration::from_secs(30);

/// Options that fail when the broker is not there.
fn options(url: &str) -> RabbitOptions {
    let mut options = RabbitOptions::new(url);
    options.require_at_start = true;
    options.connect_timeout = DEADLINE;
    options.reconnect_pause_max = Duration::from_millis(500);
    options
}

/// A broker on a virtual host of its own, and the host's URL.
async fn on_fresh_vhost() -> Result<(Arc<RabbitBroker>, String)> {
    let url = RabbitMq::shared().await?.fresh_vhost().await?;
    Ok((RabbitBroker::connect(options(&url)).await?, url))
}

/// A channel of the driver itself, to set the stage and to look behind it.
async fn raw(url: &str) -> Result<(Connection, Channel)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    Ok((connection, channel))
}

/// The exchange `events.test` with the queue `work` bound to `test.#`, its parked queue, and a wait queue of 200 ms; `queues.test` for copies to
/// each of them.
fn topology() -> Topology {
    let queue = |name: &str, role| Queue { name: name.to_owned(), role };
    Topology {
        exchanges: ["events.test".to_owned()].into(),
        queues: vec![
            queue("work", QueueRole::Work { parked: "work.parked".to_owned(), single_active: false }),
            queue("work.parked", QueueRole::Parked),
            queue("work.retry.200", QueueRole::Wait { delay: Duration::from_millis(200), work: "work".to_owned() }),
        ],
        bindings: vec![Binding {
            exchange: "events.test".to_owned(),
            target: Target::Queue("work".to_owned()),
            pattern: "test.#".parse().unwrap(),
        }],
        direct: ["work", "work.parked", "work.retry.200"]
            .map(|queue| DirectBinding { exchange: "queues.test".to_owned(), queue: queue.to_owned() })
            .into(),
        ..Topology::default()
    }
}

fn outgoing(exchange: &str, routing_key: &str, id: &str) -> Outgoing {
    let properties = Properties { message_id: Some(id.to_owned()), ..Properties::default() };
    let message = Message { properties, body: Bytes::from(format!("{{\"id\":\"{id}\"}}")), ..Message::default() };
    Outgoing { exchange: exchange.to_owned(), routing_key: routing_key.to_owned(), message }
}

/// Publishes so many messages at once and gives the outcomes in their order.
async fn publish_all(
    broker: &RabbitBroker,
    messages: impl IntoIterator<Item = Outgoing>,
) -> Vec<Result<Confirmed, PublishError>> {
    futures_util::future::join_all(messages.into_iter().map(|message| broker.publish(message))).await
}

async fn consume(broker: &RabbitBroker, queue: &str, prefetch: u16) -> Result<Box<dyn Consumer>> {
    let request = ConsumeRequest { queue: queue.to_owned(), prefetch, consumer_name: "test".to_owned() };
    Ok(broker.consume(request).await?)
}

/// The next delivery; none when the consumer has ended.
async fn next(consumer: &mut dyn Consumer) -> Result<Option<Incoming>> {
    timeout(DEADLINE, poll_fn(|context| consumer.poll_next(context))).await.context("no delivery came")
}

async fn next_id(consumer: &mut dyn Consumer) -> Result<String> {
    let incoming = next(consumer).await?.context("the consumer has ended")?;
    incoming.message.properties.message_id.context("no message id")
}

/// How much is ready in a queue.
async fn ready(broker: &RabbitBroker, queue: &str) -> Result<u64> {
    let depths = broker.depths(vec![queue.to_owned()]).await?;
    Ok(depths.first().context("no such queue")?.ready)
}
