//! What has happened so far.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use fabric_core::message::Outgoing;

use super::publish::Answer;

/// How often each thing has happened since the broker was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// Messages that clients published and the broker looked at, whatever it answered.
    pub published: u64,
    /// Those of them that no queue wanted.
    pub unrouted: u64,
    /// Those of them that were refused.
    pub refused: u64,
    /// Copies that queues took, dead letters included.
    pub stored: u64,
    /// Deliveries to consumers, those to taps not included.
    pub delivered: u64,
    /// Deliveries of something that had come back to its queue.
    pub redelivered: u64,
    /// Deliveries that were acknowledged.
    pub acknowledged: u64,
    /// Deliveries that went back to their queue, or were dead-lettered instead.
    pub given_back: u64,
    /// Messages whose time in a wait queue was over.
    pub expired: u64,
    /// Dead letters that their new queue has taken.
    pub dead_lettered: u64,
    /// Dead letters that would have gone round for ever.
    pub cycles_dropped: u64,
    /// Copies that went with a queue that somebody deleted.
    pub deleted: u64,
    /// Messages that taps dropped for newer ones, or took to their end.
    pub tap_dropped: u64,
    /// Messages that taps' readers got.
    pub tapped: u64,
}

/// A message that a client published.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// When, on the broker's clock.
    pub at: Duration,
    /// The message with its exchange and routing key.
    pub content: Arc<Outgoing>,
    /// What became of it.
    pub answer: Answer,
}

/// The last messages that clients published.
#[derive(Debug)]
pub(super) struct Record {
    length_max: usize,
    messages: VecDeque<Recorded>,
}

impl Record {
    /// Keeps the last `length_max` messages.
    pub(super) fn new(length_max: usize) -> Self {
        Self { length_max, messages: VecDeque::new() }
    }

    pub(super) fn push(&mut self, recorded: impl FnOnce() -> Recorded) {
        if self.length_max == 0 {
            return;
        }
        if self.messages.len() >= self.length_max {
            self.messages.pop_front();
        }
        self.messages.push_back(recorded());
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Recorded> {
        self.messages.iter()
    }
}
