//! Where what stands differs from what should: the plan, told for each subscription.

use super::{Finding, Own, Symptom, listed};
use crate::topology::{Change, Class, Resource, names, wanted::BYTES_MAX, wanted::policy_of};

/// What makes missing things.
const APPLY: &str = "fabric topology apply";
/// What says more about everything that differs.
const PLAN: &str = "fabric topology plan";

/// Differences that concern a subscription.
pub(super) fn findings(own: &Own<'_>, changes: &[Change]) -> Vec<Finding> {
    let mine: Vec<&Change> = changes.iter().filter(|change| concerns(own, change)).collect();
    let mut findings: Vec<Finding> = missing(&mine).into_iter().collect();
    findings.extend(mine.iter().filter_map(|change| other_kind(change)));
    findings.extend(old_slots(own, &mine));
    findings.extend(leftovers(&mine));
    findings.extend(overruled(&mine));
    findings.extend(not_effective(own));
    findings
}

/// Differences that concern no subscription, and policies, which concern all.
pub(super) fn of_nobody(owns: &[Own<'_>], changes: &[Change]) -> Vec<Finding> {
    let is_users = |change: &Change| matches!(change.resource, Resource::User(_));
    let is_policy = |change: &Change| matches!(change.resource, Resource::Policy(_));
    let others: Vec<&Change> = changes
        .iter()
        .filter(|change| !is_users(change) && !is_policy(change) && !owns.iter().any(|own| concerns(own, change)))
        .collect();
    let mut findings: Vec<Finding> = missing(&others).into_iter().collect();
    findings.extend(others.iter().filter_map(|change| other_kind(change)));
    findings.extend(leftovers(&others));
    findings.extend(overruled(&others));
    let mut policies: Vec<&Resource> =
        changes.iter().filter(|change| is_policy(change) && is_wanted(change)).map(|change| &change.resource).collect();
    policies.dedup();
    if !policies.is_empty() {
        let what = format!("missing or different: {}", listed(&policies));
        let why = "without them queues have no cap, and a full disk stops the broker";
        findings.push(Finding::note(Symptom::Policy, what, why).next(APPLY));
    }
    findings
}

fn is_wanted(change: &Change) -> bool {
    matches!(change.class, Class::Create | Class::Safe | Class::Dangerous)
}

fn concerns(own: &Own<'_>, change: &Change) -> bool {
    match &change.resource {
        Resource::Exchange(name) | Resource::Queue(name) => own.resources.contains(name),
        Resource::Binding(binding) => {
            let target = binding.destination.name();
            // What is bound to an exchange of all is not this subscription's.
            own.queues.contains(target)
                || binding.source == names::slots_exchange(&own.spec.name)
                || target == names::slots_exchange(&own.spec.name)
                || target == names::slotless_exchange(&own.spec.name)
        }
        Resource::Policy(_) | Resource::User(_) => false,
    }
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
fn other_kind(change: &Change) -> Option<Finding> {
    let (queue, next) = match (&change.resource, change.class) {
        (Resource::Exchange(_) | Resource::Binding(_), Class::Dangerous) => (None, PLAN.to_owned()),
        (Resource::Queue(queue), Class::NeedsMigration) => (Some(queue), format!("fabric topology migrate {queue}")),
        _ => return None,
    };
    let value =
        |value: &Option<super::super::Argument>| value.as_ref().map_or("nothing".to_owned(), ToString::to_string);
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

fn old_slots(own: &Own<'_>, changes: &[&Change]) -> Option<Finding> {
    let slots = changes
        .iter()
        .filter(|change| change.class == Class::NeedsMigration && matches!(change.resource, Resource::Binding(_)));
    let first = slots.clone().next()?;
    let what = format!("{} bindings are those of before: {}", slots.count(), first.resource);
    let next = format!("fabric topology migrate {}", own.spec.name);
    Some(Finding::trouble(Symptom::OldSlots, what, first.reason.as_str()).next(next))
}

fn leftovers(changes: &[&Change]) -> Option<Finding> {
    let is_leftover =
        |change: &&&Change| change.class == Class::Orphan && matches!(change.resource, Resource::Binding(_));
    let left: Vec<&&Change> = changes.iter().filter(is_leftover).collect();
    let first = left.first()?;
    let names: Vec<&Resource> = left.iter().map(|change| &change.resource).collect();
    let what = format!("left over: {}", listed(&names));
    Some(Finding::note(Symptom::Leftover, what, first.reason.as_str()).next("fabric topology apply --prune"))
}

/// Queues for which somebody else's policy counts.
fn overruled(changes: &[&Change]) -> Option<Finding> {
    let is_overruled =
        |change: &&&Change| matches!(change.resource, Resource::Queue(_)) && change.field.as_deref() == Some("policy");
    let overruled: Vec<&&Change> = changes.iter().filter(is_overruled).collect();
    let first = overruled.first()?;
    let policy = first.actual.as_ref().map_or_else(String::new, ToString::to_string);
    let names: Vec<&Resource> = overruled.iter().map(|change| &change.resource).collect();
    let what = format!("the policy {policy} counts for {}", listed(&names));
    Some(Finding::trouble(Symptom::Policy, what, first.reason.as_str()).next("rabbitmqctl list_policies"))
}

/// Queues whose policy stands and says nothing of their cap, or not yet.
fn not_effective(own: &Own<'_>) -> Option<Finding> {
    let actual = own.case.actual;
    let capless = |queue: &&String| {
        let ours = policy_of(queue);
        let is_ours = |state: &super::super::QueueState| state.policy.as_deref().is_none_or(|policy| policy == ours);
        let state = actual.queues.get(*queue).filter(|state| is_ours(state));
        actual.definitions.policies.contains_key(ours)
            && state.is_some_and(|state| !state.effective.contains_key(BYTES_MAX))
    };
    let capless: Vec<&String> = own.queues.iter().filter(capless).collect();
    if capless.is_empty() {
        return None;
    }
    let what = format!("no cap is in effect for {}", listed(&capless));
    let why = "their policy stands, and does not count for them, or not yet";
    Some(Finding::note(Symptom::Policy, what, why).next(PLAN))
}
