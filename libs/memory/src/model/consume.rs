//! Consuming: deliveries out, settlements in.

use std::sync::Arc;

use fabric_core::{Pattern, ack_ledger::Settlement, message::Outgoing};

use super::{
    Model,
    activity::Activity,
    channel::{Channel, ChannelId, Delivery},
    connection::{ClientId, Line},
    dead_letter::DeathReason,
    effect::{CloseReason, Effect},
    exchange::Destination,
    queue::{Accepted, Kind, Queue, QueueId, Stored},
};
use crate::options::QueueOptions;

/// Why a queue cannot be consumed or tapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotConsume {
    /// The queue, or the exchange to tap, does not stand.
    #[error("there is no such queue or exchange")]
    NoSuch,
    /// The client has no connection.
    #[error("there is no connection")]
    Away,
}

impl Model {
    /// Opens a channel with a consumer of a queue. At most `prefetch` deliveries are out at a time.
    pub fn consume(&mut self, client: ClientId, queue: &str, prefetch: u16) -> Result<ChannelId, CannotConsume> {
        if self.line(client) != Line::Up {
            return Err(CannotConsume::Away);
        }
        let id = self.names.get(queue).copied().ok_or(CannotConsume::NoSuch)?;
        let channel = self.open_channel(client, id, prefetch);
        self.pump(id);
        Ok(channel)
    }

    /// Opens a channel with a queue of its own, bound as asked. It keeps the newest `backlog_max` messages for the reader, who
    /// [`take`](Self::take)s them and acknowledges nothing.
    pub fn tap(
        &mut self,
        client: ClientId,
        bindings: &[(String, Pattern)],
        backlog_max: usize,
    ) -> Result<ChannelId, CannotConsume> {
        if self.line(client) != Line::Up {
            return Err(CannotConsume::Away);
        }
        if !bindings.iter().all(|(exchange, _)| self.exchanges.is_topic(exchange)) {
            return Err(CannotConsume::NoSuch);
        }
        let id = QueueId(self.next_number());
        let kind = Kind::Tap { backlog_max: backlog_max.max(1) };
        self.queues.insert(id, Queue::new(String::new(), kind, QueueOptions::default()));
        for (exchange, pattern) in bindings {
            self.exchanges.bind(exchange, pattern, Destination::Queue(id));
        }
        Ok(self.open_channel(client, id, 1))
    }

    /// The next message for the reader of a tap.
    pub fn take(&mut self, channel: ChannelId) -> Option<Delivery> {
        let channel = self.channels.get_mut(&channel)?;
        let queue = self.queues.get_mut(&channel.queue).filter(|queue| matches!(queue.kind, Kind::Tap { .. }))?;
        let stored = queue.take()?;
        self.activity.tapped += 1;
        Some(channel.hand_over(&stored))
    }

    /// The consumer tells what became of a delivery. False: the channel is gone, and the settlement with it.
    ///
    /// Settling what is not out on this channel is an error that closes the channel.
    pub fn settle(&mut self, id: ChannelId, settlement: Settlement) -> bool {
        let Some(channel) = self.channels.get_mut(&id) else { return false };
        if self.blocked.is_some() && self.options.one_connection && channel.can_hold() {
            channel.held.push(settlement);
            return true;
        }
        self.settle_now(id, settlement);
        true
    }

    /// The consumer closes its channel. What is out goes back to the queue.
    pub fn close_channel(&mut self, channel: ChannelId) {
        self.end_channels(&[channel], None);
    }

    /// Carries out the settlements that an alarm has held back.
    pub(super) fn release_settlements(&mut self) {
        let ids: Vec<ChannelId> = self.channels.keys().copied().collect();
        for id in ids {
            let held = self.channels.get_mut(&id).map(|channel| std::mem::take(&mut channel.held));
            held.into_iter().flatten().for_each(|settlement| self.settle_now(id, settlement));
        }
    }

