//! What tests and simulations want to know.

use std::sync::Arc;

use fabric_core::message::Outgoing;

use super::MemoryBroker;
use crate::model::{Activity, Model, Place, Recorded};

impl MemoryBroker {
    /// Waits until nothing is under way: no work queue has a message, ready or out, no wait queue has one, and no publish is held.
    /// Parked and unrouted events do not count. It does not wait for what a handler does after it has acknowledged.
    pub async fn idle(&self) {
        let mut idle = self.server.idle();
        while !*idle.borrow_and_update() {
            if idle.changed().await.is_err() {
                // The broker is gone, and everything under way with it.
                return;
            }
        }
    }

    /// Whether nothing is under way now.
    pub fn is_idle(&self) -> bool {
        self.server.look(Model::is_idle)
    }

    /// How often each thing has happened.
    pub fn activity(&self) -> Activity {
        self.server.look(Model::activity)
    }

    /// The last messages that any client published, the oldest first. Empty unless [`record`](crate::BrokerOptions::record) is on.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.server.look(|model| model.recorded().cloned().collect())
    }

    /// Everything that is in a queue, by its place and then by its age. Empty when there is no such queue.
    pub fn contents(&self, queue: &str) -> Vec<(Place, Arc<Outgoing>)> {
        self.server.look(|model| model.contents(queue))
    }

    /// The names of the queues that stand, sorted.
    pub fn queue_names(&self) -> Vec<String> {
        self.server.look(|model| model.queue_names().map(str::to_owned).collect())
    }
}
