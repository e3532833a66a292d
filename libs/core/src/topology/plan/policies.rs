//! Policies: what operators tune, and what others may have put above it.

use std::collections::BTreeMap;

use super::{Compared, Difference, MISSING, differing, or_noop, whole};
use crate::topology::{
    Argument, Change, Class, PolicyDefinition, Resource,
    wanted::{BYTES_MAX, policy_of},
};

pub(super) fn changes(compared: &Compared<'_>) -> Vec<Change> {
    let wanted = compared.wanted.policies.iter();
    let mut changes: Vec<Change> = wanted.flat_map(|(name, policy)| of_policy(compared, name, policy)).collect();
    changes.extend(overruled(compared));
    changes
}

fn of_policy(compared: &Compared<'_>, name: &str, wanted: &PolicyDefinition) -> Vec<Change> {
    let resource = Resource::Policy(name.to_owned());
    let refusing = refusing(compared, name, wanted);
    let Some(actual) = compared.actual.definitions.policies.get(name) else {
        return vec![match refusing {
            Some(reason) => whole(resource, Class::Dangerous, &reason),
            None => whole(resource, Class::Create, MISSING),
        }];
    };
    let mut fields: Vec<Difference> = Vec::new();
    let mut compare = |field: &str, actual: Argument, wanted: Argument| {
        if actual != wanted {
            fields.push((field.to_owned(), Some(actual), Some(wanted)));
        }
    };
    compare("apply_to", actual.apply_to.as_str().into(), wanted.apply_to.as_str().into());
    compare("pattern", actual.pattern.as_str().into(), wanted.pattern.as_str().into());
    compare("priority", actual.priority.into(), wanted.priority.into());
    fields.extend(differing(&actual.definition, &wanted.definition));
    let change = |(field, actual, wanted): Difference| {
        let raised = field == BYTES_MAX && is_raised(actual.as_ref(), wanted.as_ref());
        let (class, reason) = match &refusing {
            Some(reason) if !raised => (Class::Dangerous, reason.clone()),
            _ => (Class::Safe, "a policy takes effect at once, and no queue holds more than it allows".to_owned()),
        };
        Change { class, resource: resource.clone(), field: Some(field), actual, wanted, reason }
    };
    or_noop(fields.into_iter().map(change).collect(), &resource)
}

fn is_raised(actual: Option<&Argument>, wanted: Option<&Argument>) -> bool {
    matches!((actual, wanted), (Some(Argument::Number(actual)), Some(Argument::Number(wanted))) if actual < wanted)
}

/// Why a policy cannot just be put in force: a queue already holds more than it will allow, and has no such limit yet.
fn refusing(compared: &Compared<'_>, policy: &str, wanted: &PolicyDefinition) -> Option<String> {
    let bytes_max = number(wanted.definition.get(BYTES_MAX))?;
    let mut queues = compared.actual.queues.iter();
    queues.find_map(|(queue, state)| {
        let concerned = compared.is_ours(queue) && policy_of(queue) == policy;
        let limited = number(state.effective.get(BYTES_MAX)).is_some_and(|effective| effective <= bytes_max);
        let full = concerned && !limited && state.bytes > bytes_max;
        full.then(|| format!("{queue} holds {} bytes: it would refuse every event from now on", state.bytes))
    })
}

fn number(argument: Option<&Argument>) -> Option<u64> {
    match argument? {
        Argument::Number(number) => u64::try_from(*number).ok(),
        Argument::Truth(_) | Argument::Text(_) => None,
    }
}

/// Queues for which somebody else's policy counts.
fn overruled(compared: &Compared<'_>) -> Vec<Change> {
    let ours = |queue: &str| Some(policy_of(queue)).filter(|ours| compared.wanted.policies.contains_key(ours));
    let queues = compared.wanted.queues.keys().filter_map(|queue| {
        let (state, ours) = (compared.actual.queues.get(queue)?, ours(queue)?);
        let foreign = state.policy.as_deref().filter(|name| !compared.wanted.policies.contains_key(*name))?;
        // One with a lower priority only seems to count, until ours is made or the broker has looked again.
        let priority = |policies: &BTreeMap<String, PolicyDefinition>, name| policies.get(name).map(|p| p.priority);
        let wins = priority(&compared.actual.definitions.policies, foreign)
            .is_none_or(|theirs| Some(theirs) >= priority(&compared.wanted.policies, &ours));
        if !wins {
            return None;
        }
        Some(Change {
            class: Class::Dangerous,
            resource: Resource::Queue(queue.clone()),
            field: Some("policy".to_owned()),
            actual: Some(foreign.into()),
            wanted: Some(ours.into()),
            reason: format!("of several policies one counts, and {foreign} wins over ours: lower its priority"),
        })
    });
    queues.collect()
}
