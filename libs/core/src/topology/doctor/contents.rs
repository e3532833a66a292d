//! What is in queues, and whether it can get out of them.

use super::{Case, Facts, Finding, Own, Symptom, listed};
use crate::{
    service::SubscriptionSpec,
    topology::{
        Argument, QueueState, names,
        wanted::{BYTES_MAX, dead_letters_of},
    },
};

/// From this share of its cap on a queue counts as full.
const FULL_PERCENT: u64 = 90;

/// What is in the queues that no subscription has.
pub(super) fn of_nobody(case: &Case<'_>) -> Vec<Finding> {
    let state = |queue: &str| case.actual.queues.get(queue);
    let mut findings: Vec<Finding> =
        [names::UNROUTED, names::CONTROL].iter().filter_map(|queue| full(queue, state(queue)?, None)).collect();
    let unrouted = state(names::UNROUTED).map_or(0, |state| state.ready);
    if unrouted > 0 {
        let what = format!("{unrouted} events wait in {} that nobody was bound to", names::UNROUTED);
        let why = "they were published while no binding matched them, and are kept until somebody subscribes to them";
        let next = format!("fabric explain --queue {}", names::UNROUTED);
        findings.push(Finding::note(Symptom::Unrouted, what, why).queue(names::UNROUTED).next(next));
    }
    findings
}

/// What is in the queues of a subscription.
pub(super) fn findings(own: &Own<'_>) -> Vec<Finding> {
    let actual = own.case.actual;
    let (mut findings, mut waiting) = (Vec::new(), 0);
    let parked_queue = names::parked_queue(&own.spec.name);
    for queue in &own.queues {
        let Some(state) = actual.queues.get(queue) else { continue };
        findings.extend(full(queue, state, Some(own.spec)));
        if !own.work.contains(queue) && *queue != parked_queue {
            waiting += state.ready + state.unacknowledged;
        }
    }
    findings.extend(no_route(own));
    if waiting > 0 {
        let what = format!("{waiting} events wait for their next attempt");
        let why = "their handler failed, and is called again after a delay";
        findings.push(Finding::note(Symptom::Waiting, what, why).next("fabric health"));
    }
    let parked_count = actual.queues.get(&parked_queue).map_or(0, |state| state.ready + state.unacknowledged);
    findings.extend(parked(own.spec, parked_count, own.case.facts));
    findings
}

/// What is parked of a subscription.
pub(super) fn parked(spec: &SubscriptionSpec, count: u64, facts: &Facts) -> Vec<Finding> {
    let name = &spec.name;
    let next = format!("fabric parked ls {name}");
    let mut findings = Vec::new();
    let gave_up = facts.gave_up.get(name).copied().unwrap_or_default();
    if gave_up > 0 {
        let what = format!("the broker has given {gave_up} events up, since each came back to its queue too often");
        let why = "they end or block every process that handles them before it can say so, as one that kills it does";
        findings.push(Finding::trouble(Symptom::GaveUp, what, why).queue(&names::parked_queue(name)).next(&next));
    }
    if count > gave_up {
        let why = if spec.order.holds_keys() {
            "they could not be handled, and later events of their keys are parked behind them"
        } else {
            "they could not be handled"
        };
        let note = Finding::note(Symptom::Parked, format!("{} events are parked", count - gave_up), why);
        findings.push(note.queue(&names::parked_queue(name)).next(next));
    }
    findings
}

/// Whether a queue is full, or nearly.
fn full(queue: &str, state: &QueueState, spec: Option<&SubscriptionSpec>) -> Option<Finding> {
    let Some(Argument::Number(cap)) = state.effective.get(BYTES_MAX) else { return None };
    let cap = u64::try_from(*cap).ok()?;
    if u128::from(state.bytes) * 100 < u128::from(cap) * u128::from(FULL_PERCENT) {
        return None;
    }
    let what = format!("{queue} is full, or nearly: it holds {} of {cap} bytes", state.bytes);
    let why = "a full queue refuses events, and whoever publishes them is held up";
    let next = match spec {
        Some(spec) if names::parked_queue(&spec.name) == queue => format!("fabric parked ls {}", spec.name),
        Some(_) => "fabric health".to_owned(),
        None => format!("fabric explain --queue {queue}"),
    };
    Some(Finding::trouble(Symptom::Full, what, why).queue(queue).next(next))
}

/// Queues whose dead letters have nowhere to go: they stay in their queue, invisible to its depth.
fn no_route(own: &Own<'_>) -> Option<Finding> {
    let standing = &own.case.actual.definitions.queues;
    let target = |queue: &String| {
        let target = dead_letters_of(standing.get(queue)?)?;
        (!standing.contains_key(target)).then(|| format!("{queue} to {target}"))
    };
    let dead_ends: Vec<String> = own.queues.iter().filter_map(target).collect();
    if dead_ends.is_empty() {
        return None;
    }
    let what = format!("dead letters have no way from {}", listed(&dead_ends));
    let why = "they stay where they are, counted by nobody, and are tried again every three minutes";
    Some(Finding::trouble(Symptom::NoRoute, what, why).next("fabric topology apply"))
}
