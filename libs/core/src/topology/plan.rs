//! What it takes to get from what stands on the broker to what should: one change for each resource, or for each part of it that
//! differs.
//!
//! Nobody else's resources are looked at: ours are those whose names begin with a service's name and a dot, or with `events.`, `queues.`
//! or `fabric.`; policies and users also with `fabric-`. Which services there are is told by their direct exchanges, those that
//! are wanted and those that stand.

mod bindings;
mod orphans;
mod policies;
mod users;

pub use orphans::{Keep, prunable, prune_order};

use std::collections::BTreeSet;

use super::{
    Actual, Argument, Arguments, Change, Class, Definitions, ExchangeDefinition, QueueDefinition, Resource, names,
    wanted::{QUEUE_TYPE, STANDBY, service_of_exchange},
};
use crate::name::SubscriptionName;

/// Compares what should stand with what does. The changes are sorted by resource, exchanges first.
///
/// Users are compared only when any are wanted. What a `fabric topology migrate` has under way stays
/// [`NeedsMigration`](Class::NeedsMigration) until it is done.
pub fn plan(wanted: &Definitions, actual: &Actual) -> Vec<Change> {
    let compared = Compared { wanted, actual, services: services(wanted, &actual.definitions) };
    let mut changes = Vec::new();
    for (name, exchange) in &wanted.exchanges {
        changes.extend(of_exchange(name, exchange, actual.definitions.exchanges.get(name)));
    }
    for (name, queue) in &wanted.queues {
        changes.extend(compared.of_queue(name, queue));
    }
    changes.extend(bindings::changes(&compared));
    changes.extend(policies::changes(&compared));
    changes.extend(users::changes(&compared));
    changes.extend(orphans::changes(&compared));
    changes.sort_by(|a, b| (&a.resource, &a.field).cmp(&(&b.resource, &b.field)));
    changes
}

/// Both sides, and whose resources count.
struct Compared<'a> {
    wanted: &'a Definitions,
    actual: &'a Actual,
    services: BTreeSet<&'a str>,
}

/// The services that there are, or were. Anybody may have an exchange with such a name: only ours lead to the queue for unrouted events.
fn services<'a>(wanted: &'a Definitions, actual: &'a Definitions) -> BTreeSet<&'a str> {
    let those_wanted = wanted.exchanges.keys().filter_map(|exchange| service_of_exchange(exchange));
    those_wanted.chain(actual.bindings.iter().filter_map(orphans::marked_by)).collect()
}

impl Compared<'_> {
    /// Whether a queue or exchange of this name is one of ours.
    fn is_ours(&self, name: &str) -> bool {
        let first = name.split_once('.').map(|(first, _)| first);
        first.is_some_and(|first| matches!(first, "events" | "queues" | "fabric") || self.services.contains(first))
    }

    /// The queue that is migrated by way of this one.
    fn migrated_by<'n>(&self, name: &'n str) -> Option<&'n str> {
        let migrated = name.strip_suffix(STANDBY).filter(|queue| self.wanted.queues.contains_key(*queue));
        migrated.filter(|_| !self.wanted.queues.contains_key(name))
    }

    /// Whether a migration of this queue is under way.
    fn is_migrating(&self, queue: &str) -> bool {
        let standby = format!("{queue}{STANDBY}");
        self.actual.definitions.queues.contains_key(&standby) && self.migrated_by(&standby).is_some()
    }

    /// The wanted subscription whose events came by this queue or exchange, when they are to come by another: it had one queue and gets
    /// partitions, or the other way round, or another number of them.
    fn left_by(&self, name: &str) -> Option<SubscriptionName> {
        if self.wanted.queues.contains_key(name) || self.wanted.exchanges.contains_key(name) {
            return None;
        }
        names::may_serve(name).find(|subscription| {
            self.wanted.queues.contains_key(subscription.as_str())
                || self.wanted.exchanges.contains_key(&names::slots_exchange(subscription))
        })
    }

    fn of_queue(&self, name: &str, wanted: &QueueDefinition) -> Vec<Change> {
        let resource = Resource::Queue(name.to_owned());
        let Some(actual) = self.actual.definitions.queues.get(name) else {
            return vec![if self.is_migrating(name) {
                whole(resource, Class::NeedsMigration, &under_way(name))
            } else {
                whole(resource, Class::Create, MISSING)
            }];
        };
        let reason = format!("it is fixed when a queue is made: fabric topology migrate {name}");
        let differs = |(field, actual, wanted)| Change {
            class: Class::NeedsMigration,
            resource: resource.clone(),
            field: Some(field),
            actual,
            wanted,
            reason: reason.clone(),
        };
        let mut fields = flags([
            ("auto_delete", actual.auto_delete, wanted.auto_delete),
            ("durable", actual.durable, wanted.durable),
        ]);
        fields.extend(differing(&with_queue_type(&actual.arguments), &wanted.arguments));
        or_noop(fields.into_iter().map(differs).collect(), &resource)
    }
}

