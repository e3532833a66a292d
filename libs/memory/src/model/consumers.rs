//! Whose turn it is.

use std::collections::VecDeque;

use super::channel::ChannelId;

/// The consumers of one queue. Those with room take turns; with a single active consumer only the first one ever has a turn.
#[derive(Debug)]
pub(super) struct Consumers {
    single_active: bool,
    /// All of them, in the order in which they came.
    all: Vec<ChannelId>,
    /// Those that may get a delivery, the next one first.
    turns: VecDeque<ChannelId>,
}

impl Consumers {
    pub(super) fn new(single_active: bool) -> Self {
        Self { single_active, all: Vec::new(), turns: VecDeque::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn add(&mut self, channel: ChannelId) {
        self.all.push(channel);
        if !self.single_active || self.all.len() == 1 {
            self.turns.push_back(channel);
        }
    }

    pub(super) fn remove(&mut self, channel: ChannelId) {
        let was_first = self.all.first() == Some(&channel);
        self.all.retain(|other| *other != channel);
        self.turns.retain(|other| *other != channel);
        if self.single_active
            && was_first
            && let Some(next) = self.all.first()
        {
            self.turns.push_back(*next);
        }
    }

    /// Takes the consumer whose turn it is. Give it back with [`has_room`](Self::has_room) if it can take more.
    pub(super) fn next_turn(&mut self) -> Option<ChannelId> {
        self.turns.pop_front()
    }

    /// Puts a consumer at the end of the line. With a single active consumer only that one ever had deliveries, so only that one
    /// can come here.
    pub(super) fn has_room(&mut self, channel: ChannelId) {
        self.turns.push_back(channel);
    }
}
