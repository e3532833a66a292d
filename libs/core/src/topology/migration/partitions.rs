//! A subscription to another number of partitions.

use super::{MigrationError, Step, holds_events, leading_to, queue::waiting_for, rebound};
use crate::{
    name::SubscriptionName,
    resend,
    topology::{Actual, BindingDefinition, Definitions, Destination, names},
};

/// The slots first, then what still leads to queues and splitters that are no longer wanted, then what those queues hold. They
/// themselves stay, empty, as orphans.
pub(super) fn next(
    wanted: &Definitions,
    actual: &Actual,
    subscription: &SubscriptionName,
) -> Result<Step, MigrationError> {
    let (standing, splitter) = (&actual.definitions, names::slots_exchange(subscription));
    let (entry, stands) = if wanted.exchanges.contains_key(&splitter) {
        let stands = standing.exchanges.contains_key(&splitter);
        (Destination::Exchange(splitter), stands)
    } else {
        let name = subscription.as_str();
        (Destination::Queue(name.to_owned()), standing.queues.contains_key(name))
    };
    let step = match move_slot(wanted, standing, &entry) {
        Some(step) => step,
        None => leave(wanted, actual, subscription, &entry),
    };
    if step == Step::Done || stands { Ok(step) } else { Err(MigrationError::Missing(entry.name().to_owned())) }
}

/// Leaves the queues and splitters that are no longer wanted.
fn leave(wanted: &Definitions, actual: &Actual, subscription: &SubscriptionName, entry: &Destination) -> Step {
    let (standing, leftover) = (&actual.definitions, leftover_queues(wanted, actual, subscription));
    let own = [names::slots_exchange(subscription), names::slotless_exchange(subscription)];
    let mut ends: Vec<Destination> = leftover.iter().map(|queue| Destination::Queue((*queue).to_owned())).collect();
    ends.extend(own.iter().filter(|own| !wanted.exchanges.contains_key(*own)).cloned().map(Destination::Exchange));
    if let Some(step) = ends.iter().find_map(|end| lead_elsewhere(wanted, standing, end, entry, &own)) {
        return step;
    }
    let mut sources = leftover.into_iter().flat_map(|queue| [vec![queue], waiting_for(standing, queue)].concat());
    let full = sources.find(|queue| holds_events(actual, queue));
    full.map_or(Step::Done, |queue| Step::Move { from: queue.to_owned(), to: entry.clone() })
}

/// The work queues of a subscription that stand and are not wanted.
fn leftover_queues<'a>(wanted: &Definitions, actual: &'a Actual, subscription: &SubscriptionName) -> Vec<&'a str> {
    let partitions = format!("{subscription}.partition.");
    let is_work = |name: &str| {
        let partition = name.strip_prefix(&partitions).is_some_and(|number| number.parse::<u8>().is_ok());
        name == subscription.as_str() || partition
    };
    let names = actual.definitions.queues.keys().map(String::as_str);
    names.filter(|name| is_work(name) && !wanted.queues.contains_key(*name)).collect()
}

/// Moves one slot a step further: bound to its new queue, then unbound from the old one.
fn move_slot(wanted: &Definitions, standing: &Definitions, entry: &Destination) -> Option<Step> {
    let Destination::Exchange(splitter) = entry else { return None };
    let slots = |side: &Definitions| {
        let is_slot =
            |binding: &&BindingDefinition| binding.source == *splitter && binding.arguments.contains_key(resend::SLOT);
        side.bindings.iter().filter(is_slot).cloned().collect::<Vec<_>>()
    };
    let (should, does) = (slots(wanted), slots(standing));
    if let Some(binding) = should.iter().find(|binding| !does.contains(binding)) {
        let queue = binding.destination.name();
        let definition = wanted.queues.get(queue).filter(|_| !standing.queues.contains_key(queue));
        return Some(match definition {
            Some(definition) => Step::MakeQueue { name: queue.to_owned(), definition: definition.clone() },
            None => Step::Bind(binding.clone()),
        });
    }
    does.into_iter().find(|binding| !should.contains(binding)).map(Step::Unbind)
}

/// Unbinds what is no longer wanted, once what is wanted instead of it is bound in the same way. What the subscription's own exchanges
/// lead there stays as it is: nothing comes by them any more.
fn lead_elsewhere(
    wanted: &Definitions,
    standing: &Definitions,
    end: &Destination,
    entry: &Destination,
    own: &[String],
) -> Option<Step> {
    let binding = leading_to(standing, end).find(|binding| !own.contains(&binding.source))?;
    let instead = rebound(binding, entry.clone());
    let is_missing = wanted.bindings.contains(&instead) && !standing.bindings.contains(&instead);
    Some(if is_missing { Step::Bind(instead) } else { Step::Unbind(binding.clone()) })
}
