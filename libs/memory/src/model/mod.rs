//! A message broker as a state machine: what `RabbitMQ` does with quorum queues, without I/O, tasks or a clock.
//!
//! How to drive it, with `now` as the time since any fixed point:
//! 1. [`connect`](Model::connect) a client, [`declare`](Model::declare) what has to stand;
//! 2. before each input call [`pass_time`](Model::pass_time) with the time of the input;
//! 3. give inputs: [`publish`](Model::publish), [`consume`](Model::consume), [`settle`](Model::settle) and so on;
//! 4. after each input carry out what [`next_effect`](Model::next_effect) gives, in its order, until it gives None;
//! 5. call [`pass_time`](Model::pass_time) when [`deadline`](Model::deadline) has come, and carry out the effects.
//!
//! What is modelled, and where:
//!
//! | behaviour | module |
//! |---|---|
//! | topic exchanges, what spreads slots over queues, alternate exchanges; direct exchanges, the default exchange | `exchange`, `publish` |
//! | mandatory publishes, confirms, refusals; what waits during an alarm or without a connection | `publish` |
//! | order, length limits, TTL at the head only, delivery limit, taps that drop the oldest | `queue` |
//! | dead-lettering that loses nothing | `dead_letter` |
//! | prefetch, tags, settlements; the error 406 | `channel`, `consume` |
//! | turns, single active consumer | `consumers` |
//! | lost connections, restarts, clients that die | `connection` |
//! | what is declared, deleted, and declared again | `declare`, `delete` |
//!
//! Invariants:
//! - every copy of a message that a queue took is in exactly one place until it is acknowledged, dropped by a tap, or
//!   deleted with its queue: ready, out at a consumer, or waiting as a dead letter;
//! - a queue gives out what is ready in the order in which it took it, whatever came back meanwhile;
//! - no channel has more deliveries out than its prefetch;
//! - an input costs no more than the copies that it makes, moves or settles, each times the logarithm of what is stored.

mod activity;
mod channel;
mod connection;
mod consume;
mod consumers;
mod dead_letter;
mod declare;
mod delete;
mod effect;
mod exchange;
mod faults;
mod publish;
mod queue;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use fabric_core::message::Outgoing;
use fabric_runtime::ports::Depth;

pub use activity::{Activity, Recorded};
pub use channel::{ChannelId, DELIVERY_COUNT, Delivery};
pub use connection::{ClientId, Line};
pub use consume::CannotConsume;
pub use dead_letter::{DEATH, FIRST_DEATH_QUEUE, FIRST_DEATH_REASON};
pub use declare::CannotDeclare;
pub use effect::{CloseReason, Effect};
pub use publish::{Answer, GivenUp, PublishId, Publishing};

use crate::options::BrokerOptions;
use activity::Record;
use channel::Channel;
use connection::Client;
use exchange::Exchanges;
use faults::Faults;
use publish::HeldPublish;
use queue::{Queue, QueueId};

/// The broker's state. See the [module](self) for how to drive it.
#[derive(Debug)]
pub struct Model {
    options: BrokerOptions,
    now: Duration,
    exchanges: Exchanges,
    queues: BTreeMap<QueueId, Queue>,
    /// The durable queues by name. Taps have none.
    names: BTreeMap<String, QueueId>,
    clients: BTreeMap<ClientId, Client>,
    channels: BTreeMap<ChannelId, Channel>,
    /// Why the broker takes nothing.
    blocked: Option<String>,
    held: BTreeMap<PublishId, HeldPublish>,
    /// Which queue has something to do when.
    schedule: BTreeSet<(Duration, QueueId)>,
    faults: Faults,
    activity: Activity,
    record: Record,
    effects: VecDeque<Effect>,
    /// How many messages are in work and wait queues.
    work: usize,
    /// Clients, channels, publishes and queues are numbered in one row.
    last_number: u64,
}

/// Where a queue's message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Ready to be delivered.
    Ready,
    /// Out at a consumer.
    Unacked,
    /// A dead letter that its new queue has not taken yet.
    Dead,
}

impl Model {
    /// A broker on which nothing stands.
    pub fn new(options: BrokerOptions) -> Self {
        let record_max = if options.record { options.record_max } else { 0 };
        Self {
            options,
            now: Duration::ZERO,
            exchanges: Exchanges::default(),
            queues: BTreeMap::new(),
            names: BTreeMap::new(),
            clients: BTreeMap::new(),
            channels: BTreeMap::new(),
            blocked: None,
            held: BTreeMap::new(),
            schedule: BTreeSet::new(),
            faults: Faults::default(),
            activity: Activity::default(),
            record: Record::new(record_max),
            effects: VecDeque::new(),
            work: 0,
            last_number: 0,
        }
    }

    /// The next thing for the shell to do.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether nothing is under way: no work queue has a message, ready or out, no wait queue has one, and no publish is held.
    /// Parked and unrouted events do not count.
    pub fn is_idle(&self) -> bool {
        self.work == 0 && self.held.is_empty()
    }

    /// How much is ready in a queue, and how many consume it. None: there is no such queue.
    pub fn depth(&self, name: &str) -> Option<Depth> {
        let queue = self.queue(name)?;
        let (ready, consumers) = (queue.ready_len() as u64, queue.consumers.len() as u64);
        Some(Depth { queue: name.to_owned(), ready, consumers })
    }

    /// The names of the durable queues, sorted.
    pub fn queue_names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// Everything that is in a queue, by its place and then by its age. Empty when there is no such queue.
    pub fn contents(&self, name: &str) -> Vec<(Place, Arc<Outgoing>)> {
        let Some((id, queue)) = self.names.get(name).and_then(|id| Some((*id, self.queues.get(id)?))) else {
            return Vec::new();
        };
        let ready = queue.ready().map(|stored| (Place::Ready, stored));
        let channels = self.channels.values().filter(|channel| channel.queue == id);
        let unacked = channels.flat_map(Channel::unacked).map(|stored| (Place::Unacked, stored));
        let dead = queue.dead.iter().map(|(stored, _)| (Place::Dead, stored));
        ready.chain(unacked).chain(dead).map(|(place, stored)| (place, Arc::clone(&stored.content))).collect()
    }

    /// What has happened so far.
    pub fn activity(&self) -> Activity {
        self.activity
    }

    /// The last messages that clients published, the oldest first: see [`BrokerOptions::record`].
    pub fn recorded(&self) -> impl Iterator<Item = &Recorded> {
        self.record.messages()
    }

    fn queue(&self, name: &str) -> Option<&Queue> {
        self.names.get(name).and_then(|id| self.queues.get(id))
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}
