//! A queue: what is ready, what came back, what is on its way to another queue.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use fabric_core::{message::Outgoing, topology::QueueRole};

use super::{consumers::Consumers, dead_letter::DeathReason};
use crate::options::QueueOptions;

/// A queue, by the order in which they were declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct QueueId(pub(super) u64);

impl QueueId {
    pub(super) const MIN: Self = Self(u64::MIN);
    pub(super) const MAX: Self = Self(u64::MAX);
}

/// One queue's copy of a message.
#[derive(Debug)]
pub(super) struct Stored {
    /// Its place in the queue.
    seq: u64,
    pub(super) content: Arc<Outgoing>,
    /// How often it has come back.
    pub(super) returns: u32,
    /// The queues in which it died on its way here.
    pub(super) deaths: Vec<QueueId>,
    expires_at: Option<Duration>,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Declared for good.
    Durable(QueueRole),
    /// Somebody watches: it ends with the reader's channel and drops its oldest message when it is full.
    Tap { backlog_max: usize },
}

/// What became of a message offered to a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepted {
    Yes,
    /// Taken, and the oldest one dropped for it.
    DroppingOldest,
    /// The queue is full.
    No,
}

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) consumers: Consumers,
    /// How many are out at consumers.
    pub(super) unacked: usize,
    /// Dead letters that no queue has taken yet. They are part of this queue, though no consumer sees them.
    pub(super) dead: VecDeque<(Stored, DeathReason)>,
    /// When to try the dead letters again, if the last attempt failed.
    pub(super) dead_retry_at: Option<Duration>,
    /// Under which time the model's schedule knows this queue.
    pub(super) scheduled_at: Option<Duration>,
    options: QueueOptions,
    /// What has never been delivered.
    fresh: VecDeque<Stored>,
    /// What has come back. All of it is older than everything fresh, since deliveries are taken from the front.
    returned: BTreeMap<u64, Stored>,
    next_seq: u64,
}

impl Queue {
    pub(super) fn new(name: String, kind: Kind, options: QueueOptions) -> Self {
        let single_active = match &kind {
            Kind::Durable(QueueRole::Work { single_active, .. }) => *single_active,
            Kind::Durable(QueueRole::Parked) => true,
            Kind::Durable(QueueRole::Wait { .. } | QueueRole::Unrouted) | Kind::Tap { .. } => false,
        };
        Self {
            name,
            kind,
            consumers: Consumers::new(single_active),
            unacked: 0,
            dead: VecDeque::new(),
            dead_retry_at: None,
            scheduled_at: None,
            options,
            fresh: VecDeque::new(),
            returned: BTreeMap::new(),
            next_seq: 0,
        }
    }

    pub(super) fn ready_len(&self) -> usize {
        self.fresh.len() + self.returned.len()
    }

    /// Everything that is ready, the oldest first.
    pub(super) fn ready(&self) -> impl Iterator<Item = &Stored> {
        self.returned.values().chain(&self.fresh)
    }

    /// Whether what it holds is work that somebody will still do: parked and unrouted events and what a tap holds are not.
    pub(super) fn is_work(&self) -> bool {
        matches!(self.kind, Kind::Durable(QueueRole::Work { .. } | QueueRole::Wait { .. }))
    }

    /// How many messages its consumers have yet to get, if it has consumers and they can fall behind.
    pub(super) fn backlog(&self) -> usize {
        let is_consumed = matches!(self.kind, Kind::Durable(QueueRole::Work { .. })) && self.consumers.len() > 0;
        if is_consumed { self.ready_len() } else { 0 }
    }

    /// Where its dead letters go.
    pub(super) fn dead_letter_target(&self) -> Option<&str> {
        match &self.kind {
            Kind::Durable(QueueRole::Work { parked, .. }) => Some(parked),
            Kind::Durable(QueueRole::Wait { work, .. }) => Some(work),
            Kind::Durable(QueueRole::Parked | QueueRole::Unrouted) | Kind::Tap { .. } => None,
        }
    }

    pub(super) fn accept(&mut self, content: Arc<Outgoing>, deaths: Vec<QueueId>, now: Duration) -> Accepted {
        let accepted = match self.kind {
            Kind::Tap { backlog_max } if self.ready_len() >= backlog_max => {
                self.take();
                Accepted::DroppingOldest
            }
            Kind::Durable(_) if self.ready_len() + self.dead.len() >= self.options.length_max => return Accepted::No,
            Kind::Tap { .. } | Kind::Durable(_) => Accepted::Yes,
        };
        let expires_at = match &self.kind {
            Kind::Durable(QueueRole::Wait { delay, .. }) => Some(now.saturating_add(*delay)),
            Kind::Durable(_) | Kind::Tap { .. } => None,
        };
        self.fresh.push_back(Stored { seq: self.next_seq, content, returns: 0, deaths, expires_at });
        self.next_seq += 1;
        accepted
    }

    /// Takes the oldest message that is ready.
    pub(super) fn take(&mut self) -> Option<Stored> {
        match self.returned.pop_first() {
            Some((_, stored)) => Some(stored),
            None => self.fresh.pop_front(),
        }
    }

    /// Takes the oldest message that is ready if its time is over. Those behind it wait until it is their turn.
    pub(super) fn take_expired(&mut self, now: Duration) -> Option<Stored> {
        let is_expired = self.head_expires_at().is_some_and(|at| at <= now);
        if is_expired { self.take() } else { None }
    }

    /// Takes back what was out, to where it came from. Gives it out again if it has come back more often than it may.
    pub(super) fn give_back(&mut self, mut stored: Stored) -> Option<Stored> {
        self.unacked -= 1;
        stored.returns += 1;
        let limit = match self.kind {
            Kind::Durable(QueueRole::Work { .. }) => self.options.delivery_limit,
            Kind::Durable(_) | Kind::Tap { .. } => None,
        };
        if limit.is_some_and(|limit| stored.returns > limit) {
            return Some(stored);
        }
        self.returned.insert(stored.seq, stored);
        None
    }

    /// When something happens here by itself.
    pub(super) fn deadline(&self) -> Option<Duration> {
        [self.head_expires_at(), self.dead_retry_at].into_iter().flatten().min()
    }

    fn head_expires_at(&self) -> Option<Duration> {
        self.ready().next().and_then(|head| head.expires_at)
    }
}
