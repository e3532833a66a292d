//! What is in queues, and whether it can get out of them.

use super::{Case, Facts, Finding, Own, ParkedLook, Symptom, command, listed};
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
        let next = command::about("explain --queue", names::UNROUTED);
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
        findings.extend(full(queue, state, Some(own)));
        if !own.work.contains(queue) && *queue != parked_queue {
            waiting += state.ready + state.unacknowledged;
        }
    }
    findings.extend(no_route(own));
    if waiting > 0 {
        let what = format!("{waiting} events wait for their next attempt");
        let why = "their handler failed, and is called again after a delay";
        findings.push(Finding::note(Symptom::Waiting, what, why).next(progress(own)));
    }
    let parked_count = actual.queues.get(&parked_queue).map_or(0, |state| state.ready + state.unacknowledged);
    findings.extend(parked(own.spec, parked_count, own.case.facts));
    findings
}

/// Says how fast the subscription's queues become shorter: its process does if one was asked, else the broker.
fn progress(own: &Own<'_>) -> String {
    if own.case.facts.process.as_ref().is_some_and(|process| process.subscriptions.contains_key(&own.spec.name)) {
        return command::HEALTH.to_owned();
    }
    let columns = "name messages_ready messages_unacknowledged consumers";
    command::on_vhost("rabbitmqctl list_queues", own.case.vhost, columns)
}

/// What is parked of a subscription.
pub(super) fn parked(spec: &SubscriptionSpec, count: u64, facts: &Facts) -> Vec<Finding> {
    let name = &spec.name;
    let queue = names::parked_queue(name);
    let next = command::about("parked ls", name.as_str());
    let mut findings = Vec::new();
    let look = facts.parked.get(name);
    let (looked_at, gave_up) = match look {
        Some(ParkedLook::Seen { looked_at, gave_up }) => (*looked_at, *gave_up),
        Some(ParkedLook::Busy | ParkedLook::Unread { .. }) | None => (0, 0),
    };
    if gave_up > 0 {
        let of = if looked_at < count { format!(" of the {looked_at} that were parked first") } else { String::new() };
        let what = format!("the broker has given {gave_up} events{of} up, since each came back to its queue too often");
        let why = "they end or block every process that handles them before it can say so, as one that kills it does";
        findings.push(Finding::trouble(Symptom::GaveUp, what, why).queue(&queue).next(&next));
    }
    if count > gave_up {
        let why = if spec.order.holds_keys() {
            "they could not be handled, and later events of their keys are parked behind them"
        } else {
            "they could not be handled"
        };
        let note = Finding::note(Symptom::Parked, format!("{} events are parked", count - gave_up), why);
        findings.push(note.queue(&queue).next(&next));
    }
    findings.extend(look.and_then(|look| not_looked_at(look, name.as_str())).map(|note| note.queue(&queue)));
    findings
}

/// That nobody could look at the parked events.
fn not_looked_at(look: &ParkedLook, subscription: &str) -> Option<Finding> {
    let (why_not, next) = match look {
        ParkedLook::Seen { .. } => return None,
        ParkedLook::Busy => ("somebody else is reading them, such as a redrive; look again when it is done", "doctor"),
        ParkedLook::Unread { detail } => (detail.as_str(), "parked ls"),
    };
    let what = format!("its parked events could not be looked at: {why_not}");
    let why = "the broker may have given some of them up";
    Some(Finding::note(Symptom::Unknown, what, why).next(command::about(next, subscription)))
}

/// Whether a queue is full, or nearly.
fn full(queue: &str, state: &QueueState, own: Option<&Own<'_>>) -> Option<Finding> {
    let Some(Argument::Number(cap)) = state.effective.get(BYTES_MAX) else { return None };
    let cap = u64::try_from(*cap).ok()?;
    if u128::from(state.bytes) * 100 < u128::from(cap) * u128::from(FULL_PERCENT) {
        return None;
    }
    let what = format!("{queue} is full, or nearly: it holds {} of {cap} bytes", state.bytes);
    let why = "a full queue refuses events, and whoever publishes them is held up";
    let next = match own {
        Some(own) if names::parked_queue(&own.spec.name) == queue => {
            command::about("parked ls", own.spec.name.as_str())
        }
        Some(own) => progress(own),
        None => command::about("explain --queue", queue),
    };
    Some(Finding::trouble(Symptom::Full, what, why).queue(queue).next(next))
}

/// Queues whose dead letters have nowhere to go: they stay in their queue, invisible to its depth.
fn no_route<'a>(own: &'a Own<'_>) -> Option<Finding> {
    let standing = &own.case.actual.definitions.queues;
    let dead_end = |queue: &'a String| {
        let target = dead_letters_of(standing.get(queue)?)?;
        (!standing.contains_key(target)).then_some((queue, target))
    };
    let dead_ends: Vec<(&String, &str)> = own.queues.iter().filter_map(dead_end).collect();
    let (first, target) = dead_ends.first()?;
    let ways: Vec<String> = dead_ends.iter().map(|(queue, target)| format!("{queue} to {target}")).collect();
    let what = format!("dead letters have no way from {}", listed(&ways));
    let why = "they stay where they are, counted by nobody, and are tried again every three minutes";
    let next = if own.case.wanted.queues.contains_key(*target) {
        command::APPLY.to_owned()
    } else {
        // Nobody makes what it leads to: the queue itself is one of before.
        command::about("topology migrate", first)
    };
    Some(Finding::trouble(Symptom::NoRoute, what, why).next(next))
}
