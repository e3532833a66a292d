//! What simulations and tests let go wrong.

use super::MemoryBroker;

impl MemoryBroker {
    /// Cuts this client's connection, which is back at once: consumers end, what was out goes back to its queues and comes again,
    /// publishes that were held are unknown.
    pub fn lose_connection(&self) {
        tracing::debug!("the connection is cut");
        self.server.step(|state| {
            state.model.lose_connection(self.client);
            state.model.reconnect(self.client);
            state.note_statuses();
        });
    }

    /// Cuts this client's connection until [`reconnect`](Self::reconnect). What is published meanwhile waits for the connection, up
    /// to the deadline.
    pub fn disconnect(&self) {
        tracing::debug!("the connection is cut until it is built again");
        self.server.step(|state| {
            state.model.lose_connection(self.client);
            state.note_statuses();
        });
    }

    /// Builds a connection that was cut again, declares again what this client has declared, and publishes what waited for it. The
    /// client stays away if what stands now contradicts what it has declared.
    pub fn reconnect(&self) {
        self.server.step(|state| {
            state.model.reconnect(self.client);
            state.note_statuses();
        });
    }

    /// Restarts the broker: every client loses its connection, taps are gone, everything durable stays.
    pub fn restart(&self) {
        tracing::debug!("the broker restarts");
        self.server.step(|state| {
            state.model.restart();
            state.note_statuses();
        });
    }

    /// Ends this client as if its process had died: its channels and its status end, what was out goes back to its queues, and publishes
    /// that were held are never taken. Other clients go on. End the tasks that use this client first, since a dead process learns
    /// nothing of it. Dropping the client does the same; [`close`](fabric_runtime::ports::Broker::close) waits for what is held.
    pub fn crash(&self) {
        tracing::debug!("the client crashes");
        self.server.step(|state| state.leave(self.client));
    }

    /// Deletes a queue under its users, with all that is in it: its consumers end, and nothing reaches it until it is declared again
    /// or [restored](fabric_runtime::ports::Broker::restore). Says whether it stood.
    pub fn delete_queue(&self, name: &str) -> bool {
        tracing::debug!(name, "the queue is deleted");
        self.server.step(|state| state.model.delete_queue(name))
    }

    /// Deletes an exchange under its users: publishes to it are refused until it is declared again or
    /// [restored](fabric_runtime::ports::Broker::restore). Says whether it stood.
    pub fn delete_exchange(&self, name: &str) -> bool {
        tracing::debug!(name, "the exchange is deleted");
        self.server.step(|state| state.model.delete_exchange(name))
    }

    /// Lets the broker take nothing, as if its memory or disk were full, until [`unblock`](Self::unblock). Consumers go on, unless
    /// [`one_connection`](crate::BrokerOptions::one_connection) says otherwise.
    pub fn block(&self, reason: &str) {
        tracing::debug!(reason, "the broker is blocked");
        self.server.step(|state| {
            state.model.block(reason);
            state.note_statuses();
        });
    }

    /// Lets the broker go on, and takes what was published meanwhile.
    pub fn unblock(&self) {
        self.server.step(|state| {
            state.model.unblock();
            state.note_statuses();
        });
    }

    /// Refuses the next `count` publishes of any client. What was left of an earlier call is forgotten.
    pub fn refuse_next(&self, count: u64) {
        self.server.step(|state| state.model.refuse_next(count));
    }

    /// Takes the next `count` publishes and loses the answers: their outcome is unknown.
    pub fn lose_confirm_next(&self, count: u64) {
        self.server.step(|state| state.model.lose_confirm_next(count));
    }

    /// Takes the next `count` publishes twice, as if each had been sent again.
    pub fn duplicate_next(&self, count: u64) {
        self.server.step(|state| state.model.duplicate_next(count));
    }
}
