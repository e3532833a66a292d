//! Making what is missing, and changing what can be changed in place.

use std::collections::BTreeSet;

use fabric::{
    core::topology::{
        Actual, BindingDefinition, Change, Class, Destination, PolicyDefinition, Resource, TopicPermission,
        UserDefinition,
    },
    management::ManagementError,
};
use serde::Serialize;

use super::{Desk, Passwords};
use crate::{Outcome, exit::Failure};

/// Something that was done on the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "done", content = "resource", rename_all = "snake_case")]
pub enum Done {
    /// It was made.
    Made(Resource),
    /// It was changed in place.
    Changed(Resource),
    /// It was taken away.
    Removed(Resource),
}

/// Does what is to be created and what is safe to change, each thing after those that it needs, and tells `done` of each. The
/// rest of the changes is left as it is.
///
/// What fails ends it; doing the same again goes on with the rest.
pub async fn apply(
    desk: &Desk,
    actual: &Actual,
    changes: &[Change],
    passwords: &Passwords,
    mut done: impl FnMut(Done) -> Outcome,
) -> Outcome {
    for resource in in_order(changes, Class::Create) {
        make(desk, resource, passwords).await?;
        done(Done::Made(resource.clone()))?;
    }
    for resource in in_order(changes, Class::Safe) {
        match resource {
            Resource::Policy(name) => change_policy(desk, actual, changes, name).await?,
            Resource::User(name) => {
                let (wanted, actual) = (desk.wanted.users.get(name), actual.definitions.users.get(name));
                let (Some(wanted), Some(actual)) = (wanted, actual) else { return Err(unknown(resource)) };
                let is_tags = |change: &&Change| change.class == Class::Safe && change.field.as_deref() == Some("tags");
                let with_tags =
                    changes.iter().filter(|change| change.resource == *resource).any(|change| is_tags(&change));
                change_user(desk, name, actual, wanted, with_tags).await?;
            }
            Resource::Exchange(_) | Resource::Queue(_) | Resource::Binding(_) => return Err(unknown(resource)),
        }
        done(Done::Changed(resource.clone()))?;
    }
    Ok(())
}

/// The resources with changes of a class, each once, in the order in which they need each other.
fn in_order(changes: &[Change], class: Class) -> Vec<&Resource> {
    let of_class = changes.iter().filter(|change| change.class == class).map(|change| &change.resource);
    let mut resources: Vec<&Resource> = of_class.collect::<BTreeSet<_>>().into_iter().collect();
    resources.sort_by_key(|resource| rank(resource));
    resources
}

/// A splitter gets no events before each of its slots leads somewhere: it would drop them, confirmed.
fn rank(resource: &Resource) -> u8 {
    match resource {
        Resource::Exchange(_) => 0,
        Resource::Queue(_) => 1,
        Resource::Binding(binding) if leads_from_a_splitter(binding) => 2,
        Resource::Binding(binding) => match binding.destination {
            Destination::Queue(_) => 3,
            Destination::Exchange(_) => 4,
        },
        Resource::Policy(_) => 5,
        Resource::User(_) => 6,
    }
}

fn leads_from_a_splitter(binding: &BindingDefinition) -> bool {
    matches!(binding.source.rsplit_once('.'), Some((_, "slots" | "slotless")))
}

async fn make(desk: &Desk, resource: &Resource, passwords: &Passwords) -> Outcome {
    let (management, wanted) = (&desk.management, &desk.wanted);
    let missing = || unknown(resource);
    match resource {
        Resource::Exchange(name) => {
            management.put_exchange(name, wanted.exchanges.get(name).ok_or_else(missing)?).await?;
        }
        Resource::Queue(name) => management.put_queue(name, wanted.queues.get(name).ok_or_else(missing)?).await?,
        Resource::Binding(binding) => management.bind(binding).await?,
        Resource::Policy(name) => {
            management.put_policy(name, wanted.policies.get(name).ok_or_else(missing)?).await?;
        }
        Resource::User(name) => {
            let user = wanted.users.get(name).ok_or_else(missing)?;
            // Topics first: an exchange without an entry allows every key.
            management.put_user(name, &user.tags, passwords.hash(name)?.as_deref()).await?;
            put_topics(desk, name, user).await?;
            put_permission(desk, name, user).await?;
        }
    }
    Ok(())
}

fn unknown(resource: &Resource) -> Failure {
    Failure::Other(format!("{resource} cannot be made or changed: nobody wants it like this"))
}

