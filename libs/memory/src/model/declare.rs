//! Declaring what has to stand, and bringing it back.

use std::{borrow::Cow, collections::BTreeMap};

use fabric_core::{
    Pattern,
    topology::{DirectBinding, QueueRole, Splitter, Target, Topology, names},
};

use super::{
    Model,
    connection::ClientId,
    exchange::{Destination, ExchangeKind},
    queue::{Kind, Queue, QueueId},
};

/// What cannot be declared, since something else stands there or something is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{resource}: {detail}")]
pub struct CannotDeclare {
    /// The exchange or queue.
    pub resource: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Model {
    /// Makes sure that everything in the topology stands: all of it, or nothing when something contradicts what stands already.
    /// What was declared is remembered for [`restore`](Self::restore), and declared again when the client reconnects.
    pub fn declare(&mut self, client: ClientId, topology: &Topology) -> Result<(), CannotDeclare> {
        self.check(topology)?;
        self.set_up(topology);
        if let Some(client) = self.clients.get_mut(&client) {
            client.declared = std::mem::take(&mut client.declared).union(topology.clone());
        }
        Ok(())
    }

    /// Makes sure that everything stands which a client has ever declared. A deleted queue comes back empty.
    pub fn restore(&mut self, client: ClientId) -> Result<(), CannotDeclare> {
        let Some(client) = self.clients.get(&client) else { return Ok(()) };
        let declared = client.declared.clone();
        self.check(&declared)?;
        self.set_up(&declared);
        Ok(())
    }

    fn set_up(&mut self, topology: &Topology) {
        for exchange in &topology.exchanges {
            self.exchanges.declare_topic(exchange);
        }
        for queue in &topology.queues {
            self.declare_queue(&queue.name, &queue.role);
        }
        for splitter in &topology.splitters {
            self.declare_splitter(splitter);
        }
        for exchange in topology.direct_exchanges() {
            self.exchanges.declare_direct(exchange);
        }
        for DirectBinding { exchange, queue } in &topology.direct {
            if let Some(id) = self.names.get(queue) {
                self.exchanges.bind_direct(exchange, queue, *id);
            }
        }
        for binding in &topology.bindings {
            let destination = match &binding.target {
                Target::Queue(name) => self.names.get(name).copied().map(Destination::Queue),
                Target::Splitter(name) => Some(Destination::Exchange(name.as_str().into())),
            };
            if let Some(destination) = destination {
                self.exchanges.bind(&binding.exchange, &binding.pattern, destination);
            }
        }
    }

    fn declare_queue(&mut self, name: &str, role: &QueueRole) {
        if self.names.contains_key(name) {
            return;
        }
        let id = QueueId(self.next_number());
        let options = self.options.queues.get(name).unwrap_or(&self.options.queue).clone();
        self.names.insert(name.to_owned(), id);
        self.queues.insert(id, Queue::new(name.to_owned(), Kind::Durable(role.clone()), options));
    }

    fn declare_splitter(&mut self, splitter: &Splitter) {
        let (exchange, slotless) = (splitter.exchange(), splitter.slotless_exchange());
        self.exchanges.declare_topic(&slotless);
        self.exchanges.declare_slots(&exchange, &slotless);
        for (partition, queue) in queues_of(splitter) {
            if let Some(queue) = self.names.get(&queue) {
                let slots = splitter.partitions.slots_of(partition);
                slots.for_each(|slot| self.exchanges.bind_slot(&exchange, slot, *queue));
            }
        }
        if let Some(queue) = self.names.get(&splitter.slotless_queue()) {
            self.exchanges.bind(&slotless, &Pattern::everything(), Destination::Queue(*queue));
        }
    }

    fn check(&self, topology: &Topology) -> Result<(), CannotDeclare> {
        let wanted = self.check_queues(topology)?;
        self.check_exchanges(topology)?;
        let needs = |resource: &str, stands: bool| {
            if stands {
                return Ok(());
            }
            let detail = "a binding needs it, and it does not stand".to_owned();
            Err(CannotDeclare { resource: resource.to_owned(), detail })
        };
        let queue_stands = |name: &str| wanted.contains_key(name) || self.names.contains_key(name);
        for (_, queue) in topology.splitters.iter().flat_map(queues_of) {
            needs(&queue, queue_stands(&queue))?;
        }
        for DirectBinding { queue, .. } in &topology.direct {
            needs(queue, queue_stands(queue))?;
        }
        for binding in &topology.bindings {
            let exchange = &binding.exchange;
            needs(exchange, topology.exchanges.contains(exchange) || self.exchanges.is_topic(exchange))?;
            match &binding.target {
                Target::Queue(name) => needs(name, queue_stands(name))?,
                Target::Splitter(name) => {
                    let is_declared = topology.splitters.iter().any(|splitter| splitter.exchange() == *name);
                    needs(name, is_declared || self.exchanges.kind(name) == Some(ExchangeKind::Slots))?;
                }
            }
        }
        Ok(())
    }

    /// Gives the queues of the topology, if each is the same everywhere.
    fn check_queues<'a>(&self, topology: &'a Topology) -> Result<BTreeMap<&'a str, &'a QueueRole>, CannotDeclare> {
        let mut wanted: BTreeMap<&str, &QueueRole> = BTreeMap::new();
        for queue in &topology.queues {
            let before = wanted.insert(&queue.name, &queue.role);
            let standing = before.or_else(|| self.role(&queue.name));
            if let Some(standing) = standing.filter(|standing| **standing != queue.role) {
                let detail = format!("it stands as {standing:?} and cannot become {:?}", queue.role);
                return Err(CannotDeclare { resource: queue.name.clone(), detail });
            }
        }
        Ok(wanted)
    }

