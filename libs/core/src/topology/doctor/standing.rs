//! Where what stands differs from what should: the plan, told for each subscription.

use super::{
    Case, Finding, Own, Symptom,
    command::{self, APPLY, PLAN, PRUNE},
    listed,
};
use crate::{
    name::SubscriptionName,
    service::ServiceSpec,
    topology::{
        Argument, Change, Class, QueueState, Resource, names,
        wanted::{BYTES_MAX, STANDBY, policy_of},
    },
};

/// Differences that concern a subscription.
pub(super) fn findings(own: &Own<'_>, changes: &[Change]) -> Vec<Finding> {
    let mine: Vec<&Change> = changes.iter().filter(|change| concerns(own, change)).collect();
    let mut findings: Vec<Finding> = missing(&mine).into_iter().collect();
    findings.extend(mine.iter().filter_map(|change| other_kind(own.case, change)));
    findings.extend(moving(own, &mine));
    findings.extend(leftovers(&mine));
    findings.extend(overruled(own.case, &mine));
    findings.extend(not_effective(own));
    findings
}

/// Differences that concern no subscription, and policies, which concern all.
pub(super) fn of_nobody(case: Case<'_>, owns: &[Own<'_>], changes: &[Change]) -> Vec<Finding> {
    let is_users = |change: &Change| matches!(change.resource, Resource::User(_));
    let is_policy = |change: &Change| matches!(change.resource, Resource::Policy(_));
    let others: Vec<&Change> = changes
        .iter()
        .filter(|change| !is_users(change) && !is_policy(change) && !owns.iter().any(|own| concerns(own, change)))
        .collect();
    let mut findings: Vec<Finding> = missing(&others).into_iter().collect();
    findings.extend(others.iter().filter_map(|change| other_kind(case, change)));
    findings.extend(leftovers(&others));
    findings.extend(overruled(case, &others));
    findings.extend(policies(changes));
    findings
}

/// Policies that have to be made or changed.
fn policies(changes: &[Change]) -> Option<Finding> {
    let differs = |change: &&Change| {
        matches!(change.resource, Resource::Policy(_))
            && matches!(change.class, Class::Create | Class::Safe | Class::Dangerous)
    };
    let differing: Vec<&Change> = changes.iter().filter(differs).collect();
    let mut policies: Vec<&Resource> = differing.iter().map(|change| &change.resource).collect();
    policies.dedup();
    if policies.is_empty() {
        return None;
    }
    let what = format!("missing or different: {}", listed(&policies));
    let why = "without them queues have no cap, and a full disk stops the broker";
    // What is dangerous is not applied: somebody has to look.
    Some(match differing.iter().find(|change| change.class == Class::Dangerous) {
        Some(dangerous) => Finding::note(Symptom::Policy, what, dangerous.reason.as_str()).next(PLAN),
        None => Finding::note(Symptom::Policy, what, why).next(APPLY),
    })
}

fn concerns(own: &Own<'_>, change: &Change) -> bool {
    match &change.resource {
        Resource::Exchange(name) | Resource::Queue(name) => own.resources.contains(name) || serves(own, name),
        // What is bound to an exchange of all is not this subscription's.
        Resource::Binding(binding) => {
            serves(own, binding.destination.name()) || binding.source == names::slots_exchange(&own.spec.name)
        }
        Resource::Policy(_) | Resource::User(_) => false,
    }
}

/// Whether a queue or an exchange is the subscription's: one that it should have, one that it had before, or one by which it is migrated.
fn serves(own: &Own<'_>, name: &str) -> bool {
    let name = name.strip_suffix(STANDBY).unwrap_or(name);
    own.queues.contains(name) || names::may_serve(name).any(|subscription| subscription == own.spec.name)
}

/// The command that moves what is in a queue, or comes to it, to where it should be: a migration of the queue itself while that is
/// wanted, else one of the subscription whose queue it was.
fn migrate(case: Case<'_>, queue: &str) -> String {
    let migrated = queue.strip_suffix(STANDBY).unwrap_or(queue);
    let mut of_services = names::may_serve(migrated);
    let name = if case.wanted.queues.contains_key(migrated) {
        migrated.to_owned()
    } else {
        let is_wanted = |own: &SubscriptionName| {
            case.services.iter().flat_map(ServiceSpec::subscriptions).any(|spec| spec.name == *own)
        };
        of_services.find(is_wanted).map_or_else(|| migrated.to_owned(), |own| own.to_string())
    };
    command::about("topology migrate", &name)
}

fn missing(changes: &[&Change]) -> Option<Finding> {
    let missing: Vec<&Resource> =
        changes.iter().filter(|change| change.class == Class::Create).map(|change| &change.resource).collect();
    let [first, rest @ ..] = missing.as_slice() else { return None };
    let finding = Finding::trouble(
        Symptom::Missing,
        format!("missing: {}", listed(&missing)),
        "events that would come this way do not come at all, or fail to be published",
    );
    let finding = finding.next(APPLY);
    Some(match first {
        Resource::Queue(queue) if rest.is_empty() => finding.queue(queue),
        _ => finding,
    })
}

