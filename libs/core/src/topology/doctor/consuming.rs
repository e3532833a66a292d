//! Whether anybody consumes: pauses, circuits, consumers and what they have out.

use super::{Facts, Finding, Handling, Own, Pause, Process, Symptom, command, listed};
use crate::{breaker::Circuit, service::SubscriptionSpec, topology::QueueState};

/// What is paused, if it could not be read.
pub(super) fn unknown(facts: &Facts) -> Option<Finding> {
    let what = "what operators have paused could not be read";
    let why = "a subscription without consumers may be paused";
    facts.pauses.is_none().then(|| Finding::note(Symptom::Unknown, what, why).next("fabric pause"))
}

/// What a process says of its broker.
pub(super) fn broker_trouble(process: &Process) -> Option<Finding> {
    let detail = process.broker_trouble.as_ref()?;
    let what = format!("the process that was asked says of its broker: {detail}");
    let why = "it publishes nothing, and its handlers that publish wait";
    Some(Finding::trouble(Symptom::Blocked, what, why).next(command::HEALTH))
}

/// What is the matter with the consumers of a subscription.
pub(super) fn findings(own: &Own<'_>) -> Vec<Finding> {
    let facts = own.case.facts;
    let handling = facts.process.as_ref().and_then(|process| process.subscriptions.get(&own.spec.name));
    let mut findings = stopped(own.spec, handling, facts);
    if findings.is_empty() {
        findings.extend(no_consumer(own, handling));
    }
    for queue in &own.work {
        if let Some(state) = own.case.actual.queues.get(queue) {
            findings.extend(of_consumers(own, queue, state, handling));
        }
    }
    findings
}

/// What a process says of a subscription, where nothing else can be looked at.
pub(super) fn of_process(spec: &SubscriptionSpec, handling: &Handling, facts: &Facts) -> Vec<Finding> {
    let mut findings = stopped(spec, Some(handling), facts);
    if findings.is_empty() && !handling.consuming {
        let why = "it has lost its consumers and is about to have them again, or it is on its way out";
        let what = "the process that was asked does not consume it";
        findings.push(Finding::trouble(Symptom::NoConsumer, what, why).next(command::HEALTH));
    }
    findings.extend(super::contents::parked(spec, handling.parked.unwrap_or_default(), facts));
    findings
}

/// Why a subscription is not consumed on purpose: it is paused, or its circuit is open.
fn stopped(spec: &SubscriptionSpec, handling: Option<&Handling>, facts: &Facts) -> Vec<Finding> {
    let name = &spec.name;
    let pause = facts.pauses.as_ref().and_then(|pauses| pauses.get(name));
    let is_paused = pause.is_some() || (facts.pauses.is_none() && handling.is_some_and(|own| own.paused));
    let mut findings = Vec::new();
    if is_paused {
        let paused = Finding::trouble(Symptom::Paused, "it is paused: its events wait in its queue", why_paused(pause));
        findings.push(paused.next(command::about("resume", name.as_str())));
    }
    let circuit = handling.map_or(Circuit::Closed, |own| own.circuit);
    let state = match circuit {
        Circuit::Closed => return findings,
        Circuit::Open => "its circuit is open: the process that was asked has stopped calling its handler for a while",
        Circuit::HalfOpen => "its circuit is half open: the process that was asked tries one event at a time",
    };
    let why = "nearly every attempt failed, so what the handler needs is probably away";
    findings.push(Finding::trouble(Symptom::CircuitOpen, state, why).next(command::about("parked ls", name.as_str())));
    findings
}

fn why_paused(pause: Option<&Pause>) -> String {
    let Some(Pause { reason, by, since }) = pause else { return "an operator has paused it".to_owned() };
    let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
    format!("by {by}{since}: {reason}")
}

fn no_consumer(own: &Own<'_>, handling: Option<&Handling>) -> Option<Finding> {
    let is_alone = |queue: &&String| own.case.actual.queues.get(*queue).is_some_and(|state| state.consumers.is_empty());
    let alone: Vec<&String> = own.work.iter().filter(is_alone).collect();
    let [first, rest @ ..] = alone.as_slice() else { return None };
    let service = own.spec.name.service();
    let what = format!("nobody consumes {}", listed(&alone));
    let (why, next) = match handling {
        Some(own) if own.consuming => (
            "the process that was asked believes that it does: the broker has lost its consumer, and it notices soon"
                .to_owned(),
            command::HEALTH.to_owned(),
        ),
        Some(_) => ("the process that was asked does not either, and says why".to_owned(), command::HEALTH.to_owned()),
        None => (
            format!(
                "no process of {service} runs, or it cannot consume: ask one that runs with fabric health --url URL"
            ),
            command::about("up --services", service),
        ),
    };
    let finding = Finding::trouble(Symptom::NoConsumer, what, why).next(next);
    Some(if rest.is_empty() { finding.queue(first) } else { finding })
}

