//! Exchanges and what is bound to them.

use std::collections::{BTreeMap, BTreeSet};

use fabric_core::{Pattern, router::Router};

use super::queue::QueueId;

/// The topic exchanges by their names.
#[derive(Debug, Default)]
pub(super) struct Exchanges(BTreeMap<String, Exchange>);

#[derive(Debug, Default)]
struct Exchange {
    bindings: BTreeSet<(Pattern, QueueId)>,
    router: Router<QueueId>,
}

impl Exchanges {
    pub(super) fn declare(&mut self, name: &str) {
        self.0.entry(name.to_owned()).or_default();
    }

    pub(super) fn stands(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Binds a queue. An exchange that does not stand binds nothing.
    pub(super) fn bind(&mut self, exchange: &str, pattern: &Pattern, queue: QueueId) {
        if let Some(exchange) = self.0.get_mut(exchange)
            && exchange.bindings.insert((pattern.clone(), queue))
        {
            exchange.router.insert(pattern, queue);
        }
    }

    /// Removes every binding of a queue. A router only grows, so those of the exchanges concerned are built again.
    pub(super) fn unbind(&mut self, queue: QueueId) {
        for exchange in self.0.values_mut() {
            let before = exchange.bindings.len();
            exchange.bindings.retain(|(_, bound)| *bound != queue);
            if exchange.bindings.len() < before {
                exchange.router = Router::default();
                exchange.bindings.iter().for_each(|(pattern, queue)| exchange.router.insert(pattern, *queue));
            }
        }
    }

    /// The queues that a key reaches, each once, in the order in which they were declared. None: the exchange does not stand.
    pub(super) fn route(&self, exchange: &str, key: &str) -> Option<Vec<QueueId>> {
        let mut queues = Vec::new();
        self.0.get(exchange)?.router.visit(key, |queue| queues.push(*queue));
        queues.sort_unstable();
        queues.dedup();
        Some(queues)
    }
}
