//! What is ours and nobody wants any more, and when it can be taken away without losing anything.

use super::{Compared, other_queues, under_way, whole};
use crate::topology::{
    Actual, Change, Class, Destination, Resource, names,
    users::{DEPLOYER, OPERATOR},
    wanted::{dead_letters_of, is_wait_queue, service_of_exchange},
};

pub(super) fn changes(compared: &Compared<'_>) -> Vec<Change> {
    let standing = &compared.actual.definitions;
    let mut changes = Vec::new();
    for (name, exchange) in &standing.exchanges {
        if !compared.wanted.exchanges.contains_key(name) && !exchange.auto_delete && compared.is_ours(name) {
            let reason = format!("nobody wants it; {} bindings lead from it", bound_to(compared.actual, name));
            changes.push(whole(Resource::Exchange(name.clone()), Class::Orphan, &reason));
        }
    }
    for (name, queue) in &standing.queues {
        if !compared.wanted.queues.contains_key(name) && !queue.auto_delete && compared.is_ours(name) {
            changes.push(of_queue(compared, name));
        }
    }
    for name in standing.policies.keys() {
        let is_ours = name.starts_with("fabric-") || name.starts_with("fabric.");
        if is_ours && !compared.wanted.policies.contains_key(name) {
            changes.push(whole(Resource::Policy(name.clone()), Class::Orphan, "nobody wants it"));
        }
    }
    for (name, _) in standing.users.iter().filter(|(_, user)| !compared.wanted.users.is_empty() && user.has_rights()) {
        let is_ours = compared.services.contains(name.as_str()) || [OPERATOR, DEPLOYER].contains(&name.as_str());
        if is_ours && !compared.wanted.users.contains_key(name) {
            changes.push(whole(Resource::User(name.clone()), Class::Orphan, "there is no such service any more"));
        }
    }
    changes
}

fn of_queue(compared: &Compared<'_>, name: &str) -> Change {
    let resource = Resource::Queue(name.to_owned());
    if let Some(migrated) = compared.migrated_by(name) {
        return whole(resource, Class::NeedsMigration, &under_way(migrated));
    }
    let standing = &compared.actual.definitions;
    let state = compared.actual.queues.get(name);
    let contents = match state {
        Some(state) => {
            let (events, consumers) = (state.ready + state.unacknowledged, state.consumers.len());
            format!("it holds {events} events and has {consumers} consumers")
        }
        None => "how many events it holds is not known".to_owned(),
    };
    if let Some(subscription) = compared.left_by(name)
        && state.is_none_or(|state| !state.is_empty())
    {
        let reason = format!("{contents}; {}", other_queues(&subscription));
        return whole(resource, Class::NeedsMigration, &reason);
    }
    let mut reason = format!("nobody wants it; {contents}");
    let is_this = |destination: &Destination| matches!(destination, Destination::Queue(queue) if queue == name);
    if standing.bindings.iter().any(|binding| is_this(&binding.destination)) {
        reason.push_str("; it is still bound");
    }
    if let Some(queue) = standing.queues.get(name).filter(|queue| is_wait_queue(queue)) {
        reason.extend(["; it empties itself into ", dead_letters_of(queue).unwrap_or_default()]);
    }
    whole(resource, Class::Orphan, &reason)
}

/// How many bindings lead from an exchange.
fn bound_to(actual: &Actual, exchange: &str) -> usize {
    actual.definitions.bindings.iter().filter(|binding| binding.source == exchange).count()
}

