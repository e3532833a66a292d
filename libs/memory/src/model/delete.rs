//! What somebody deletes under its users.

use super::{
    Model,
    channel::{Channel, ChannelId},
    effect::{CloseReason, Effect},
    queue::QueueId,
};

impl Model {
    /// Deletes a queue with everything that it holds: its consumers are cancelled, what is out at them cannot be settled any more,
    /// and nothing is bound to it. Says whether it stood. [`restore`](Self::restore) brings it back, empty.
    pub fn delete_queue(&mut self, name: &str) -> bool {
        let Some(id) = self.names.get(name).copied() else { return false };
        let reads = |(channel, state): (&ChannelId, &Channel)| (state.queue == id).then_some(*channel);
        let cancelled: Vec<ChannelId> = self.channels.iter().filter_map(reads).collect();
        for channel in cancelled {
            self.channels.remove(&channel);
            self.effects.push_back(Effect::Closed { channel, reason: CloseReason::QueueDeleted });
        }
        self.activity.deleted += self.remove_queue(id) as u64;
        true
    }

    /// Deletes an exchange with its bindings. Says whether it stood. [`restore`](Self::restore) brings it back.
    pub fn delete_exchange(&mut self, name: &str) -> bool {
        self.exchanges.delete(name)
    }

    /// Removes a queue that no channel reads any more, and says how many messages went with it.
    pub(super) fn remove_queue(&mut self, id: QueueId) -> usize {
        let Some(queue) = self.queues.remove(&id) else { return 0 };
        self.exchanges.unbind(id);
        self.names.remove(&queue.name);
        if let Some(at) = queue.scheduled_at {
            self.schedule.remove(&(at, id));
        }
        let count = queue.ready_len() + queue.unacked + queue.dead.len();
        self.work -= if queue.is_work() { count } else { 0 };
        count
    }
}
