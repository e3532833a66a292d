//! A consumer's channel: its tags, and what is out.

use std::{collections::BTreeMap, sync::Arc};

use fabric_core::{
    ack_ledger::{Settlement, Tag},
    message::{HeaderValue, Incoming, Outgoing},
};

use super::{connection::ClientId, queue::QueueId, queue::Stored};

/// The header in which the broker tells how often a message has come back to its queue.
pub const DELIVERY_COUNT: &str = "x-delivery-count";

/// What a prefetch of 0, which asks for no limit, means: `RabbitMQ`'s quorum queues give that many as well.
const PREFETCH_UNLIMITED: usize = 2_000;

/// A channel. Each has one consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(pub(super) u64);

/// A message on its way to a channel's reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The number by which it is settled.
    pub tag: Tag,
    /// How often it has come back to its queue.
    pub returns: u32,
    /// The message, and how it was published.
    pub content: Arc<Outgoing>,
}

impl Delivery {
    /// The delivery as the port hands it over, with the header that the broker adds to what has come back.
    pub fn into_incoming(self) -> Incoming {
        let Outgoing { exchange, routing_key, mut message } = Arc::unwrap_or_clone(self.content);
        if self.returns > 0 {
            message.headers.set(DELIVERY_COUNT, HeaderValue::Int(i64::from(self.returns)));
        }
        Incoming { tag: self.tag, exchange, routing_key, redelivered: self.returns > 0, message }
    }
}

#[derive(Debug)]
pub(super) struct Channel {
    pub(super) client: ClientId,
    pub(super) queue: QueueId,
    /// Settlements that an alarm holds back.
    pub(super) held: Vec<Settlement>,
    prefetch: usize,
    next_tag: Tag,
    unacked: BTreeMap<Tag, Stored>,
}

impl Channel {
    pub(super) fn new(client: ClientId, queue: QueueId, prefetch: u16) -> Self {
        let prefetch = if prefetch == 0 { PREFETCH_UNLIMITED } else { usize::from(prefetch) };
        Self { client, queue, held: Vec::new(), prefetch, next_tag: 1, unacked: BTreeMap::new() }
    }

    pub(super) fn has_room(&self) -> bool {
        self.unacked.len() < self.prefetch
    }

    /// Gives a message its tag and keeps it until it is settled.
    pub(super) fn deliver(&mut self, stored: Stored) -> Delivery {
        let delivery = self.hand_over(&stored);
        self.unacked.insert(delivery.tag, stored);
        delivery
    }

    /// Gives a message its tag and forgets it: for a reader that does not acknowledge.
    pub(super) fn hand_over(&mut self, stored: &Stored) -> Delivery {
        let tag = self.next_tag;
        self.next_tag += 1;
        Delivery { tag, returns: stored.returns, content: Arc::clone(&stored.content) }
    }

    /// Forgets an acknowledged delivery, with `multiple` all up to it, and says how many. None: no such delivery is out.
    pub(super) fn acknowledge(&mut self, tag: Tag, multiple: bool) -> Option<usize> {
        if !multiple {
            return self.unacked.remove(&tag).map(|_| 1);
        }
        // Tag 0 stands for everything that is out, and then there may be nothing.
        if tag == 0 {
            return Some(std::mem::take(&mut self.unacked).len());
        }
        if !self.unacked.contains_key(&tag) {
            return None;
        }
        let mut count = 0;
        while self.unacked.first_key_value().is_some_and(|(first, _)| *first <= tag) {
            self.unacked.pop_first();
            count += 1;
        }
        Some(count)
    }

    /// Takes back a rejected delivery. None: no such delivery is out.
    pub(super) fn reject(&mut self, tag: Tag) -> Option<Stored> {
        self.unacked.remove(&tag)
    }

    /// Whether there can be one more settlement, if each is of a delivery that is out.
    pub(super) fn can_hold(&self) -> bool {
        self.held.len() < self.unacked.len()
    }

    /// What is out, in the order of delivery.
    pub(super) fn unacked(&self) -> impl Iterator<Item = &Stored> {
        self.unacked.values()
    }

    /// Everything that is out, when the channel ends.
    pub(super) fn into_unacked(self) -> impl Iterator<Item = Stored> {
        self.unacked.into_values()
    }
}
