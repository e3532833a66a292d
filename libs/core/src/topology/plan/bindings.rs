//! Bindings: the wanted ones, and those that nobody wants.

use super::{Compared, MISSING, other_queues, under_way, whole};
use crate::{
    name::SubscriptionName,
    resend,
    topology::{BindingDefinition, Change, Class, Destination, Resource, names},
};

pub(super) fn changes(compared: &Compared<'_>) -> Vec<Change> {
    let missing = compared.wanted.bindings.iter().map(|binding| wanted(compared, binding));
    let extra = compared.actual.definitions.bindings.difference(&compared.wanted.bindings);
    missing.chain(extra.filter_map(|binding| unwanted(compared, binding))).collect()
}

fn wanted(compared: &Compared<'_>, binding: &BindingDefinition) -> Change {
    let resource = Resource::Binding(Box::new(binding.clone()));
    if compared.actual.definitions.bindings.contains(binding) {
        return whole(resource, Class::Noop, "it stands as it should");
    }
    if let Some(source) = differing_source(compared, binding) {
        let reason = format!("{source} is of another kind than it should be, and would send it other events");
        return whole(resource, Class::Dangerous, &reason);
    }
    if let Some(subscription) = replaced(compared, binding) {
        return whole(resource, Class::NeedsMigration, &other_queues(&subscription));
    }
    match &binding.destination {
        Destination::Queue(queue) if compared.is_migrating(queue) => {
            whole(resource, Class::NeedsMigration, &under_way(queue))
        }
        _ if is_slot(binding) && compared.actual.definitions.bindings.iter().any(|other| same_slot(other, binding)) => {
            whole(resource, Class::NeedsMigration, &moves(binding))
        }
        _ => whole(resource, Class::Create, MISSING),
    }
}

fn unwanted(compared: &Compared<'_>, binding: &BindingDefinition) -> Option<Change> {
    let destination = binding.destination.name();
    if !compared.is_ours(&binding.source) || !compared.is_ours(destination) || !lasts(compared, &binding.destination) {
        return None;
    }
    let resource = Resource::Binding(Box::new(binding.clone()));
    if let Some(migrated) = compared.migrated_by(destination) {
        return Some(whole(resource, Class::NeedsMigration, &under_way(migrated)));
    }
    if compared.is_migrating(destination) {
        // Its standby may be bound like this too, and taking it away from one of them would not be what anybody asked for.
        return Some(whole(resource, Class::NeedsMigration, &under_way(destination)));
    }
    if is_slot(binding) && compared.wanted.bindings.iter().any(|other| same_slot(other, binding)) {
        return Some(whole(resource, Class::NeedsMigration, &moves(binding)));
    }
    if let Some(subscription) = compared.left_by(destination).filter(|left| !is_within(left, binding)) {
        return Some(whole(resource, Class::NeedsMigration, &other_queues(&subscription)));
    }
    let reason = if compared.wanted.queues.contains_key(destination) {
        "nobody wants it, and the events that it brings are parked: there is no handler for them"
    } else {
        "nobody wants it or what it leads to, and it still brings events there"
    };
    Some(whole(resource, Class::Orphan, reason))
}

/// The subscription of a missing binding, when another one brings the same events to queues that the subscription has left. With both,
/// two consumers could handle events of the same key at once.
fn replaced(compared: &Compared<'_>, missing: &BindingDefinition) -> Option<SubscriptionName> {
    let mut standing = compared.actual.definitions.bindings.iter();
    let of_left = |other: &BindingDefinition| {
        let is_same = BindingDefinition { destination: missing.destination.clone(), ..other.clone() } == *missing;
        compared.left_by(other.destination.name()).filter(|_| is_same)
    };
    let entries = |subscription: &SubscriptionName| [subscription.to_string(), names::slots_exchange(subscription)];
    let to = missing.destination.name();
    standing.find_map(of_left).filter(|left| entries(left).iter().any(|entry| entry == to))
}

/// Whether a binding leads from one of the exchanges of the subscription itself. Nothing comes by it once nothing leads there.
fn is_within(subscription: &SubscriptionName, binding: &BindingDefinition) -> bool {
    let own = [names::slots_exchange(subscription), names::slotless_exchange(subscription)];
    own.contains(&binding.source)
}

/// Whether a destination is there to stay. Those by which somebody only watches are not.
fn lasts(compared: &Compared<'_>, destination: &Destination) -> bool {
    let standing = &compared.actual.definitions;
    match destination {
        Destination::Queue(name) => standing.queues.get(name).is_some_and(|queue| !queue.auto_delete),
        Destination::Exchange(name) => standing.exchanges.get(name).is_some_and(|exchange| !exchange.auto_delete),
    }
}

/// The source of a binding, when it stands and is of another kind than it should be.
fn differing_source<'b>(compared: &Compared<'_>, binding: &'b BindingDefinition) -> Option<&'b str> {
    let kind_in = |side: &crate::topology::Definitions| side.exchanges.get(&binding.source).map(|e| e.kind.clone());
    let (actual, wanted) = (kind_in(&compared.actual.definitions)?, kind_in(compared.wanted)?);
    (actual != wanted).then_some(binding.source.as_str())
}

fn is_slot(binding: &BindingDefinition) -> bool {
    binding.arguments.contains_key(resend::SLOT)
}

/// Whether two bindings take the same slot to different queues.
fn same_slot(one: &BindingDefinition, other: &BindingDefinition) -> bool {
    let slot = |binding: &BindingDefinition| binding.arguments.get(resend::SLOT).cloned();
    one.source == other.source && slot(one) == slot(other) && one.destination != other.destination
}

fn moves(binding: &BindingDefinition) -> String {
    let subscription = binding.source.strip_suffix(".slots").unwrap_or(&binding.source);
    format!(
        "the number of partitions has changed, and with both bindings two queues would get the slot: fabric topology \
         migrate {subscription}"
    )
}
