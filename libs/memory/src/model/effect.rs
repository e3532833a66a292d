//! What the model asks its shell to do.

use super::{
    channel::{ChannelId, Delivery},
    connection::ClientId,
    declare::CannotDeclare,
    publish::{Answer, PublishId},
};

/// Something that the shell carries out, in the order in which the model says it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Give this to the channel's reader.
    Deliver {
        /// The channel.
        channel: ChannelId,
        /// What to give.
        delivery: Delivery,
    },
    /// There is something to [`take`](super::Model::take) for the reader of this tap.
    Available {
        /// The tap's channel.
        channel: ChannelId,
    },
    /// The channel is gone, and not because its consumer closed it.
    Closed {
        /// The channel.
        channel: ChannelId,
        /// Why.
        reason: CloseReason,
    },
    /// The answer to a publish that was held.
    Answered {
        /// The publish.
        publish: PublishId,
        /// What became of it.
        answer: Answer,
    },
    /// The client could not build its connection again, since what stands now contradicts what it has declared.
    StaysAway {
        /// The client.
        client: ClientId,
        /// What is in the way.
        error: CannotDeclare,
    },
}

/// Why a channel is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The connection is gone.
    ConnectionLost,
    /// The queue is gone.
    QueueDeleted,
    /// The consumer settled a delivery that was not out on this channel: `RabbitMQ`'s error 406.
    UnknownTag(fabric_core::ack_ledger::Tag),
}