/// An exchange or a queue that cannot be changed in place.
fn other_kind(case: Case<'_>, change: &Change) -> Option<Finding> {
    let (queue, next) = match (&change.resource, change.class) {
        (Resource::Exchange(_) | Resource::Binding(_), Class::Dangerous) => (None, PLAN.to_owned()),
        (Resource::Queue(queue), Class::NeedsMigration) => (Some(queue), migrate(case, queue)),
        _ => return None,
    };
    let value = |value: &Option<Argument>| value.as_ref().map_or("nothing".to_owned(), ToString::to_string);
    let what = match &change.field {
        Some(field) => {
            format!("{} has {field} {}, not {}", change.resource, value(&change.actual), value(&change.wanted))
        }
        None => change.resource.to_string(),
    };
    let finding = Finding::trouble(Symptom::OtherKind, what, change.reason.as_str()).next(next);
    Some(match queue {
        Some(queue) => finding.queue(queue),
        None => finding,
    })
}

/// Bindings that cannot just be made or taken away, since events have to move with them.
fn moving(own: &Own<'_>, changes: &[&Change]) -> Option<Finding> {
    let is_moving =
        |change: &&&Change| change.class == Class::NeedsMigration && matches!(change.resource, Resource::Binding(_));
    let moving: Vec<&&Change> = changes.iter().filter(is_moving).collect();
    let first = moving.first()?;
    let what = format!("{} bindings have to move: {}", moving.len(), first.resource);
    let mut destinations = moving.iter().filter_map(|change| match &change.resource {
        Resource::Binding(binding) => Some(binding.destination.name()),
        _ => None,
    });
    let under_way = destinations.find(|queue| is_migrating(own, queue));
    let next = match under_way {
        Some(queue) => migrate(own.case, queue),
        None => command::about("topology migrate", own.spec.name.as_str()),
    };
    Some(Finding::trouble(Symptom::OldSlots, what, first.reason.as_str()).next(next))
}

/// Whether one of the subscription's queues is being migrated by way of another, and this is one of the two.
fn is_migrating(own: &Own<'_>, queue: &str) -> bool {
    let migrated = queue.strip_suffix(STANDBY).unwrap_or(queue);
    let standing = &own.case.actual.definitions.queues;
    own.queues.contains(migrated) && standing.contains_key(&format!("{migrated}{STANDBY}"))
}

fn leftovers(changes: &[&Change]) -> Option<Finding> {
    let is_leftover =
        |change: &&&Change| change.class == Class::Orphan && matches!(change.resource, Resource::Binding(_));
    let left: Vec<&&Change> = changes.iter().filter(is_leftover).collect();
    let first = left.first()?;
    let names: Vec<&Resource> = left.iter().map(|change| &change.resource).collect();
    let what = format!("left over: {}", listed(&names));
    Some(Finding::note(Symptom::Leftover, what, first.reason.as_str()).next(PRUNE))
}

/// Queues for which somebody else's policy counts.
fn overruled(case: Case<'_>, changes: &[&Change]) -> Option<Finding> {
    let is_overruled =
        |change: &&&Change| matches!(change.resource, Resource::Queue(_)) && change.field.as_deref() == Some("policy");
    let overruled: Vec<&&Change> = changes.iter().filter(is_overruled).collect();
    let first = overruled.first()?;
    let policy = first.actual.as_ref().map_or_else(String::new, ToString::to_string);
    let names: Vec<&Resource> = overruled.iter().map(|change| &change.resource).collect();
    let what = format!("the policy {policy} counts for {}", listed(&names));
    let next = command::on_vhost("rabbitmqctl list_policies", case.vhost, "");
    Some(Finding::trouble(Symptom::Policy, what, first.reason.as_str()).next(next))
}

/// Queues whose policy stands and says nothing of their cap, or not yet.
fn not_effective(own: &Own<'_>) -> Option<Finding> {
    let actual = own.case.actual;
    let capless = |queue: &&String| {
        let ours = policy_of(queue);
        let is_ours = |state: &QueueState| state.policy.as_deref().is_none_or(|policy| policy == ours);
        let state = actual.queues.get(*queue).filter(|state| is_ours(state));
        actual.definitions.policies.contains_key(&ours)
            && state.is_some_and(|state| !state.effective.contains_key(BYTES_MAX))
    };
    let capless: Vec<&String> = own.queues.iter().filter(capless).collect();
    if capless.is_empty() {
        return None;
    }
    let what = format!("no cap is in effect for {}", listed(&capless));
    let why = "their policy stands, and does not count for them, or not yet";
    let next = command::on_vhost("rabbitmqctl list_queues", own.case.vhost, "name policy state");
    Some(Finding::note(Symptom::Policy, what, why).next(next))
}