    /// An exchange of one kind cannot become one of another.
    fn check_exchanges(&self, topology: &Topology) -> Result<(), CannotDeclare> {
        let mut wanted = BTreeMap::new();
        for (name, kind) in exchanges_of(topology) {
            let before = wanted.insert(name.clone(), kind);
            let standing = before.or_else(|| self.exchanges.kind(&name));
            if let Some(standing) = standing.filter(|standing| *standing != kind) {
                let detail = format!("it cannot be a {} exchange and a {} exchange", standing.as_str(), kind.as_str());
                return Err(CannotDeclare { resource: name.into_owned(), detail });
            }
        }
        Ok(())
    }

    fn role(&self, queue: &str) -> Option<&QueueRole> {
        let queue = self.names.get(queue).and_then(|id| self.queues.get(id))?;
        match &queue.kind {
            Kind::Durable(role) => Some(role),
            Kind::Tap { .. } => None,
        }
    }
}

/// Each exchange of a topology with its kind.
fn exchanges_of(topology: &Topology) -> impl Iterator<Item = (Cow<'_, str>, ExchangeKind)> {
    let of_contexts = topology.exchanges.iter().map(|name| (Cow::Borrowed(name.as_str()), ExchangeKind::Topic));
    let of_splitters = topology.splitters.iter().flat_map(|splitter| {
        [(splitter.exchange(), ExchangeKind::Slots), (splitter.slotless_exchange(), ExchangeKind::Topic)]
    });
    let direct = topology.direct_exchanges().into_iter().map(|name| (Cow::Borrowed(name), ExchangeKind::Direct));
    of_contexts.chain(of_splitters.map(|(name, kind)| (Cow::Owned(name), kind))).chain(direct)
}

/// Each partition with its queue. It is what [`Splitter::slots`] says, with each name made once: simulations declare all the time.
fn queues_of(splitter: &Splitter) -> impl Iterator<Item = (u8, String)> {
    let name = |partition| (partition, names::partition_queue(&splitter.subscription, partition));
    (0..splitter.partitions.count()).map(name)
}
