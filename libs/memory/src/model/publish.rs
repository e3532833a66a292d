//! Publishing: what becomes of a message that a client hands over.

use std::sync::Arc;

use fabric_core::message::Outgoing;

use super::{
    Model,
    activity::Recorded,
    connection::{Client, ClientId, Line},
    effect::Effect,
    faults::Fault,
    queue::{Queue, QueueId},
};

/// A publish that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublishId(u64);

/// What the broker says of a mandatory publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Confirmed: every matching queue has it.
    Routed,
    /// Returned and confirmed: no queue wanted it.
    Unrouted,
    /// Refused, since there is no such exchange, or a queue is full. As with `RabbitMQ`, matching queues with room have it then.
    Refused,
    /// The answer got lost.
    Unknown,
}

/// What became of a publish so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publishing {
    /// The broker has answered.
    Answered {
        /// What it said.
        answer: Answer,
        /// How many messages the consumers of the most crowded of its queues have yet to get.
        backlog: usize,
    },
    /// The answer will come as [`Effect::Answered`]: there is no connection, or the broker is blocked.
    Held(PublishId),
    /// It was not even tried.
    NotSent {
        /// What was in the way.
        reason: &'static str,
    },
}

/// What has become of a publish whose client does not want to wait any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// There was no connection. It will certainly not be sent.
    NotSent,
    /// It is on its way to a blocked broker, which may still take it; or it has its answer.
    Unknown,
}

#[derive(Debug)]
pub(super) struct HeldPublish {
    client: ClientId,
    outgoing: Outgoing,
}

impl Model {
    /// A client publishes a message, mandatory and persistent, and wants it confirmed.
    pub fn publish(&mut self, client: ClientId, outgoing: Outgoing) -> Publishing {
        match self.line(client) {
            Line::Closed => Publishing::NotSent { reason: "the connection is closed" },
            Line::Up if self.blocked.is_none() => self.take_in(outgoing),
            Line::Up | Line::Away if self.held.len() >= self.options.held_max => {
                Publishing::NotSent { reason: "too much is waiting already" }
            }
            Line::Up | Line::Away => {
                let publish = PublishId(self.next_number());
                self.held.insert(publish, HeldPublish { client, outgoing });
                Publishing::Held(publish)
            }
        }
    }

    /// The client does not wait any longer for the answer to a publish that was held.
    pub fn give_up(&mut self, publish: PublishId) -> GivenUp {
        let is_away = self.held.get(&publish).is_some_and(|held| self.line(held.client) == Line::Away);
        if is_away && self.held.remove(&publish).is_some() { GivenUp::NotSent } else { GivenUp::Unknown }
    }

    /// Whether a client has publishes that wait for their answer.
    pub fn has_held(&self, client: ClientId) -> bool {
        self.held.values().any(|held| held.client == client)
    }

    /// The next `count` publishes are refused.
    pub fn refuse_next(&mut self, count: u64) {
        self.faults.refuse = count;
    }

    /// The answers to the next `count` publishes that are taken get lost.
    pub fn lose_confirm_next(&mut self, count: u64) {
        self.faults.lose_confirm = count;
    }

    /// The next `count` publishes that are taken are taken twice, as if a resend had followed.
    pub fn duplicate_next(&mut self, count: u64) {
        self.faults.duplicate = count;
    }

    /// Goes on with what was held, in its order, where nothing is in the way any more.
    pub(super) fn release_held(&mut self) {
        if self.blocked.is_some() {
            return;
        }
        let is_up = |held: &HeldPublish| self.clients.get(&held.client).is_some_and(Client::is_up);
        let free: Vec<PublishId> = self.held.iter().filter(|(_, held)| is_up(held)).map(|(id, _)| *id).collect();
        for publish in free {
            let Some(held) = self.held.remove(&publish) else { continue };
            if let Publishing::Answered { answer, .. } = self.take_in(held.outgoing) {
                self.effects.push_back(Effect::Answered { publish, answer });
            }
        }
    }

    /// Forgets what was held for some clients.
    pub(super) fn take_held(&mut self, is_theirs: impl Fn(ClientId) -> bool) -> Vec<PublishId> {
        let lost: Vec<PublishId> =
            self.held.iter().filter(|(_, held)| is_theirs(held.client)).map(|(id, _)| *id).collect();
        self.held.retain(|_, held| !is_theirs(held.client));
        lost
    }

    fn take_in(&mut self, outgoing: Outgoing) -> Publishing {
        let content = Arc::new(outgoing);
        let (answer, backlog) = match self.faults.next() {
            Fault::Refused => (Answer::Refused, 0),
            Fault::Taken { twice, confirm_lost } => {
                let (answer, backlog) = self.route(&content);
                if twice {
                    self.route(&content);
                }
                (if confirm_lost { Answer::Unknown } else { answer }, backlog)
            }
        };
        self.activity.published += 1;
        self.activity.unrouted += u64::from(answer == Answer::Unrouted);
        self.activity.refused += u64::from(answer == Answer::Refused);
        let at = self.now;
        self.record.push(|| Recorded { at, content, answer });
        Publishing::Answered { answer, backlog }
    }

    fn route(&mut self, content: &Arc<Outgoing>) -> (Answer, usize) {
        let Some(targets) = self.targets(content) else { return (Answer::Refused, 0) };
        if targets.is_empty() {
            return (Answer::Unrouted, 0);
        }
        let (mut answer, mut backlog) = (Answer::Routed, 0);
        for target in targets {
            if !self.store(target, Arc::clone(content), Vec::new()) {
                answer = Answer::Refused;
            }
            backlog = backlog.max(self.queues.get(&target).map_or(0, Queue::backlog));
        }
        (answer, backlog)
    }

    /// The default exchange, whose name is empty, routes to the queue that the routing key names.
    fn targets(&self, content: &Outgoing) -> Option<Vec<QueueId>> {
        if content.exchange.is_empty() {
            return Some(self.names.get(&content.routing_key).copied().into_iter().collect());
        }
        self.exchanges.route(content)
    }
}
