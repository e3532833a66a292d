//! The broker as the shell sees it.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use fabric_core::{
    Pattern,
    ack_ledger::Settlement,
    message::{Incoming, Outgoing},
    topology::Topology,
};
use tokio::sync::watch;

use super::BoxFuture;

/// A message broker with topic exchanges, mandatory publishing, confirms and acknowledgements.
pub trait Broker: Send + Sync + 'static {
    /// Makes sure that everything in the topology stands, waiting for a connection up to the adapter's deadline: by making what is
    /// missing, or, where the adapter is told to make nothing, by looking. What was declared is remembered and declared again after a
    /// lost connection, before consumers come back.
    fn declare<'a>(&'a self, topology: &'a Topology) -> BoxFuture<'a, Result<(), DeclareError>>;

    /// Makes sure again that everything which was ever declared stands: after a queue or an exchange was found missing. Several calls at
    /// the same time are one.
    fn restore(&self) -> BoxFuture<'_, Result<(), DeclareError>>;

    /// Publishes one message, mandatory and persistent, and waits for what became of it, up to the adapter's deadline.
    ///
    /// Messages handed over one after the other with the same routing key and partition key are written in that order.
    fn publish(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Confirmed, PublishError>>;

    /// Starts consuming a queue on a channel of its own.
    fn consume(&self, request: ConsumeRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>>;

    /// Watches what goes by, on a queue of its own that ends with the connection and drops the oldest when nobody reads.
    /// Deliveries count as acknowledged when they are sent.
    fn tap(&self, request: TapRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>>;

    /// Claims a name for as long as the claim is kept, so that two do not do the same work at the same time.
    fn claim(&self, name: String) -> BoxFuture<'_, Result<Box<dyn Claim>, ClaimError>>;

    /// How much is in each of these queues. A queue that does not exist has no depth in the answer.
    fn depths(&self, queues: Vec<String>) -> BoxFuture<'_, Result<Vec<Depth>, DepthError>>;

    /// How the connections are, now and whenever it changes.
    fn status(&self) -> watch::Receiver<BrokerStatus>;

    /// Closes the connections in good order, within the deadline. Publishing and consuming fail from then on.
    fn close(&self, deadline: Duration) -> BoxFuture<'_, ()>;
}

/// The deliveries of one queue on one channel.
///
/// When it ends (`None`), the channel is gone and everything unsettled goes back to the queue: ask the broker for a new one.
pub trait Consumer: Send {
    /// The next delivery, as a stream gives it.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Incoming>>;

    /// Tells the broker what became of deliveries of this channel.
    fn settle(&mut self, settlements: Vec<Settlement>) -> BoxFuture<'_, Settled>;

    /// Closes the channel and waits until what was settled has been written, up to the deadline. The rest goes back to the queue.
    fn close(self: Box<Self>, deadline: Duration) -> BoxFuture<'static, ()>;
}

/// A name that nobody else can claim meanwhile. Dropping it gives the name back.
pub trait Claim: Send + Sync {
    /// Whether it is still ours. Once the connection was lost, it is not, and somebody else may have it.
    fn is_held(&self) -> bool;
}

/// Why a name cannot be claimed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Somebody has it.
    #[error("{name} is claimed by somebody else")]
    Taken {
        /// The name.
        name: String,
    },
    /// The broker's user may not.
    #[error("claiming {name} is not allowed: {detail}")]
    Forbidden {
        /// The name.
        name: String,
        /// What the broker said.
        detail: String,
    },
    /// There was no connection within the deadline, or it was lost meanwhile.
    #[error("the broker is away: {detail}")]
    Away {
        /// What happened.
        detail: String,
    },
}

/// How many settlements reached the broker's channel and how many were lost with it. A lost acknowledgement means that the event
/// comes again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Written, as far as one can know.
    pub sent: usize,
    /// Certainly not written: the channel was gone.
    pub lost: usize,
}