/// Why an orphan is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Keep {
    /// It is wanted, or a migration needs it.
    #[error("it is not an orphan")]
    NotOrphan,
    /// How it is doing is not known.
    #[error("how many events it holds is not known")]
    Unknown,
    /// There are events in it.
    #[error("it holds {ready} events, and {unacknowledged} more are out with consumers")]
    Holds {
        /// How many wait.
        ready: u64,
        /// How many are out.
        unacknowledged: u64,
    },
    /// Somebody consumes it.
    #[error("it has {consumers} consumers")]
    Consumed {
        /// How many.
        consumers: usize,
    },
    /// A queue that stands passes its events on to it. Without it they would stay there, invisible.
    #[error("{from} passes its events on to it")]
    Fed {
        /// That queue.
        from: String,
    },
    /// The queue that it passes its events on to is gone. What expired meanwhile is still in it, and not counted.
    #[error("{to}, to which it passes its events on, is gone: it may hold some that are not counted")]
    NoWayOut {
        /// The queue that is gone.
        to: String,
    },
    /// Something is bound to it.
    #[error("{bindings} bindings lead from it")]
    Bound {
        /// How many.
        bindings: usize,
    },
    /// By this exchange alone the service is known, and something of it still stands.
    #[error("{name} of the same service still stands")]
    OfService {
        /// What still stands.
        name: String,
    },
    /// Somebody is connected as this user.
    #[error("a consumer of {queue} is connected as this user")]
    Connected {
        /// What is consumed.
        queue: String,
    },
}

/// Whether an orphan can be taken away without losing anything. `actual` has to be read just before, and again after each that was.
pub fn prunable(change: &Change, actual: &Actual) -> Result<(), Keep> {
    if change.class != Class::Orphan {
        return Err(Keep::NotOrphan);
    }
    match &change.resource {
        Resource::Binding(_) | Resource::Policy(_) => Ok(()),
        Resource::Queue(name) => prunable_queue(name, actual),
        Resource::Exchange(name) => prunable_exchange(name, actual),
        Resource::User(name) => {
            let consumes = |state: &crate::topology::QueueState| state.consumers.iter().any(|each| each.user == *name);
            match actual.queues.iter().find(|(_, state)| consumes(state)) {
                Some((queue, _)) => Err(Keep::Connected { queue: queue.clone() }),
                None => Ok(()),
            }
        }
    }
}

fn prunable_queue(name: &str, actual: &Actual) -> Result<(), Keep> {
    let state = actual.queues.get(name).ok_or(Keep::Unknown)?;
    if !state.is_empty() {
        return Err(Keep::Holds { ready: state.ready, unacknowledged: state.unacknowledged });
    }
    if !state.consumers.is_empty() {
        return Err(Keep::Consumed { consumers: state.consumers.len() });
    }
    let queues = &actual.definitions.queues;
    let feeder = queues.iter().find(|(_, queue)| dead_letters_of(queue) == Some(name));
    if let Some((from, _)) = feeder {
        return Err(Keep::Fed { from: from.clone() });
    }
    match queues.get(name).and_then(dead_letters_of) {
        Some(to) if !queues.contains_key(to) => Err(Keep::NoWayOut { to: to.to_owned() }),
        _ => Ok(()),
    }
}

fn prunable_exchange(name: &str, actual: &Actual) -> Result<(), Keep> {
    let bindings = bound_to(actual, name);
    if bindings > 0 {
        return Err(Keep::Bound { bindings });
    }
    let Some(service) = service_of_exchange(name) else { return Ok(()) };
    let standing = &actual.definitions;
    let users = standing.users.iter().filter(|(_, user)| user.has_rights()).map(|(name, _)| name);
    let mut of_service = standing.queues.keys().chain(standing.exchanges.keys()).chain(users);
    match of_service.find(|other| names::service_of(other) == service) {
        Some(name) => Err(Keep::OfService { name: name.clone() }),
        None => Ok(()),
    }
}

/// The orphans among the changes, in the order in which to take them away: bindings first, then queues before those that they pass
/// their events on to, and last what the others need.
pub fn prune_order<'c>(changes: &'c [Change], actual: &Actual) -> Vec<&'c Change> {
    let queue_rank = |name: &str| match actual.definitions.queues.get(name) {
        Some(queue) if is_wait_queue(queue) => 1,
        Some(queue) if dead_letters_of(queue).is_some() => 2,
        Some(_) | None => 3,
    };
    let rank = |change: &&Change| match &change.resource {
        Resource::Binding(_) => 0,
        Resource::Queue(name) => queue_rank(name),
        Resource::User(_) => 4,
        Resource::Exchange(name) if service_of_exchange(name).is_none() => 5,
        Resource::Exchange(_) => 6,
        Resource::Policy(_) => 7,
    };
    let mut orphans: Vec<&Change> = changes.iter().filter(|change| change.class == Class::Orphan).collect();
    orphans.sort_by_key(rank);
    orphans
}
