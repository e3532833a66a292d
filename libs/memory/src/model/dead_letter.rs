//! What leaves a queue without a consumer: messages whose time is over, and messages that came back too often.
//!
//! Dead-lettering is at least once: a dead letter stays in its queue, unseen by consumers and by depth, until its new queue has
//! taken it. Where there is no room, or no queue, it is tried again after a while.

use std::{sync::Arc, time::Duration};

use fabric_core::message::{HeaderValue, Message, Outgoing};

use super::{
    Model,
    queue::{QueueId, Stored},
};

/// The broker's header with all deaths of a message: a table, which the fabric never reads.
pub const DEATH: &str = "x-death";
/// The broker's header with the queue in which a message died first.
pub const FIRST_DEATH_QUEUE: &str = "x-first-death-queue";
/// The broker's header with the reason for which a message died first.
pub const FIRST_DEATH_REASON: &str = "x-first-death-reason";

/// An attempt that follows at once would never end.
const RETRY_MIN: Duration = Duration::from_millis(1);

/// Why a message left its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeathReason {
    Expired,
    DeliveryLimit,
}

impl DeathReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::DeliveryLimit => "delivery_limit",
        }
    }
}

impl Model {
    /// Lets time pass: whatever falls due until `now` happens, in its order. Time never goes back.
    pub fn pass_time(&mut self, now: Duration) {
        while let Some((at, id)) = self.schedule.first().copied()
            && at <= now
        {
            self.now = self.now.max(at);
            self.fall_due(id);
        }
        self.now = self.now.max(now);
    }

    /// When something happens next without anybody's doing: call [`pass_time`](Self::pass_time) then.
    pub fn deadline(&self) -> Option<Duration> {
        self.schedule.first().map(|(at, _)| *at)
    }

    /// Takes a message out of its queue for good.
    pub(super) fn bury(&mut self, id: QueueId, stored: Stored, reason: DeathReason) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        queue.dead.push_back((stored, reason));
        if queue.dead_retry_at.is_none() {
            self.forward_dead_letters(id);
        }
    }

    /// Keeps the schedule right after a queue's head or its dead letters have changed.
    pub(super) fn reschedule(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        let deadline = queue.deadline();
        if queue.scheduled_at == deadline {
            return;
        }
        if let Some(before) = queue.scheduled_at {
            self.schedule.remove(&(before, id));
        }
        queue.scheduled_at = deadline;
        self.schedule.extend(deadline.map(|at| (at, id)));
    }

    fn fall_due(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        if queue.dead_retry_at.is_some_and(|at| at <= self.now) {
            queue.dead_retry_at = None;
            self.forward_dead_letters(id);
        } else if let Some(stored) = queue.take_expired(self.now) {
            self.activity.expired += 1;
            self.bury(id, stored, DeathReason::Expired);
        }
        self.reschedule(id);
    }

    /// Hands a queue's dead letters on, until one is not taken.
    fn forward_dead_letters(&mut self, source: QueueId) {
        while let Some(queue) = self.queues.get(&source)
            && let Some((stored, reason)) = queue.dead.front()
        {
            let name = queue.dead_letter_target().unwrap_or_default();
            let target = self.names.get(name).copied();
            let mut deaths = stored.deaths.clone();
            deaths.push(source);
            // As RabbitMQ has it: what nobody but timers has moved, back to where it died before, would go round for ever.
            let is_cycle = target.is_some_and(|target| deaths.contains(&target));
            let content = dead_letter(&stored.content, name, &queue.name, *reason);
            let taken = is_cycle || target.is_some_and(|target| self.store(target, Arc::new(content), deaths));
            if !taken {
                self.retry_dead_letters_later(source);
                break;
            }
            self.activity.cycles_dropped += u64::from(is_cycle);
            self.activity.dead_lettered += u64::from(!is_cycle);
            if let Some(queue) = self.queues.get_mut(&source) {
                queue.dead.pop_front();
            }
            self.forget(source, 1);
        }
        self.reschedule(source);
    }

    fn retry_dead_letters_later(&mut self, id: QueueId) {
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.dead_retry_at = Some(self.now.saturating_add(self.options.dead_letter_retry.max(RETRY_MIN)));
        }
    }
}

/// The copy that goes through the default exchange to the new queue, with the headers that a broker adds.
fn dead_letter(content: &Outgoing, target: &str, source: &str, reason: DeathReason) -> Outgoing {
    let Message { properties, mut headers, body } = content.message.clone();
    headers.set(DEATH, HeaderValue::Other);
    if headers.get(FIRST_DEATH_QUEUE).is_none() {
        headers.set(FIRST_DEATH_QUEUE, source);
        headers.set(FIRST_DEATH_REASON, reason.as_str());
    }
    Outgoing { exchange: String::new(), routing_key: target.to_owned(), message: Message { properties, headers, body } }
}