/// Changes those fields of a policy that are safe to change, and leaves the others as they are.
async fn change_policy(desk: &Desk, actual: &Actual, changes: &[Change], name: &str) -> Outcome {
    let resource = Resource::Policy(name.to_owned());
    let both = (actual.definitions.policies.get(name), desk.wanted.policies.get(name));
    let (Some(actual), Some(wanted)) = both else { return Err(unknown(&resource)) };
    let safe = changes.iter().filter(|change| change.class == Class::Safe && change.resource == resource);
    let fields = safe.filter_map(|change| change.field.as_deref());
    Ok(desk.management.put_policy(name, &with_fields(actual, wanted, fields)).await?)
}

fn with_fields<'a>(
    actual: &PolicyDefinition,
    wanted: &PolicyDefinition,
    fields: impl Iterator<Item = &'a str>,
) -> PolicyDefinition {
    let mut policy = actual.clone();
    for field in fields {
        match field {
            "pattern" => policy.pattern.clone_from(&wanted.pattern),
            "apply_to" => policy.apply_to.clone_from(&wanted.apply_to),
            "priority" => policy.priority = wanted.priority,
            setting => match wanted.definition.get(setting) {
                Some(value) => drop(policy.definition.insert(setting.to_owned(), value.clone())),
                None => drop(policy.definition.remove(setting)),
            },
        }
    }
    policy
}

/// Gives a user the rights that it should have, and its tags if that is safe. Its password stays.
async fn change_user(
    desk: &Desk,
    name: &str,
    actual: &UserDefinition,
    wanted: &UserDefinition,
    with_tags: bool,
) -> Outcome {
    if with_tags {
        desk.management.put_user(name, &wanted.tags, None).await?;
    }
    // Topics first: an exchange without an entry allows every key. One that is not needed any more is made to allow none.
    put_topics(desk, name, wanted).await?;
    let no_key = TopicPermission { write: "^$".to_owned(), read: "^$".to_owned() };
    for exchange in actual.topics.keys().filter(|exchange| !wanted.topics.contains_key(*exchange)) {
        desk.management.put_topic_permission(name, exchange, &no_key).await?;
    }
    if actual.permission == wanted.permission { Ok(()) } else { put_permission(desk, name, wanted).await }
}

async fn put_topics(desk: &Desk, name: &str, user: &UserDefinition) -> Outcome {
    for (exchange, topic) in &user.topics {
        desk.management.put_topic_permission(name, exchange, topic).await?;
    }
    Ok(())
}

async fn put_permission(desk: &Desk, name: &str, user: &UserDefinition) -> Outcome {
    let put = match &user.permission {
        Some(permission) => desk.management.put_permission(name, permission).await,
        None => desk.management.delete_permission(name).await,
    };
    match put {
        Err(ManagementError::NotFound { .. }) if user.permission.is_none() => Ok(()),
        put => Ok(put?),
    }
}

#[cfg(test)]
mod tests {
    use fabric::core::topology::Arguments;

    use super::*;

    fn binding(source: &str, destination: Destination) -> Resource {
        let (key, arguments) = ("#".to_owned(), Arguments::new());
        Resource::Binding(Box::new(BindingDefinition { source: source.to_owned(), destination, key, arguments }))
    }

    #[test]
    fn a_splitter_is_complete_before_events_come_to_it() {
        let queue = || Destination::Queue("a.b.partition.0".to_owned());
        let order = [
            Resource::Exchange("a.b.slots".to_owned()),
            Resource::Queue("a.b.partition.0".to_owned()),
            binding("a.b.slots", queue()),
            binding("queues.a", queue()),
            binding("events.a", Destination::Exchange("a.b.slots".to_owned())),
            Resource::Policy("fabric-work".to_owned()),
            Resource::User("a".to_owned()),
        ];
        let create = |resource: &Resource| Change {
            class: Class::Create,
            resource: resource.clone(),
            field: None,
            actual: None,
            wanted: None,
            reason: String::new(),
        };
        let changes: Vec<Change> = order.iter().rev().map(create).collect();
        assert_eq!(in_order(&changes, Class::Create), order.iter().collect::<Vec<_>>());
        assert!(in_order(&changes, Class::Safe).is_empty());
    }

    #[test]
    fn of_a_policy_only_the_safe_fields_change() {
        let policy = |pattern: &str, priority, bytes: i64| PolicyDefinition {
            pattern: pattern.to_owned(),
            apply_to: "queues".to_owned(),
            priority,
            definition: [("max-length-bytes".to_owned(), bytes.into())].into(),
        };
        let changed = with_fields(&policy("a", 0, 1), &policy("b", 9, 2), ["max-length-bytes"].into_iter());
        assert_eq!(changed, policy("a", 0, 2));
        let changed = with_fields(&policy("a", 0, 1), &policy("b", 9, 2), ["pattern", "priority"].into_iter());
        assert_eq!(changed, policy("b", 9, 1));
    }
}