/// A queue without a type is a classic one.
fn with_queue_type(arguments: &Arguments) -> Arguments {
    let mut arguments = arguments.clone();
    arguments.entry(QUEUE_TYPE.to_owned()).or_insert_with(|| "classic".into());
    arguments
}

fn of_exchange(name: &str, wanted: &ExchangeDefinition, actual: Option<&ExchangeDefinition>) -> Vec<Change> {
    let resource = Resource::Exchange(name.to_owned());
    let Some(actual) = actual else { return vec![whole(resource, Class::Create, MISSING)] };
    let differs = |(field, actual, wanted)| Change {
        class: Class::Dangerous,
        resource: resource.clone(),
        field: Some(field),
        actual,
        wanted,
        reason:
            "it is fixed when an exchange is made, and making it anew loses what is published meanwhile and all of \
                 its bindings"
                .to_owned(),
    };
    let mut fields = flags([
        ("auto_delete", actual.auto_delete, wanted.auto_delete),
        ("durable", actual.durable, wanted.durable),
        ("internal", actual.internal, wanted.internal),
    ]);
    if actual.kind != wanted.kind {
        fields.push(("kind".to_owned(), Some(actual.kind.as_str().into()), Some(wanted.kind.as_str().into())));
    }
    fields.extend(differing(&actual.arguments, &wanted.arguments));
    or_noop(fields.into_iter().map(differs).collect(), &resource)
}

/// A field's name, what stands there, and what should.
type Difference = (String, Option<Argument>, Option<Argument>);

fn flags<const N: usize>(fields: [(&str, bool, bool); N]) -> Vec<Difference> {
    let differing = fields.into_iter().filter(|(_, actual, wanted)| actual != wanted);
    differing.map(|(field, actual, wanted)| (field.to_owned(), Some(actual.into()), Some(wanted.into()))).collect()
}

/// The arguments in which two sides differ.
fn differing(actual: &Arguments, wanted: &Arguments) -> Vec<Difference> {
    let names: BTreeSet<&String> = actual.keys().chain(wanted.keys()).collect();
    let both = names.into_iter().map(|name| (name.clone(), actual.get(name).cloned(), wanted.get(name).cloned()));
    both.filter(|(_, actual, wanted)| actual != wanted).collect()
}

const MISSING: &str = "it is not there";

fn under_way(queue: &str) -> String {
    format!("a migration is under way, and ends with: fabric topology migrate {queue}")
}

/// Why something of a subscription is left to `fabric topology migrate`.
fn other_queues(subscription: &SubscriptionName) -> String {
    format!("its subscription has other queues than before: fabric topology migrate {subscription}")
}

/// A change of a resource as a whole.
fn whole(resource: Resource, class: Class, reason: &str) -> Change {
    Change { class, resource, field: None, actual: None, wanted: None, reason: reason.to_owned() }
}

fn or_noop(changes: Vec<Change>, resource: &Resource) -> Vec<Change> {
    let noop = || vec![whole(resource.clone(), Class::Noop, "it stands as it should")];
    if changes.is_empty() { noop() } else { changes }
}

#[cfg(test)]
mod tests;