    /// Puts a copy of a message into a queue. False: the queue is full, or there is none.
    pub(super) fn store(&mut self, id: QueueId, content: Arc<Outgoing>, deaths: Vec<QueueId>) -> bool {
        let Some(queue) = self.queues.get_mut(&id) else { return false };
        let accepted = queue.accept(content, deaths, self.now);
        if accepted == Accepted::No {
            return false;
        }
        self.work += usize::from(queue.is_work());
        self.activity.stored += 1;
        self.activity.tap_dropped += u64::from(accepted == Accepted::DroppingOldest);
        self.pump(id);
        true
    }

    /// Notes that some messages of a queue are gone for good.
    pub(super) fn forget(&mut self, id: QueueId, count: usize) {
        if self.queues.get(&id).is_some_and(Queue::is_work) {
            self.work -= count;
        }
    }

    /// Takes an unsettled message back to its queue.
    pub(super) fn give_back(&mut self, id: QueueId, stored: Stored) {
        self.activity.given_back += 1;
        let over_the_limit = self.queues.get_mut(&id).and_then(|queue| queue.give_back(stored));
        if let Some(stored) = over_the_limit {
            self.bury(id, stored, DeathReason::DeliveryLimit);
        }
    }

    /// Gives out what is ready, as far as consumers have room.
    pub(super) fn pump(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        if let Kind::Tap { .. } = queue.kind {
            // The reader comes for it, so there is news only when there was nothing before.
            if queue.ready_len() == 1
                && let Some(channel) = queue.consumers.next_turn()
            {
                queue.consumers.has_room(channel);
                self.effects.push_back(Effect::Available { channel });
            }
            return;
        }
        while queue.ready_len() > 0
            && let Some(id) = queue.consumers.next_turn()
        {
            let Some(channel) = self.channels.get_mut(&id) else { continue };
            let Some(stored) = queue.take() else { break };
            queue.unacked += 1;
            note_delivery(&mut self.activity, &stored);
            let delivery = channel.deliver(stored);
            self.effects.push_back(Effect::Deliver { channel: id, delivery });
            if channel.has_room() {
                queue.consumers.has_room(id);
            }
        }
        self.reschedule(id);
    }

    fn open_channel(&mut self, client: ClientId, queue: QueueId, prefetch: u16) -> ChannelId {
        let id = ChannelId(self.next_number());
        self.channels.insert(id, Channel::new(client, queue, prefetch));
        if let Some(queue) = self.queues.get_mut(&queue) {
            queue.consumers.add(id);
        }
        id
    }

    fn settle_now(&mut self, id: ChannelId, settlement: Settlement) {
        let Some(channel) = self.channels.get_mut(&id) else { return };
        let (queue, had_room) = (channel.queue, channel.has_room());
        let unknown = match settlement {
            Settlement::Ack { tag, multiple } => match channel.acknowledge(tag, multiple) {
                Some(count) => {
                    self.acknowledged(queue, count);
                    None
                }
                None => Some(tag),
            },
            Settlement::GiveBack { tag } => match channel.reject(tag) {
                Some(stored) => {
                    self.give_back(queue, stored);
                    None
                }
                None => Some(tag),
            },
        };
        match unknown {
            Some(tag) => self.end_channels(&[id], Some(CloseReason::UnknownTag(tag))),
            None => self.note_room(id, queue, had_room),
        }
    }

    fn acknowledged(&mut self, id: QueueId, count: usize) {
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.unacked -= count;
        }
        self.activity.acknowledged += count as u64;
        self.forget(id, count);
    }

    /// A channel that had no room gets in line again, and what is ready can go out.
    fn note_room(&mut self, id: ChannelId, queue_id: QueueId, had_room: bool) {
        if !had_room
            && self.channels.get(&id).is_some_and(Channel::has_room)
            && let Some(queue) = self.queues.get_mut(&queue_id)
        {
            queue.consumers.has_room(id);
        }
        self.pump(queue_id);
    }
}

fn note_delivery(activity: &mut Activity, stored: &Stored) {
    activity.delivered += 1;
    activity.redelivered += u64::from(stored.returns > 0);
}