/// What to consume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumeRequest {
    /// The queue.
    pub queue: String,
    /// How many deliveries may be out at a time.
    pub prefetch: u16,
    /// A name that operators see, such as the service's.
    pub consumer_name: String,
}

/// What to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapRequest {
    /// Exchanges and patterns to bind to.
    pub bindings: Vec<(String, Pattern)>,
    /// The most messages to keep for a reader that lags.
    pub backlog_max: u32,
}

/// What a confirmed publish came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// Every matching queue has it.
    Routed,
    /// No queue wanted it.
    Unrouted,
}

/// Why a publish was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The broker refused it, such as for a full queue. Of several matching queues others may have it: publishing the same event
    /// again, with the same id, is right and harmless.
    #[error("the broker refused the message")]
    Refused,
    /// There is no such exchange: nothing was taken.
    #[error("the exchange {exchange} does not exist")]
    NoExchange {
        /// The exchange.
        exchange: String,
    },
    /// The broker's user may not publish this there: nothing was taken.
    #[error("publishing to {exchange} is not allowed: {detail}")]
    Forbidden {
        /// The exchange.
        exchange: String,
        /// What the broker said: names, never a payload.
        detail: String,
    },
    /// Nobody knows: the connection was lost or the deadline passed after it may have been written. Publishing the same event
    /// again, with the same id, is right and harmless.
    #[error("it is not known whether the broker took the message: {reason}")]
    Unknown {
        /// What happened.
        reason: &'static str,
    },
    /// It was never written: there was no connection within the deadline, or too much was waiting already.
    #[error("the message was not sent: {reason}")]
    NotSent {
        /// What was in the way.
        reason: &'static str,
    },
}

/// Why the topology could not be declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclareError {
    /// It stands with other, immutable properties: it needs a migration.
    #[error("{resource} stands on the broker with other properties: {detail}")]
    Different {
        /// The exchange or queue.
        resource: String,
        /// What the broker said.
        detail: String,
    },
    /// The broker's user may not declare it.
    #[error("declaring {resource} is not allowed: {detail}")]
    Forbidden {
        /// The exchange or queue.
        resource: String,
        /// What the broker said.
        detail: String,
    },
    /// It is not there, and this process makes nothing.
    #[error("{resource} is not there; `fabric topology apply` makes it")]
    Missing {
        /// The exchange or queue.
        resource: String,
    },
    /// There was no connection within the deadline, or it was lost meanwhile.
    #[error("the broker is away: {detail}")]
    Away {
        /// What happened.
        detail: String,
    },
}

/// Why a queue cannot be consumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsumeError {
    /// The queue does not exist, or an exchange to watch.
    #[error("{queue} does not exist")]
    NoQueue {
        /// The queue, or the exchange.
        queue: String,
    },
    /// The broker's user may not read it.
    #[error("consuming {queue} is not allowed: {detail}")]
    Forbidden {
        /// The queue.
        queue: String,
        /// What the broker said.
        detail: String,
    },
    /// There was no connection within the deadline, or it was lost meanwhile.
    #[error("the broker is away: {detail}")]
    Away {
        /// What happened.
        detail: String,
    },
}

/// How much is in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// The queue.
    pub queue: String,
    /// How many messages are ready to be delivered.
    pub ready: u64,
    /// How many consumers there are.
    pub consumers: u64,
}

/// Why depths could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the broker is away: {detail}")]
pub struct DepthError {
    /// What happened.
    pub detail: String,
}

/// How the connections to the broker are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerStatus {
    /// Whether publishing and consuming connections stand and the topology has been declared on them.
    pub connected: bool,
    /// Why the broker takes no messages at the moment, if it said so.
    pub blocked: Option<String>,
    /// How often a lost connection has been built again.
    pub reconnects: u64,
}

impl BrokerStatus {
    /// Whether messages can be published now.
    pub fn is_ready(&self) -> bool {
        self.connected && self.blocked.is_none()
    }
}
