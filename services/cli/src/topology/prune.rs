//! Taking away what nobody wants any more, as far as nothing is lost by that.

use std::collections::BTreeSet;

use fabric::{
    core::topology::{Actual, Resource, prunable, prune_order},
    management::{Management, ManagementError, OnlyIf},
    runtime::ports::Broker,
};
use serde::Serialize;

use super::{Desk, Done};
use crate::Outcome;

/// An orphan that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// What it is.
    pub resource: Resource,
    /// Why it stays.
    pub why: String,
}

/// Takes away those of these orphans that can be, tells `done` of each, and gives those that stay. Before each that could hold
/// something, what stands is read again, the depth of queues by AMQP.
pub async fn prune(
    desk: &Desk,
    broker: &dyn Broker,
    orphans: &BTreeSet<Resource>,
    mut done: impl FnMut(Done) -> Outcome,
) -> Outcome<Vec<Kept>> {
    let (mut seen, mut kept) = (BTreeSet::new(), Vec::new());
    // What has become an orphan since, nobody has agreed to.
    let is_next =
        |resource: &Resource, seen: &BTreeSet<Resource>| orphans.contains(resource) && !seen.contains(resource);
    let mut actual = desk.actual().await?;
    loop {
        let changes = desk.plan(&actual);
        let ordered = prune_order(&changes, &actual);
        let Some(orphan) = ordered.into_iter().find(|orphan| is_next(&orphan.resource, &seen)) else { break };
        let resource = &orphan.resource;
        seen.insert(resource.clone());
        let now = looked_at(desk, broker, actual, resource).await?;
        match prunable(orphan, &changes, &now) {
            Ok(()) => {
                remove(desk, resource).await?;
                done(Done::Removed(resource.clone()))?;
                actual = forgotten(now, resource);
            }
            Err(why) => {
                kept.push(Kept { resource: resource.clone(), why: why.to_string() });
                actual = now;
            }
        }
    }
    Ok(kept)
}

/// What stands, looked at anew as far as something could be lost with this resource that the last look does not show.
async fn looked_at(desk: &Desk, broker: &dyn Broker, last: Actual, resource: &Resource) -> Outcome<Actual> {
    match resource {
        Resource::Binding(_) | Resource::Policy(_) => Ok(last),
        Resource::Queue(name) => desk.with_queue(broker, last, name).await,
        Resource::Exchange(_) | Resource::User(_) => {
            let mut actual = desk.actual().await?;
            // The API may list for a moment what is deleted already; what was not there is not taken to be there again.
            actual.definitions.queues.retain(|name, _| last.definitions.queues.contains_key(name));
            Ok(actual)
        }
    }
}

/// What stands once this is gone.
fn forgotten(mut actual: Actual, resource: &Resource) -> Actual {
    let standing = &mut actual.definitions;
    match resource {
        Resource::Exchange(name) => {
            standing.exchanges.remove(name);
            standing.bindings.retain(|binding| binding.source != *name && binding.destination.name() != name);
        }
        Resource::Queue(name) => {
            standing.queues.remove(name);
            standing.bindings.retain(|binding| binding.destination.name() != name);
        }
        Resource::Binding(binding) => drop(standing.bindings.remove(&**binding)),
        Resource::Policy(name) => drop(standing.policies.remove(name)),
        Resource::User(name) => drop(standing.users.remove(name)),
    }
    actual
}

async fn remove(desk: &Desk, resource: &Resource) -> Outcome {
    let management = &desk.management;
    let removed = match resource {
        Resource::Exchange(name) => management.delete_exchange(name, true).await,
        // Brokers have no conditions for quorum queues, so it was asked for its depth just before.
        Resource::Queue(name) => management.delete_queue(name, OnlyIf::default()).await,
        Resource::Binding(binding) => management.unbind(binding).await,
        Resource::Policy(name) => management.delete_policy(name).await,
        Resource::User(name) => dismiss(management, name).await,
    };
    match removed {
        // Somebody else was faster.
        Err(ManagementError::NotFound { .. }) => Ok(()),
        removed => Ok(removed?),
    }
}

/// Takes away what a user may do here. Users belong to the whole broker, so it is deleted only when it may enter nowhere else.
async fn dismiss(management: &Management, user: &str) -> Result<(), ManagementError> {
    // The permission first: without topic permissions alone it could use every key.
    for removed in [management.delete_permission(user).await, management.delete_topic_permissions(user).await] {
        match removed {
            Ok(()) | Err(ManagementError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if management.vhosts_of(user).await?.is_empty() { management.delete_user(user).await } else { Ok(()) }
}
