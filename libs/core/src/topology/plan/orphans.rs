//! What is ours and nobody wants any more, and when it can be taken away without losing anything.

use super::{Compared, other_queues, under_way, whole};
use crate::topology::{
    Actual, BindingDefinition, Change, Class, Destination, QueueState, Resource, names,
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
            let (events, consumers) = (state.events(), state.consumers.len());
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
        reason.extend([
            "; it empties itself into ",
            dead_letters_of(queue).unwrap_or_default(),
            ", and processes with the delays of before still send events here",
        ]);
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
    #[error(
        "it holds {ready} events, {unacknowledged} more are out with consumers and {dead_lettering} on their way to the dead letters"
    )]
    Holds {
        /// How many wait.
        ready: u64,
        /// How many are out.
        unacknowledged: u64,
        /// How many are on their way to the dead letters.
        dead_lettering: u64,
    },
    /// A node is down. What the broker says of its queues may be wrong, and what it remembers of a deleted queue could come back.
    #[error("the node {0} is not running, so what is in it is not certain")]
    NodeDown(String),
    /// The same for the queue itself.
    #[error("{online} of its {members} members are online, so what is in it is not certain")]
    MemberDown {
        /// How many members are online.
        online: usize,
        /// How many there are.
        members: usize,
    },
    /// The queue cannot be used, so the broker does not know what is in it.
    #[error("its state is {0}, so what is in it is not certain")]
    NotRunning(String),
    /// Somebody consumes it.
    #[error("it has {consumers} consumers")]
    Consumed {
        /// How many.
        consumers: usize,
    },
    /// Somebody consumes what it leads to: a process that is not of the new version yet, and would get no events any more.
    #[error("{queue}, to which it leads, still has {consumers} consumers")]
    LeadsToConsumed {
        /// The queue.
        queue: String,
        /// How many.
        consumers: usize,
    },
    /// A queue that stands has the limits of this policy.
    #[error("it still counts for {queue}")]
    Counts {
        /// The queue.
        queue: String,
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
    /// By this alone the service is known, and something of it still stands.
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

/// Whether an orphan of a plan can be taken away without losing anything. `actual` has to be read just before, and again after each that
/// was.
pub fn prunable(change: &Change, plan: &[Change], actual: &Actual) -> Result<(), Keep> {
    if change.class != Class::Orphan {
        return Err(Keep::NotOrphan);
    }
    match &change.resource {
        Resource::Binding(binding) => prunable_binding(binding, plan, actual),
        Resource::Policy(name) => {
            let counts = |state: &QueueState| state.policy.as_deref() == Some(name.as_str());
            let mut standing = actual.definitions.queues.keys();
            match standing.find(|queue| actual.queues.get(*queue).is_some_and(counts)) {
                Some(queue) => Err(Keep::Counts { queue: queue.clone() }),
                None => Ok(()),
            }
        }
        Resource::Queue(name) => prunable_queue(name, actual),
        Resource::Exchange(name) => prunable_exchange(name, actual),
        Resource::User(name) => {
            let consumes = |state: &QueueState| state.consumers.iter().any(|each| each.user == *name);
            match actual.queues.iter().find(|(_, state)| consumes(state)) {
                Some((queue, _)) => Err(Keep::Connected { queue: queue.clone() }),
                None => Ok(()),
            }
        }
    }
}

/// What leads to a queue that is wanted brings events that nobody handles; what leads to one that is not wanted is somebody's while it
/// is consumed.
fn prunable_binding(binding: &BindingDefinition, plan: &[Change], actual: &Actual) -> Result<(), Keep> {
    if let Some(service) = marked_by(binding) {
        return is_gone(service, actual);
    }
    let Destination::Queue(queue) = &binding.destination else { return Ok(()) };
    let resource = Resource::Queue(queue.clone());
    let is_orphan = plan.iter().any(|change| change.class == Class::Orphan && change.resource == resource);
    match actual.queues.get(queue).map_or(0, |state| state.consumers.len()) {
        consumers if is_orphan && consumers > 0 => Err(Keep::LeadsToConsumed { queue: queue.clone(), consumers }),
        _ => Ok(()),
    }
}

/// The service whose direct exchange is told from others of such a name by this binding.
pub(super) fn marked_by(binding: &BindingDefinition) -> Option<&str> {
    let is_mark = matches!(&binding.destination, Destination::Queue(queue) if queue == names::UNROUTED);
    service_of_exchange(&binding.source).filter(|_| is_mark)
}

fn prunable_queue(name: &str, actual: &Actual) -> Result<(), Keep> {
    let state = actual.queues.get(name).ok_or(Keep::Unknown)?;
    if let Some(node) = actual.nodes.iter().find(|node| !node.running) {
        return Err(Keep::NodeDown(node.name.clone()));
    }
    match state.online {
        Some((online, members)) if online < members => return Err(Keep::MemberDown { online, members }),
        _ => {}
    }
    // A new queue has no state yet; the others are those in which a queue works.
    if !matches!(state.state.as_str(), "" | "running" | "idle" | "flow") {
        return Err(Keep::NotRunning(state.state.clone()));
    }
    if !state.is_empty() {
        let QueueState { ready, unacknowledged, dead_lettering, .. } = *state;
        return Err(Keep::Holds { ready, unacknowledged, dead_lettering });
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
    service_of_exchange(name).map_or(Ok(()), |service| is_gone(service, actual))
}

/// Whether nothing of a service stands any more but its exchange, by which it is known.
fn is_gone(service: &str, actual: &Actual) -> Result<(), Keep> {
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
        Resource::Binding(binding) if marked_by(binding).is_some() => 6,
        Resource::Binding(_) => 0,
        Resource::Queue(name) => queue_rank(name),
        Resource::User(_) => 4,
        Resource::Exchange(name) if service_of_exchange(name).is_none() => 5,
        Resource::Exchange(_) => 7,
        Resource::Policy(_) => 8,
    };
    let mut orphans: Vec<&Change> = changes.iter().filter(|change| change.class == Class::Orphan).collect();
    orphans.sort_by_key(rank);
    orphans
}
