//! A model with somebody who drives it and keeps what it says, and the topology that most tests use.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use fabric_core::{
    Pattern,
    ack_ledger::{Settlement, Tag},
    message::{HeaderValue, Message, Outgoing, Properties},
    partition::Partitions,
    resend::SLOT,
    topology::{Binding, DirectBinding, Queue, QueueRole, Splitter, Target, Topology},
};
use fabric_memory::{
    BrokerOptions, QueueOptions,
    model::{Answer, ChannelId, ClientId, CloseReason, Delivery, Effect, Model, Place, PublishId, Publishing},
};

pub const WORK: &str = "academic.audit";
pub const WAIT: &str = "academic.audit.retry.1000";
pub const PARKED: &str = "academic.audit.parked";
pub const OTHER: &str = "user.mirror";
pub const UNROUTED: &str = "events.unrouted";
pub const EXCHANGE: &str = "events.gradebook";
/// The direct exchange to which `WORK`, `PARKED` and `UNROUTED` are bound.
pub const COPIES: &str = "queues.academic";
/// Where the messages of a partitioned subscription are split.
pub const SPLITTER: &str = "user.digest.slots";
/// Where those without a slot go from there.
pub const SLOTLESS: &str = "user.digest.slotless";
/// The queues of a partitioned subscription.
pub const PARTITIONS: [&str; 4] =
    ["user.digest.partition.0", "user.digest.partition.1", "user.digest.partition.2", "user.digest.partition.3"];
/// How long a message stays in [`WAIT`].
pub const DELAY: Duration = Duration::from_secs(1);

/// The role of a work queue whose consumers take turns.
pub fn work() -> QueueRole {
    QueueRole::Work { parked: PARKED.to_owned(), single_active: false }
}

/// The role of a work queue with a single active consumer.
pub fn in_order() -> QueueRole {
    QueueRole::Work { parked: PARKED.to_owned(), single_active: true }
}

/// Two work queues, of which `WORK` takes everything and `OTHER` only grades; a wait queue, a parked queue, the unrouted queue.
pub fn topology() -> Topology {
    let queue = |name: &str, role| Queue { name: name.to_owned(), role };
    let bind = |queue: &str, pattern: &str| Binding {
        exchange: EXCHANGE.to_owned(),
        target: Target::Queue(queue.to_owned()),
        pattern: Pattern::try_new(pattern).unwrap(),
    };
    Topology {
        exchanges: [EXCHANGE.to_owned()].into(),
        queues: vec![
            queue(WORK, work()),
            queue(PARKED, QueueRole::Parked),
            queue(WAIT, QueueRole::Wait { delay: DELAY, work: WORK.to_owned() }),
            queue(OTHER, work()),
            queue(UNROUTED, QueueRole::Unrouted),
        ],
        bindings: vec![bind(WORK, "gradebook.#"), bind(OTHER, "gradebook.grade.*"), bind(OTHER, "#.posted")],
        direct: [WORK, PARKED, UNROUTED].map(direct).into(),
        ..Topology::default()
    }
}

/// The binding of a queue to `COPIES`.
pub fn direct(queue: &str) -> DirectBinding {
    DirectBinding { exchange: COPIES.to_owned(), queue: queue.to_owned() }
}

/// The same, and a subscription to grades that is spread over so many queues. Two of its bindings match what is posted.
pub fn partitioned(partitions: u8) -> Topology {
    let splitter =
        Splitter { subscription: "user.digest".parse().unwrap(), partitions: Partitions::try_new(partitions).unwrap() };
    let bind = |pattern: &str| Binding {
        exchange: EXCHANGE.to_owned(),
        target: Target::Splitter(splitter.exchange()),
        pattern: Pattern::try_new(pattern).unwrap(),
    };
    let names = &PARTITIONS[..usize::from(partitions)];
    let more = Topology {
        queues: names.iter().map(|name| Queue { name: (*name).to_owned(), role: in_order() }).collect(),
        bindings: vec![bind("gradebook.grade.*"), bind("#.posted")],
        splitters: vec![splitter],
        ..Topology::default()
    };
    topology().union(more)
}

/// A message with a slot, if there is one.
pub fn slotted(mut outgoing: Outgoing, slot: impl Into<Option<i64>>) -> Outgoing {
    if let Some(slot) = slot.into() {
        outgoing.message.headers.set(SLOT, HeaderValue::Int(slot));
    }
    outgoing
}

/// Options with something special about one queue.
pub fn with_queue(name: &str, queue: QueueOptions) -> BrokerOptions {
    BrokerOptions { queues: BTreeMap::from([(name.to_owned(), queue)]), ..BrokerOptions::default() }
}

