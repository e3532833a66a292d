//! Moving what is fixed when it is made: a queue to other arguments, a subscription to another number of partitions.
//!
//! [`next`] decides one step from nothing but what stands, so whoever carries out the steps can end at any moment and anybody can go
//! on. Do the step, [write it down](Step::write_down) or read again what stands, ask again, until it says [`Done`](Step::Done) of what was
//! just read.
//!
//! A queue with other arguments: a standby is made beside it and bound wherever the queue is; only then is the queue unbound, emptied
//! into the standby, and deleted. Then all of it once more, back into the queue as it should be. While both are bound, both get
//! events: some come twice, none is lost. At no time is nothing bound.
//!
//! The partitions of a subscription: each slot is bound to its new queue before it is unbound from its old one, and what queues
//! hold that no slot leads to any more is moved on.

mod moved;
mod partitions;
mod queue;

pub use moved::moved_copy;

use super::{Actual, BindingDefinition, Definitions, Destination, QueueDefinition, names};
use crate::name::SubscriptionName;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make this queue.
    MakeQueue {
        /// Its name.
        name: String,
        /// With what.
        definition: QueueDefinition,
    },
    /// Make this binding.
    Bind(BindingDefinition),
    /// Take this binding away.
    Unbind(BindingDefinition),
    /// Move every event of a queue: publish it to the other place, confirmed and routed, and only then acknowledge it. What is out with
    /// consumers is waited for: it is acknowledged, or comes back.
    Move {
        /// The queue.
        from: String,
        /// Where to. To a queue with its name as the key; to a splitter with the event's own headers.
        to: Destination,
    },
    /// Delete this queue, which is bound to nothing and empty. How many events it holds has to be read again just before: what is
    /// known of it may be seconds old.
    Delete {
        /// Its name.
        name: String,
    },
    /// Nothing: everything that stands is as it should be.
    Done,
}

impl Step {
    /// Writes down what stands once the step is done, for those that change nothing but definitions; gives whether it is one of them.
    /// After the others, what stands has to be read.
    pub fn write_down(&self, standing: &mut Definitions) -> bool {
        match self {
            Self::MakeQueue { name, definition } => drop(standing.queues.insert(name.clone(), definition.clone())),
            Self::Bind(binding) => drop(standing.bindings.insert(binding.clone())),
            Self::Unbind(binding) => drop(standing.bindings.remove(binding)),
            Self::Move { .. } | Self::Delete { .. } | Self::Done => return false,
        }
        true
    }
}

/// Whether events may be handled in another order than they were published in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reordering {
    /// They may not.
    Refused,
    /// Somebody has decided that they may, this once.
    Accepted,
}

/// Why nothing is migrated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrationError {
    /// Neither a queue nor a subscription that anybody wants.
    #[error("nobody wants a queue or a subscription {0}")]
    Unknown(String),
    /// A queue is deleted and made anew. A member of the old one that is not running now can come back later with a log of its own, and
    /// with it events that were handled long ago.
    #[error("{0} is not running: what it remembers of a deleted queue could come back with it")]
    NodeDown(String),
    /// The same for one member of the queue.
    #[error("{online} of {members} members of {queue} are online: what the others remember could come back with them")]
    MemberDown {
        /// The queue.
        queue: String,
        /// How many members are online.
        online: usize,
        /// How many there are.
        members: usize,
    },
    /// The order of events would be kept except for those that are published while they are moved.
    #[error(
        "{0} keeps the order of events, and those published meanwhile may be handled before earlier ones of their key"
    )]
    Reorders(String),
    /// Something of the name that the standby would have, and not one.
    #[error("{0} stands already, and loses events when the broker restarts: take it away first")]
    StandbyTaken(String),
    /// Something is missing, which is made without any migration.
    #[error("{0} is not there yet: fabric topology apply")]
    Missing(String),
}

/// The next step in migrating `name`, a queue that is wanted or a subscription whose partitions are.
///
/// Fails when that is not safe: see [`MigrationError`]. When nothing has to move, it says [`Done`](Step::Done) whatever the state
/// of the cluster.
pub fn next(wanted: &Definitions, actual: &Actual, name: &str, reordering: Reordering) -> Result<Step, MigrationError> {
    let subscription = SubscriptionName::try_new(name).ok();
    let splitter = subscription.as_ref().map(names::slots_exchange);
    let is_splitter = splitter.is_some_and(|splitter| wanted.exchanges.contains_key(&splitter));
    if !wanted.queues.contains_key(name) && !is_splitter {
        return Err(MigrationError::Unknown(name.to_owned()));
    }
    let mut step = queue::next(wanted, actual, name)?;
    if let (Step::Done, Some(subscription)) = (&step, &subscription) {
        step = partitions::next(wanted, actual, subscription)?;
    }
    if step == Step::Done {
        return Ok(step);
    }
    check_cluster(actual, &step, name)?;
    if reordering == Reordering::Refused && queue::keeps_order(wanted, actual, name) {
        return Err(MigrationError::Reorders(name.to_owned()));
    }
    Ok(step)
}

/// Refuses while a member of a queue could be left behind.
fn check_cluster(actual: &Actual, step: &Step, name: &str) -> Result<(), MigrationError> {
    if let Some(node) = actual.nodes.iter().find(|node| !node.running) {
        return Err(MigrationError::NodeDown(node.name.clone()));
    }
    let deleted = match step {
        Step::Delete { name } => name.as_str(),
        _ => name,
    };
    match actual.queues.get(deleted).and_then(|state| state.online) {
        Some((online, members)) if online < members => {
            Err(MigrationError::MemberDown { queue: deleted.to_owned(), online, members })
        }
        _ => Ok(()),
    }
}

/// The same binding of something else.
fn rebound(binding: &BindingDefinition, destination: Destination) -> BindingDefinition {
    BindingDefinition { destination, ..binding.clone() }
}

/// The bindings by which a queue or an exchange gets events.
fn leading_to<'a>(
    standing: &'a Definitions,
    destination: &'a Destination,
) -> impl Iterator<Item = &'a BindingDefinition> + Clone {
    standing.bindings.iter().filter(move |binding| binding.destination == *destination)
}

/// Whether anything is in a queue, as far as that is known.
fn holds_events(actual: &Actual, queue: &str) -> bool {
    actual.queues.get(queue).is_none_or(|state| !state.is_empty())
}

#[cfg(test)]
mod tests;
