//! A parked queue as a whole: its events in the order in which they were parked.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Group, ParkedEvent, groups, target_of};
use crate::{
    ack_ledger::Tag,
    codec,
    message::Incoming,
    name::{EventId, PartitionKey, SubscriptionName, TenantId},
    topology::Topology,
};

/// Which parked events something is done with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// All of them.
    All,
    /// Those of a group: see [`Group::id`].
    Group(String),
    /// The one with this message id.
    Id(String),
}

impl std::fmt::Display for Select {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Group(group) => write!(f, "group {group}"),
            Self::Id(id) => write!(f, "id {id}"),
        }
    }
}

/// What was selected is not parked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSuch {
    /// No parked event has this message id.
    #[error("no event with the id {0} is parked here")]
    Id(String),
    /// No parked event belongs to this group.
    #[error("no event of the group {0} is parked here")]
    Group(String),
}

/// Why nothing can be redriven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotRedrive {
    /// What was selected is not parked.
    #[error(transparent)]
    NoSuch(#[from] NoSuch),
    /// The topology has no such subscription.
    #[error("there is no subscription {0}")]
    NoSubscription(SubscriptionName),
}

/// A parked event with its message.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it says of itself.
    pub event: ParkedEvent,
    /// Since when it counts as parked. What does not say so has the place that it has in the queue.
    pub place: Timestamp,
    /// The id of the oldest parked event of its key, if that is another one.
    pub behind: Option<String>,
    /// The message.
    pub message: Incoming,
    /// The tags of all its copies: more than one when an acknowledgement was lost, or an edit was cut off.
    pub tags: Vec<Tag>,
}

/// One step of a redrive: which event goes where.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// The event.
    pub entry: Entry,
    /// The queue that it goes to.
    pub target: String,
    /// Whether nothing of its key was parked before it when the redrive began.
    pub oldest: bool,
    /// The id of the oldest event of its key, if that one stays parked.
    pub behind: Option<String>,
}

/// The events of a parked queue, in the order in which they were parked for the first time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParkedEvents(Vec<Entry>);

impl ParkedEvents {
    /// From the messages, in the order in which the queue gave them.
    pub fn of(messages: Vec<Incoming>) -> Self {
        let mut latest: Option<Timestamp> = None;
        let mut entries: Vec<Entry> = Vec::with_capacity(messages.len());
        let mut known: HashMap<(TenantId, EventId), usize> = HashMap::new();
        for message in messages {
            let event = ParkedEvent::of(&message);
            let metadata = codec::decode_message(&message.message).ok().map(|received| received.metadata);
            // What does not say since when it is parked is parked since the one before it, or else since it happened.
            let happened_at = metadata.as_ref().map_or(Timestamp::UNIX_EPOCH, |metadata| metadata.time);
            let place = event.parked_at.or(latest).unwrap_or(happened_at);
            latest = latest.max(Some(place));
            let identity = metadata.map(|metadata| (metadata.tenant, metadata.id));
            let tags = vec![message.tag];
            let entry = Entry { event, place, behind: None, message, tags };
            let index = identity.as_ref().and_then(|identity| known.get(identity)).copied();
            if let Some(earlier) = index.and_then(|index| entries.get_mut(index)) {
                earlier.join(entry);
            } else {
                known.extend(identity.map(|identity| (identity, entries.len())));
                entries.push(entry);
            }
        }
        // Stable: what was parked at the same time stays in the order of the queue.
        entries.sort_by_key(|entry| entry.place);
        let mut oldest: HashMap<(TenantId, PartitionKey), String> = HashMap::new();
        for entry in &mut entries {
            if let Some(key) = entry.key() {
                let first = oldest.entry(key).or_insert_with(|| entry.event.id.clone());
                entry.behind = (*first != entry.event.id).then(|| first.clone());
            }
        }
        Self(entries)
    }

    /// All of them.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is parked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those with the same cause together, the largest group first.
    pub fn groups(&self) -> Vec<Group> {
        groups(self.0.iter().map(|entry| &entry.event))
    }

    /// Those that are selected, in their order. Fails when a group or an id is named that nothing here has.
    pub fn select(&self, select: &Select) -> Result<Vec<&Entry>, NoSuch> {
        let matches = |entry: &&Entry| match select {
            Select::All => true,
            Select::Group(group) => entry.event.group_id() == *group,
            Select::Id(id) => entry.event.id == *id,
        };
        let selected: Vec<&Entry> = self.0.iter().filter(matches).collect();
        match select {
            Select::Id(id) if selected.is_empty() => Err(NoSuch::Id(id.clone())),
            Select::Group(group) if selected.is_empty() => Err(NoSuch::Group(group.clone())),
            _ => Ok(selected),
        }
    }

    /// What a redrive of the selected ones would do, one event after the other.
    pub fn moves(
        &self,
        select: &Select,
        topology: &Topology,
        subscription: &SubscriptionName,
    ) -> Result<Vec<Move>, CannotRedrive> {
        let selected = self.select(select)?;
        let goes: BTreeSet<&str> = selected.iter().map(|entry| entry.event.id.as_str()).collect();
        let step = |entry: &&Entry| {
            let target = target_of(topology, subscription, &entry.message)
                .ok_or_else(|| CannotRedrive::NoSubscription(subscription.clone()))?;
            let behind = entry.behind.clone().filter(|oldest| !goes.contains(oldest.as_str()));
            Ok(Move { entry: (*entry).clone(), target, oldest: entry.behind.is_none(), behind })
        };
        selected.iter().map(step).collect()
    }
}

impl Entry {
    fn key(&self) -> Option<(TenantId, PartitionKey)> {
        Some((self.event.tenant.clone()?, self.event.key.clone()?))
    }

    /// Takes in another copy of the same event. The one that was edited last counts, or else the one that was parked last; the place is
    /// that of the first.
    fn join(&mut self, other: Self) {
        let place = self.place.min(other.place);
        let tags = [self.tags.as_slice(), &other.tags].concat();
        if other.event.edited_at >= self.event.edited_at {
            *self = other;
        }
        (self.place, self.tags) = (place, tags);
    }
}
