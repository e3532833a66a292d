//! Every limit of the broker.

use std::{collections::BTreeMap, time::Duration};

use fabric_core::topology::RETURNS_MAX;

/// How many messages a queue holds, unless told otherwise.
pub const QUEUE_LENGTH_MAX: usize = 1_000_000;

/// The limits and the behaviour of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerOptions {
    /// For every queue that has no options of its own.
    pub queue: QueueOptions,
    /// For queues by their names. They count when the queue is declared for the first time.
    pub queues: BTreeMap<String, QueueOptions>,
    /// How long publishing, declaring and consuming wait for a connection, and publishing for its answer.
    pub deadline: Duration,
    /// How many publishes may wait for a connection, or for the end of an alarm.
    pub held_max: usize,
    /// From how many ready messages in a consumed work queue on a publisher waits a little for its confirm, and the longer the more
    /// there are: so a fast publisher does not fill the memory while its consumers catch up.
    pub flow_max: usize,
    /// How long a dead letter that found no room, or no queue, stays where it is before it is tried again.
    pub dead_letter_retry: Duration,
    /// Whether clients consume on the connection on which they publish. Then an alarm holds back their acknowledgements too. Our
    /// adapters keep two connections, so the default is false.
    pub one_connection: bool,
    /// Whether to keep what was published, for tests to look at.
    pub record: bool,
    /// How many published messages are kept; the oldest ones go first.
    pub record_max: usize,
}

/// The limits and the behaviour of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueOptions {
    /// How many messages it holds that are not out at a consumer. What comes on top is refused.
    pub length_max: usize,
    /// How often a work queue's message may go back to it before it is dead-lettered to the parked queue. None: as often as it
    /// likes, which is how it is for all other queues.
    pub delivery_limit: Option<u32>,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        Self {
            queue: QueueOptions::default(),
            queues: BTreeMap::new(),
            deadline: Duration::from_secs(5),
            held_max: 10_000,
            flow_max: 10_000,
            dead_letter_retry: Duration::from_mins(3),
            one_connection: false,
            record: false,
            record_max: 100_000,
        }
    }
}

impl Default for QueueOptions {
    /// A million messages, and the limit of the work queues on a server: [`RETURNS_MAX`].
    fn default() -> Self {
        Self { length_max: QUEUE_LENGTH_MAX, delivery_limit: Some(RETURNS_MAX) }
    }
}