fn of_consumers(own: &Own<'_>, queue: &str, state: &QueueState, handling: Option<&Handling>) -> Vec<Finding> {
    let consumers = &state.consumers;
    let mut findings = Vec::new();
    if consumers.is_empty() {
        return findings;
    }
    let mut blocked: Vec<&str> =
        consumers.iter().filter(|own| own.blocked).map(|own| own.connection.as_str()).collect();
    blocked.dedup();
    if !blocked.is_empty() {
        let what = format!("the broker takes nothing from {}, which consumes {queue}", listed(&blocked));
        let why = "it blocks connections that publish while a node has too little memory or disk, and their acknowledgements wait";
        findings.push(Finding::trouble(Symptom::Blocked, what, why).queue(queue).next(command::ALARMS));
    }
    if consumers.iter().all(|consumer| !consumer.active) {
        let what = format!("{queue} has {} consumer(s), and none of them is active", consumers.len());
        let why = "the broker gives deliveries only to an active one";
        let columns = "queue_name channel_pid consumer_tag active activity_status";
        let next = command::on_vhost("rabbitmqctl list_consumers", own.case.vhost, columns);
        findings.push(Finding::trouble(Symptom::NoneActive, what, why).queue(queue).next(next));
    }
    findings.extend(exhausted(queue, state, own.spec, handling));
    findings
}

/// Everything that the active consumers may have out is out, and more events wait.
fn exhausted(queue: &str, state: &QueueState, spec: &SubscriptionSpec, handling: Option<&Handling>) -> Option<Finding> {
    let active = || state.consumers.iter().filter(|consumer| consumer.active);
    // Without a prefetch a consumer may have everything out.
    let is_limited = active().next().is_some() && active().all(|consumer| consumer.prefetch > 0);
    let prefetch: u64 = active().map(|consumer| u64::from(consumer.prefetch)).sum();
    if !is_limited || state.unacknowledged < prefetch || state.ready == 0 {
        return None;
    }
    let what = format!(
        "{queue} has {} deliveries out, all of the {prefetch} that its consumers may have, and {} events wait",
        state.unacknowledged, state.ready
    );
    let finding = if handling.is_some_and(|own| own.moving) {
        Finding::note(Symptom::PrefetchExhausted, what, "handlers come to an end, and are slower than events come")
    } else {
        let why = format!(
            "handlers are slow or stuck: each may take {} s, and {} run at a time",
            spec.handler_timeout.as_secs(),
            spec.concurrency_per_queue()
        );
        Finding::trouble(Symptom::PrefetchExhausted, what, why)
    };
    // Without a process that can be asked, the broker tells which channels have deliveries out.
    let channels = "rabbitmqctl list_channels name user vhost prefetch_count messages_unacknowledged";
    Some(finding.queue(queue).next(if handling.is_some() { command::HEALTH } else { channels }))
}

/// That a subscription is consumed, and by whom.
pub(super) fn fine(own: &Own<'_>) -> Finding {
    let states: Vec<&QueueState> = own.work.iter().filter_map(|queue| own.case.actual.queues.get(queue)).collect();
    let sum = |of: fn(&QueueState) -> u64| states.iter().map(|state| of(state)).sum::<u64>();
    let mut holders: Vec<&str> = states
        .iter()
        .flat_map(|state| &state.consumers)
        .filter(|consumer| consumer.active)
        .map(|consumer| consumer.connection.as_str())
        .collect();
    let consumers = states.iter().map(|state| state.consumers.len()).sum::<usize>();
    holders.sort_unstable();
    holders.dedup();
    let held = if own.spec.order.is_strict() { "in order by" } else { "by" };
    let what = format!(
        "{consumers} consumer(s), {} waiting, {} out",
        sum(|state| state.ready),
        sum(|state| state.unacknowledged)
    );
    Finding::new(super::Severity::Fine, Symptom::Consumed, what, format!("consumed {held} {}", listed(&holders)))
}

/// The same as far as a process knows it.
pub(super) fn fine_in_process(handling: &Handling) -> Finding {
    let count = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
    let what = format!("{} consumer(s), {} waiting", count(handling.consumers), count(handling.pending));
    Finding::new(super::Severity::Fine, Symptom::Consumed, what, "consumed by the process that was asked")
}
