//! Declaring what has to stand.

use std::collections::BTreeMap;

use fabric_core::topology::{QueueRole, Topology};

use super::{
    Model,
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
    pub fn declare(&mut self, topology: &Topology) -> Result<(), CannotDeclare> {
        self.check(topology)?;
        for exchange in &topology.exchanges {
            self.exchanges.declare(exchange);
        }
        for queue in &topology.queues {
            self.declare_queue(&queue.name, &queue.role);
        }
        for binding in &topology.bindings {
            if let Some(queue) = self.names.get(&binding.queue) {
                self.exchanges.bind(&binding.exchange, &binding.pattern, *queue);
            }
        }
        Ok(())
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

    fn check(&self, topology: &Topology) -> Result<(), CannotDeclare> {
        let mut wanted: BTreeMap<&str, &QueueRole> = BTreeMap::new();
        for queue in &topology.queues {
            let standing = wanted.insert(&queue.name, &queue.role).or_else(|| self.role(&queue.name));
            if let Some(standing) = standing.filter(|standing| **standing != queue.role) {
                let detail = format!("it stands as {standing:?} and cannot become {:?}", queue.role);
                return Err(CannotDeclare { resource: queue.name.clone(), detail });
            }
        }
        for binding in &topology.bindings {
            let missing = |resource: &str| {
                Err(CannotDeclare {
                    resource: resource.to_owned(),
                    detail: "a binding needs it, and it does not stand".to_owned(),
                })
            };
            if !topology.exchanges.contains(&binding.exchange) && !self.exchanges.stands(&binding.exchange) {
                return missing(&binding.exchange);
            }
            if !wanted.contains_key(binding.queue.as_str()) && !self.names.contains_key(&binding.queue) {
                return missing(&binding.queue);
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
