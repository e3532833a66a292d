//! One queue's deliveries on a channel of their own.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use fabric_core::{ack_ledger::Settlement, message::Incoming};
use fabric_runtime::ports::{BoxFuture, ConsumeError, ConsumeRequest, Consumer, Settled};
use futures_util::Stream;
use lapin::{
    Channel, Connection,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions},
    types::FieldTable,
};
use tokio::time::{Instant, timeout, timeout_at};

use super::opening::Opening;
use crate::{
    error::{Refusal, RefusalKind},
    flaw::Flaws,
    in_order,
    pipeline::CLOSED_NORMALLY,
    wire::{self, short},
};

/// Starts consuming a queue, with manual acknowledgements and a limit on what is out.
pub(super) async fn start(
    connection: &Connection,
    request: ConsumeRequest,
    within: Duration,
    flaws: Flaws,
) -> Result<Box<dyn Consumer>, ConsumeError> {
    let ConsumeRequest { queue, prefetch, consumer_name } = request;
    let Ok(name) = short(queue.as_str()) else { return Err(ConsumeError::NoQueue { queue }) };
    let open = async {
        let (opening, channel) = Opening::start(connection).await?;
        // Without a limit the driver would keep the whole queue in memory; and 0 means none.
        channel.basic_qos(prefetch.max(1), BasicQosOptions::default()).await?;
        let tag = short(consumer_name).unwrap_or_default();
        let deliveries =
            channel.basic_consume(name, tag, BasicConsumeOptions::default(), FieldTable::default()).await?;
        opening.done();
        Ok((channel, deliveries))
    };
    let (channel, deliveries) = opened(&queue, timeout(within, open).await)?;
    Ok(Box::new(QueueConsumer { channel, deliveries: Deliveries::new(deliveries), operation_timeout: within, flaws }))
}

/// Tells why a channel with a consumer could not be opened.
pub(super) fn opened<T>(
    queue: &str,
    opened: Result<lapin::Result<T>, tokio::time::error::Elapsed>,
) -> Result<T, ConsumeError> {
    let Ok(opened) = opened else {
        return Err(ConsumeError::Away { detail: "the broker did not answer in time".to_owned() });
    };
    opened.map_err(|error| {
        let queue = queue.to_owned();
        match Refusal::of(&error) {
            Some(Refusal { kind: RefusalKind::NotFound, .. }) => ConsumeError::NoQueue { queue },
            Some(Refusal { kind: RefusalKind::Forbidden, detail }) => ConsumeError::Forbidden { queue, detail },
            Some(Refusal { kind: RefusalKind::InUse | RefusalKind::Other, detail }) => ConsumeError::Away { detail },
            None => ConsumeError::Away { detail: error.to_string() },
        }
    })
}

/// A channel's deliveries until it ends, as plain data.
pub(super) struct Deliveries(Option<lapin::Consumer>);

impl Deliveries {
    pub fn new(consumer: lapin::Consumer) -> Self {
        Self(Some(consumer))
    }

    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Incoming>> {
        let Some(consumer) = &mut self.0 else { return Poll::Ready(None) };
        let ended = match Pin::new(consumer).poll_next(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(delivery))) => return Poll::Ready(Some(wire::incoming(delivery))),
            Poll::Ready(Some(Err(error))) => error.to_string(),
            Poll::Ready(None) => "the broker cancelled it".to_owned(),
        };
        if let Some(consumer) = self.0.take() {
            tracing::warn!(queue = %consumer.queue(), reason = ended, "a consumer has ended");
        }
        Poll::Ready(None)
    }
}

struct QueueConsumer {
    channel: Channel,
    deliveries: Deliveries,
    operation_timeout: Duration,
    flaws: Flaws,
}

impl Consumer for QueueConsumer {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Incoming>> {
        self.deliveries.poll_next(context)
    }

    fn settle(&mut self, settlements: Vec<Settlement>) -> BoxFuture<'_, Settled> {
        Box::pin(async move {
            let deadline = Instant::now() + self.operation_timeout;
            let (channel, flaws) = (&self.channel, self.flaws);
            let calls: Vec<_> =
                settlements.into_iter().map(|settlement| in_order::start(settle(channel, settlement, flaws))).collect();
            let mut settled = Settled::default();
            for call in calls {
                // What the driver could not write in all that time counts as lost: it is safer to expect the event again.
                match timeout_at(deadline, call.outcome()).await {
                    Ok(Ok(())) => settled.sent += 1,
                    Ok(Err(_)) | Err(_) => settled.lost += 1,
                }
            }
            settled
        })
    }

    fn close(self: Box<Self>, deadline: Duration) -> BoxFuture<'static, ()> {
        Box::pin(async move { close(&self.channel, deadline).await })
    }
}

async fn settle(channel: &Channel, settlement: Settlement, flaws: Flaws) -> lapin::Result<()> {
    if let Some(settled) = flaws.settle(channel, &settlement).await {
        return settled;
    }
    match settlement {
        Settlement::Ack { tag, multiple } => channel.basic_ack(tag, BasicAckOptions { multiple }).await,
        Settlement::GiveBack { tag } => channel.basic_reject(tag, BasicRejectOptions { requeue: true }).await,
    }
}

/// Closes a channel. The broker's answer proves that it has read everything that was written before.
pub(super) async fn close(channel: &Channel, deadline: Duration) {
    let (code, text) = CLOSED_NORMALLY;
    if channel.status().connected() && !matches!(timeout(deadline, channel.close(code, text.into())).await, Ok(Ok(())))
    {
        tracing::warn!("a consumer's channel did not close in good order: its last acknowledgements may be lost");
    }
}
