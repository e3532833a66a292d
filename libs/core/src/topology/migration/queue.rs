//! A queue to other arguments, by way of a standby.

use super::{MigrationError, Step, holds_events, leading_to, rebound};
use crate::topology::{
    Actual, Argument, Definitions, Destination, QueueDefinition,
    wanted::{QUEUE_TYPE, SINGLE_ACTIVE, STANDBY, dead_letters_of, is_wait_queue},
};

/// Whether a queue should have other arguments, whether its standby stands, and so which way its events go.
pub(super) fn next(wanted: &Definitions, actual: &Actual, name: &str) -> Result<Step, MigrationError> {
    let standing = &actual.definitions;
    let Some(definition) = wanted.queues.get(name) else { return Ok(Step::Done) };
    let standby = format!("{name}{STANDBY}");
    if wanted.queues.contains_key(&standby) {
        return Err(MigrationError::StandbyTaken(standby));
    }
    let stands = standing.queues.get(&standby);
    if let Some(queue) = stands
        && !(queue.durable && !queue.auto_delete && queue.arguments.get(QUEUE_TYPE) == Some(&"quorum".into()))
    {
        return Err(MigrationError::StandbyTaken(standby));
    }
    let make = |name: &str, definition| Step::MakeQueue { name: name.to_owned(), definition };
    Ok(match (standing.queues.get(name), stands) {
        (Some(queue), None) if queue == definition => Step::Done,
        (None, None) => Step::Done,
        (Some(_), None) => make(&standby, standby_of(definition)),
        (None, Some(_)) => make(name, definition.clone()),
        (Some(queue), Some(_)) if queue == definition => replace(actual, &standby, name, &[]),
        (Some(_), Some(_)) => replace(actual, name, &standby, &waiting_for(standing, name)),
    })
}

/// The queues whose events would come back to this one.
pub(super) fn waiting_for<'a>(standing: &'a Definitions, name: &str) -> Vec<&'a str> {
    let returns = |queue: &QueueDefinition| is_wait_queue(queue) && dead_letters_of(queue) == Some(name);
    standing.queues.iter().filter(|(_, queue)| returns(queue)).map(|(name, _)| name.as_str()).collect()
}

/// Puts one queue in the place of another: binds it everywhere, and only then unbinds, empties and deletes the other. `waiting` are the
/// queues that the other gets events from besides.
fn replace(actual: &Actual, old: &str, new: &str, waiting: &[&str]) -> Step {
    let (from, to) = (Destination::Queue(old.to_owned()), Destination::Queue(new.to_owned()));
    let standing = &actual.definitions;
    let bound = leading_to(standing, &from);
    let mut missing = bound.clone().map(|binding| rebound(binding, to.clone()));
    if let Some(binding) = missing.find(|binding| !standing.bindings.contains(binding)) {
        return Step::Bind(binding);
    }
    if let Some(binding) = bound.clone().next() {
        return Step::Unbind(binding.clone());
    }
    let mut sources = [old].into_iter().chain(waiting.iter().copied());
    match sources.find(|queue| holds_events(actual, queue)) {
        Some(queue) => Step::Move { from: queue.to_owned(), to },
        None => Step::Delete { name: old.to_owned() },
    }
}

/// The queue that stands in for another. Whoever moves events reads it while it still gets some: so it may have several consumers.
fn standby_of(wanted: &QueueDefinition) -> QueueDefinition {
    let mut standby = wanted.clone();
    standby.arguments.remove(SINGLE_ACTIVE);
    standby
}

/// Whether the events of a subscription are handled in order. Those of a parked queue are not handled at all.
pub(super) fn keeps_order(wanted: &Definitions, actual: &Actual, name: &str) -> bool {
    let strict = |queue: &QueueDefinition| {
        queue.arguments.get(SINGLE_ACTIVE) == Some(&Argument::Truth(true)) && dead_letters_of(queue).is_some()
    };
    let names = [name.to_owned(), format!("{name}.partition.0")];
    let sides = [&wanted.queues, &actual.definitions.queues];
    sides.into_iter().flat_map(|side| names.iter().filter_map(|name| side.get(name))).any(strict)
}
