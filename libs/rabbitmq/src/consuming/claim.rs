//! Claiming a name: a queue of that name which is exclusive to the connection, and goes with the channel that consumes it.

use std::{
    sync::{Mutex, PoisonError},
    task::{Context, Waker},
    time::Duration,
};

use fabric_runtime::ports::{Claim, ClaimError};
use lapin::{
    Channel, Connection,
    options::{BasicConsumeOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};
use tokio::time::timeout;

use super::{consumer::Deliveries, opening::Opening};
use crate::{
    error::{Refusal, RefusalKind},
    wire,
};

/// Claims a name, unless somebody else has.
pub(super) async fn start(
    connection: &Connection,
    name: String,
    within: Duration,
) -> Result<Box<dyn Claim>, ClaimError> {
    let opened = timeout(within, open(connection, &name)).await;
    let Ok(opened) = opened else {
        return Err(ClaimError::Away { detail: "the broker did not answer in time".to_owned() });
    };
    let (channel, consumer) = opened.map_err(|error| match Refusal::of(&error) {
        Some(Refusal { kind: RefusalKind::InUse, .. }) => ClaimError::Taken { name },
        Some(Refusal { kind: RefusalKind::Forbidden, detail }) => ClaimError::Forbidden { name, detail },
        Some(Refusal { detail, .. }) => ClaimError::Away { detail },
        None => ClaimError::Away { detail: error.to_string() },
    })?;
    Ok(Box::new(Claimed { _channel: channel, deliveries: Mutex::new(Deliveries::new(consumer)) }))
}

async fn open(connection: &Connection, claimed: &str) -> lapin::Result<(Channel, lapin::Consumer)> {
    let (opening, channel) = Opening::start(connection).await?;
    let options = QueueDeclareOptions::exclusive().auto_delete();
    let queue = channel.queue_declare(wire::name(claimed)?, options, FieldTable::default()).await?;
    // The queue is deleted with its last consumer, so with this channel and not only with the connection.
    let options = BasicConsumeOptions { exclusive: true, ..BasicConsumeOptions::default() };
    let consumer =
        channel.basic_consume(queue.name().clone(), ShortString::default(), options, FieldTable::default()).await?;
    opening.done();
    Ok((channel, consumer))
}

struct Claimed {
    /// It is closed when it is dropped.
    _channel: Channel,
    deliveries: Mutex<Deliveries>,
}

impl Claim for Claimed {
    fn is_held(&self) -> bool {
        let mut deliveries = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is bound to the queue, so nothing comes but the end.
        deliveries.poll_next(&mut Context::from_waker(Waker::noop())).is_pending()
    }
}
