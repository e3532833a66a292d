//! Reading a parked queue, or another that keeps things: one reader at a time sees everything in it, in order, and whatever it does not
//! remove is there afterwards.

use std::{future::poll_fn, time::Duration};

use fabric_core::{SubscriptionName, ack_ledger::Settlement, ack_ledger::Tag, message::Incoming, topology::names};
use tokio::time::timeout;

use crate::ports::{Broker, ConsumeError, ConsumeRequest, Consumer, DepthError};

/// How long a reader waits for the next event, and for the reader before it.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The most events that one reader sees: the most that a broker has out at one consumer.
pub const READ_MAX: u16 = u16::MAX;

/// How long the last removals may take to be written.
const CLOSE_DEADLINE: Duration = Duration::from_secs(3);

/// The pause before asking again whether somebody else still reads.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The events of one parked queue, as they are when it is opened.
pub struct ParkedQueue {
    /// None while it is lent.
    consumer: Option<Box<dyn Consumer>>,
    queue: String,
    /// How many are still to be read.
    left: u64,
    patience: Duration,
}

/// Why parked events could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParkedError {
    /// The broker cannot be reached, or the connection was lost meanwhile. What was not removed is still parked.
    #[error("the broker is away: {detail}")]
    Away {
        /// What happened.
        detail: String,
    },
    /// Somebody else reads them, such as a redrive.
    #[error("somebody else is reading {queue}")]
    Busy {
        /// The queue.
        queue: String,
    },
    /// There is no such queue.
    #[error("there is no queue {queue}")]
    NoQueue {
        /// The queue.
        queue: String,
    },
}

impl ParkedQueue {
    /// Opens the parked queue of a subscription. Fails when somebody else reads it for longer than `patience`: see [`ParkedError`].
    pub async fn open(
        broker: &dyn Broker,
        subscription: &SubscriptionName,
        patience: Duration,
    ) -> Result<Self, ParkedError> {
        Self::of_queue(broker, names::parked_queue(subscription), patience).await
    }

    pub(crate) async fn of_queue(broker: &dyn Broker, queue: String, patience: Duration) -> Result<Self, ParkedError> {
        let ready = alone(broker, &queue, patience).await?;
        let consumer_name = format!("{queue} reader");
        let request = ConsumeRequest { queue: queue.clone(), prefetch: READ_MAX, consumer_name };
        let consumer = broker.consume(request).await.map_err(|error| match error {
            ConsumeError::NoQueue { queue } => ParkedError::NoQueue { queue },
            ConsumeError::Forbidden { .. } | ConsumeError::Away { .. } => {
                ParkedError::Away { detail: error.to_string() }
            }
        })?;
        Ok(Self { consumer: Some(consumer), queue, left: ready.min(u64::from(READ_MAX)), patience })
    }

    /// The next event; none when all that were there have been read.
    pub async fn next(&mut self) -> Result<Option<Incoming>, ParkedError> {
        if self.left == 0 {
            return Ok(None);
        }
        let consumer = self.consumer.as_mut().ok_or_else(lost)?;
        match timeout(self.patience, poll_fn(|context| consumer.poll_next(context))).await {
            Ok(Some(incoming)) => {
                self.left -= 1;
                Ok(Some(incoming))
            }
            Ok(None) => Err(lost()),
            Err(_elapsed) => Err(ParkedError::Busy { queue: self.queue.clone() }),
        }
    }

    /// Removes an event that was read, for good.
    pub async fn remove(&mut self, tag: Tag) -> Result<(), ParkedError> {
        let consumer = self.consumer.as_mut().ok_or_else(lost)?;
        let settled = consumer.settle(vec![Settlement::Ack { tag, multiple: false }]).await;
        if settled.lost == 0 { Ok(()) } else { Err(lost()) }
    }

    /// Lets others read meanwhile. The tags of what was read are worth nothing any more.
    pub(crate) async fn lend(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            consumer.close(CLOSE_DEADLINE).await;
        }
    }

    pub(crate) fn is_lent(&self) -> bool {
        self.consumer.is_none()
    }

    /// Opens it again: everything in it is read anew.
    pub(crate) async fn reopen(&mut self, broker: &dyn Broker) -> Result<(), ParkedError> {
        let opened = Self::of_queue(broker, self.queue.clone(), PATIENCE).await?;
        *self = Self { patience: self.patience, ..opened };
        Ok(())
    }

    /// Gives back, in its order, everything that was not removed.
    pub async fn close(mut self) {
        self.lend().await;
    }
}

fn lost() -> ParkedError {
    ParkedError::Away { detail: "the connection was lost".to_owned() }
}

/// Waits until nobody reads the queue, and gives how much is in it. The queue itself lets only one reader at a time have events: this
/// keeps a second one from taking "all are out at somebody else" for "there are none".
async fn alone(broker: &dyn Broker, queue: &str, patience: Duration) -> Result<u64, ParkedError> {
    let asking = async {
        loop {
            let depths = broker.depths(vec![queue.to_owned()]).await;
            let depths = depths.map_err(|DepthError { detail }| ParkedError::Away { detail })?;
            match depths.first() {
                None => return Err(ParkedError::NoQueue { queue: queue.to_owned() }),
                Some(depth) if depth.consumers == 0 => return Ok(depth.ready),
                Some(_) => tokio::time::sleep(ASK_AGAIN_AFTER).await,
            }
        }
    };
    timeout(patience, asking).await.map_err(|_elapsed| ParkedError::Busy { queue: queue.to_owned() })?
}
