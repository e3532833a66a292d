//! Watching what goes by, on a queue that nobody else sees.

use std::{
    task::{Context, Poll, Waker},
    time::Duration,
};

use fabric_core::{
    Pattern,
    ack_ledger::{Settlement, Tag},
    message::Incoming,
    topology::names,
};
use fabric_runtime::{
    clock::Clock,
    ids::Ids,
    ports::{BoxFuture, ConsumeError, Consumer, Settled, TapRequest},
};
use lapin::{
    Channel, Connection,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use tokio::time::timeout;

use super::{
    consumer::{self, Deliveries},
    opening::Opening,
};
use crate::wire::name;

/// How many deliveries are on their way to the reader. The rest waits in the broker's queue, which drops the oldest.
///
/// Consuming without acknowledgements would have no such limit: the driver would keep in memory what a slow reader has not read.
const PREFETCH: u16 = 256;
/// Acknowledged after each so many.
const ACK_EVERY: u16 = PREFETCH / 4;

/// Starts watching, on a queue with the client's name.
pub(super) async fn start(
    connection: &Connection,
    client: &str,
    request: TapRequest,
    within: Duration,
) -> Result<Box<dyn Consumer>, ConsumeError> {
    // Its queue is its own: what is not there, or may not be read, can only be what it is being bound to.
    let mut watched = "a tap".to_owned();
    let opened = timeout(within, open(connection, client, &request, &mut watched)).await;
    let (channel, consumer) = consumer::opened(&watched, opened)?;
    Ok(Box::new(Tap { channel, deliveries: Deliveries::new(consumer), unacknowledged: 0 }))
}

async fn open(
    connection: &Connection,
    client: &str,
    request: &TapRequest,
    watched: &mut String,
) -> lapin::Result<(Channel, lapin::Consumer)> {
    let (opening, channel) = Opening::start(connection).await?;
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(request.backlog_max.into()));
    arguments.insert("x-overflow".into(), AMQPValue::LongString("drop-head".into()));
    let options = QueueDeclareOptions::exclusive().auto_delete();
    // A name of ours, and a new one each time: the queue of a connection that was lost may still stand, and is exclusive to it.
    let queue = names::tap_queue(client, Ids::system().next(Clock::system().now()));
    let queue = channel.queue_declare(name(&queue)?, options, arguments).await?;
    for (exchange, pattern) in &request.bindings {
        *watched = format!("the exchange {exchange}");
        let (exchange, key) = (name(exchange)?, name(Pattern::as_str(pattern))?);
        channel
            .queue_bind(queue.name().clone(), exchange, key, QueueBindOptions::default(), FieldTable::default())
            .await?;
    }
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions { exclusive: true, ..BasicConsumeOptions::default() };
    let consumer =
        channel.basic_consume(queue.name().clone(), ShortString::default(), options, FieldTable::default()).await?;
    opening.done();
    Ok((channel, consumer))
}

struct Tap {
    channel: Channel,
    deliveries: Deliveries,
    unacknowledged: u16,
}

impl Tap {
    fn acknowledge_now_and_then(&mut self, tag: Tag) {
        self.unacknowledged += 1;
        if self.unacknowledged >= ACK_EVERY {
            self.unacknowledged = 0;
            let mut ack = std::pin::pin!(self.channel.basic_ack(tag, BasicAckOptions { multiple: true }));
            // One poll hands it to the driver. Whether it arrives does not matter: nobody depends on a tap.
            let _queued = ack.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

impl Consumer for Tap {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Incoming>> {
        let next = self.deliveries.poll_next(context);
        if let Poll::Ready(Some(incoming)) = &next {
            self.acknowledge_now_and_then(incoming.tag);
        }
        next
    }

    /// Deliveries of a tap are settled by reading them.
    fn settle(&mut self, settlements: Vec<Settlement>) -> BoxFuture<'_, Settled> {
        Box::pin(std::future::ready(Settled { sent: settlements.len(), lost: 0 }))
    }

    fn close(self: Box<Self>, deadline: Duration) -> BoxFuture<'static, ()> {
        Box::pin(async move { consumer::close(&self.channel, deadline).await })
    }
}
