//! Clients and their connections: who is there, and what is lost with whom.

use std::collections::BTreeSet;

use fabric_core::topology::Topology;
use fabric_runtime::ports::BrokerStatus;

use super::{
    Model,
    channel::{Channel, ChannelId},
    effect::{CloseReason, Effect},
    publish::Answer,
    queue::Kind,
};

/// A client of the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub(super) u64);

/// How a client's connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// It stands.
    Up,
    /// It is lost, and may come back.
    Away,
    /// The client has closed it for good.
    Closed,
}

#[derive(Debug)]
pub(super) struct Client {
    line: Line,
    reconnects: u64,
    /// Everything that it has ever declared.
    pub(super) declared: Topology,
}

impl Client {
    pub(super) fn is_up(&self) -> bool {
        self.line == Line::Up
    }
}

impl Model {
    /// A new client, with a connection.
    pub fn connect(&mut self) -> ClientId {
        let client = ClientId(self.next_number());
        self.clients.insert(client, Client { line: Line::Up, reconnects: 0, declared: Topology::default() });
        client
    }

    /// How a client's connection is.
    pub fn line(&self, client: ClientId) -> Line {
        self.clients.get(&client).map_or(Line::Closed, |client| client.line)
    }

    /// How a client sees the broker.
    pub fn status(&self, client: ClientId) -> BrokerStatus {
        BrokerStatus {
            connected: self.line(client) == Line::Up,
            blocked: self.blocked.clone(),
            reconnects: self.clients.get(&client).map_or(0, |client| client.reconnects),
        }
    }

    /// The client's connection is lost: its channels end, what was out goes back to its queues, and nobody will know what became
    /// of publishes that were held.
    pub fn lose_connection(&mut self, client: ClientId) {
        if self.line(client) == Line::Up {
            self.cut(&[client], Line::Away);
        }
    }

    /// The client builds its connection again: what it has declared is declared again, and what it wanted to publish meanwhile is
    /// published now. It stays away as long as something stands that contradicts what it has declared.
    pub fn reconnect(&mut self, client: ClientId) {
        if self.line(client) != Line::Away {
            return;
        }
        match self.restore(client) {
            Ok(()) => {
                if let Some(client) = self.clients.get_mut(&client) {
                    client.line = Line::Up;
                    client.reconnects += 1;
                }
                self.release_held();
            }
            Err(error) => self.effects.push_back(Effect::StaysAway { client, error }),
        }
    }

    /// The client leaves for good, or its process dies: its channels end, what was out goes back to its queues, and publishes that
    /// were held will never be taken.
    pub fn leave(&mut self, client: ClientId) {
        self.cut(&[client], Line::Closed);
        self.clients.remove(&client);
    }

    /// The broker stops and starts: every connection is lost and comes back, and taps are gone. Exchanges, queues, bindings and
    /// messages are durable.
    pub fn restart(&mut self) {
        let up = |(id, client): (&ClientId, &Client)| client.is_up().then_some(*id);
        let clients: Vec<ClientId> = self.clients.iter().filter_map(up).collect();
        self.cut(&clients, Line::Away);
        for client in clients {
            self.reconnect(client);
        }
    }

    /// The broker runs out of memory or disk space and takes nothing until it is unblocked.
    pub fn block(&mut self, reason: &str) {
        self.blocked = Some(reason.to_owned());
    }

    /// The broker has room again: what was held goes on.
    pub fn unblock(&mut self) {
        self.blocked = None;
        self.release_settlements();
        self.release_held();
    }

    fn cut(&mut self, clients: &[ClientId], line: Line) {
        for client in clients {
            if let Some(client) = self.clients.get_mut(client) {
                client.line = line;
            }
        }
        for publish in self.take_held(|client| clients.contains(&client)) {
            self.effects.push_back(Effect::Answered { publish, answer: Answer::Unknown });
        }
        let lost = |(id, channel): (&ChannelId, &Channel)| clients.contains(&channel.client).then_some(*id);
        let channels: Vec<ChannelId> = self.channels.iter().filter_map(lost).collect();
        self.end_channels(&channels, Some(CloseReason::ConnectionLost));
    }

    /// Ends channels. All of them leave their queues before anything goes back, lest one that is about to end gets it.
    pub(super) fn end_channels(&mut self, ids: &[ChannelId], reason: Option<CloseReason>) {
        let mut ended = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(channel) = self.channels.remove(id) else { continue };
            if let Some(queue) = self.queues.get_mut(&channel.queue) {
                queue.consumers.remove(*id);
            }
            ended.push(channel);
            self.effects.extend(reason.map(|reason| Effect::Closed { channel: *id, reason }));
        }
        let mut queues = BTreeSet::new();
        for channel in ended {
            queues.insert(channel.queue);
            let id = channel.queue;
            channel.into_unacked().for_each(|stored| self.give_back(id, stored));
        }
        for id in queues {
            if self.queues.get(&id).is_some_and(|queue| matches!(queue.kind, Kind::Tap { .. })) {
                self.activity.tap_dropped += self.remove_queue(id) as u64;
            } else {
                self.pump(id);
            }
        }
    }
}