/// A message whose id and body are `id`.
pub fn message(exchange: &str, routing_key: &str, id: &str) -> Outgoing {
    let properties = Properties { message_id: Some(id.to_owned()), persistent: true, ..Properties::default() };
    Outgoing {
        exchange: exchange.to_owned(),
        routing_key: routing_key.to_owned(),
        message: Message { properties, body: Bytes::copy_from_slice(id.as_bytes()), ..Message::default() },
    }
}

/// A message straight to a queue.
pub fn to_queue(queue: &str, id: &str) -> Outgoing {
    message("", queue, id)
}

pub fn id_of(content: &Outgoing) -> String {
    content.message.properties.message_id.clone().unwrap()
}

pub fn ack(tag: Tag) -> Settlement {
    Settlement::Ack { tag, multiple: false }
}

pub fn ack_up_to(tag: Tag) -> Settlement {
    Settlement::Ack { tag, multiple: true }
}

pub fn give_back(tag: Tag) -> Settlement {
    Settlement::GiveBack { tag }
}

/// A model, one client, and everything that the model has said.
pub struct World {
    pub model: Model,
    pub client: ClientId,
    pub now: Duration,
    /// In the order in which the model made them, over all channels.
    pub deliveries: Vec<(ChannelId, Delivery)>,
    pub closed: Vec<(ChannelId, CloseReason)>,
    pub answers: Vec<(PublishId, Answer)>,
    /// Who could not come back, and because of what.
    pub away: Vec<(ClientId, String)>,
}

impl World {
    pub fn new(options: BrokerOptions) -> Self {
        Self::of(&topology(), options)
    }

    pub fn of(topology: &Topology, options: BrokerOptions) -> Self {
        let mut model = Model::new(options);
        let client = model.connect();
        model.declare(client, topology).unwrap();
        let (deliveries, closed, answers, away) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { model, client, now: Duration::ZERO, deliveries, closed, answers, away }
    }

    /// One input, and what the model says to it.
    pub fn step<T>(&mut self, act: impl FnOnce(&mut Model) -> T) -> T {
        self.model.pass_time(self.now);
        let result = act(&mut self.model);
        while let Some(effect) = self.model.next_effect() {
            match effect {
                Effect::Deliver { channel, delivery } => self.deliveries.push((channel, delivery)),
                Effect::Available { .. } => {}
                Effect::Closed { channel, reason } => self.closed.push((channel, reason)),
                Effect::Answered { publish, answer } => self.answers.push((publish, answer)),
                Effect::StaysAway { client, error } => self.away.push((client, error.resource)),
            }
        }
        result
    }

    pub fn pass(&mut self, time: Duration) {
        self.now += time;
        self.step(|_| ());
    }

    pub fn publish(&mut self, outgoing: Outgoing) -> Publishing {
        let client = self.client;
        self.step(|model| model.publish(client, outgoing))
    }

    /// Publishes messages straight to a queue and says what the broker answered to each.
    pub fn fill(&mut self, queue: &str, ids: &[&str]) -> Vec<Answer> {
        let answer = |publishing| match publishing {
            Publishing::Answered { answer, .. } => answer,
            other => panic!("not answered at once: {other:?}"),
        };
        ids.iter().map(|id| answer(self.publish(to_queue(queue, id)))).collect()
    }

    pub fn consume(&mut self, queue: &str, prefetch: u16) -> ChannelId {
        let client = self.client;
        self.step(|model| model.consume(client, queue, prefetch)).unwrap()
    }

    pub fn settle(&mut self, channel: ChannelId, settlement: Settlement) -> bool {
        self.step(|model| model.settle(channel, settlement))
    }

    /// What has been delivered on a channel since it was last asked for.
    pub fn take_deliveries(&mut self, channel: ChannelId) -> Vec<Delivery> {
        self.deliveries.extract_if(.., |(to, _)| *to == channel).map(|(_, delivery)| delivery).collect()
    }

    /// The same: id, tag, and how often it came back.
    pub fn delivered(&mut self, channel: ChannelId) -> Vec<(String, Tag, u32)> {
        self.take_deliveries(channel)
            .into_iter()
            .map(|delivery| (id_of(&delivery.content), delivery.tag, delivery.returns))
            .collect()
    }

    /// The ids that have been delivered on a channel since it was last asked for.
    pub fn ids(&mut self, channel: ChannelId) -> Vec<String> {
        self.delivered(channel).into_iter().map(|(id, _, _)| id).collect()
    }

    /// The ids in one place of a queue.
    pub fn at(&self, place: Place, queue: &str) -> Vec<String> {
        let contents: Vec<(Place, Arc<Outgoing>)> = self.model.contents(queue);
        contents.iter().filter(|(at, _)| *at == place).map(|(_, content)| id_of(content)).collect()
    }

    pub fn ready(&self, queue: &str) -> Vec<String> {
        self.at(Place::Ready, queue)
    }
}
