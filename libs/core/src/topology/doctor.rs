//! Why events are not consumed, and what to do about it: what stands on the broker, how it is doing and what processes say of
//! themselves, put together for each subscription.

mod cluster;
mod command;
mod consuming;
mod contents;
mod facts;
mod rights;
mod standing;
#[cfg(test)]
mod tests;

pub use facts::{Facts, Handling, ParkedLook, Pause, Process};

use std::collections::BTreeSet;

use super::{Actual, Definitions, names, plan, queues_of};
use crate::{
    name::SubscriptionName,
    service::{ServiceSpec, SubscriptionSpec},
};

/// Everything that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The services whose subscriptions it is about.
    pub services: &'a [ServiceSpec],
    /// What should stand on the broker for them.
    pub wanted: &'a Definitions,
    /// What stands there.
    pub actual: &'a Actual,
    /// What else is known.
    pub facts: &'a Facts,
    /// The virtual host that all of this is about.
    pub vhost: &'a str,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is as it should be.
    Fine,
    /// It is worth knowing, and stops nothing.
    Note,
    /// Events are not consumed, or soon will not be, or not as they should be.
    Trouble,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// None: it is consumed.
    Consumed,
    /// A node is down.
    NodeDown,
    /// A node has too little memory or disk.
    Alarm,
    /// The broker takes nothing from a connection.
    Blocked,
    /// An exchange, a queue or a binding is missing.
    Missing,
    /// An exchange or a queue is of another kind than it should be.
    OtherKind,
    /// Slots are bound to other queues than they should be.
    OldSlots,
    /// Something is bound that nobody wants.
    Leftover,
    /// A policy is missing or differs, or another one counts.
    Policy,
    /// A queue is down, or has no majority of its members.
    QueueDown,
    /// Nobody consumes.
    NoConsumer,
    /// There are consumers, and none of them gets deliveries.
    NoneActive,
    /// Everything that consumers may have out is out.
    PrefetchExhausted,
    /// An operator has paused it.
    Paused,
    /// Its circuit breaker is open.
    CircuitOpen,
    /// A user lacks a right.
    Right,
    /// A queue is full, or nearly.
    Full,
    /// Dead letters have nowhere to go.
    NoRoute,
    /// Events wait for their next attempt.
    Waiting,
    /// Events are parked.
    Parked,
    /// The broker itself has parked events.
    GaveUp,
    /// Nobody was bound to events.
    Unrouted,
    /// Something could not be looked at.
    Unknown,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// What was looked at.
    pub symptom: Symptom,
    /// The subscription that it is about; none when it is about all of them.
    pub subscription: Option<SubscriptionName>,
    /// The queue that it is about, if it is about one.
    pub queue: Option<String>,
    /// What is so.
    pub what: String,
    /// Why, or what comes of it.
    pub why: String,
    /// The command to run next, if there is one.
    pub next: Option<String>,
}

impl Finding {
    fn new(severity: Severity, symptom: Symptom, what: impl Into<String>, why: impl Into<String>) -> Self {
        let (what, why) = (what.into(), why.into());
        Self { severity, symptom, subscription: None, queue: None, what, why, next: None }
    }

    fn trouble(symptom: Symptom, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Severity::Trouble, symptom, what, why)
    }

    fn note(symptom: Symptom, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Severity::Note, symptom, what, why)
    }

    fn next(self, command: impl Into<String>) -> Self {
        Self { next: Some(command.into()), ..self }
    }

    fn queue(self, queue: &str) -> Self {
        Self { queue: Some(queue.to_owned()), ..self }
    }

    fn of(self, subscription: &SubscriptionName) -> Self {
        Self { subscription: Some(subscription.clone()), ..self }
    }

    /// Whether it concerns a subscription, or a queue of it: what is about everything concerns each.
    pub fn concerns(&self, target: &Target) -> bool {
        match target {
            Target::Subscription(name) => {
                self.subscription.as_ref().is_none_or(|own| own == name) && !self.is_elsewhere()
            }
            Target::Queue { name, subscription } => {
                let of_queue = self.queue.as_ref().is_none_or(|own| own == name);
                let of_subscription = self.subscription.is_none() || self.subscription == *subscription;
                of_queue && of_subscription
            }
        }
    }

    /// Whether it is about a queue that no subscription has.
    fn is_elsewhere(&self) -> bool {
        self.subscription.is_none() && self.queue.is_some()
    }
}

/// What somebody asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A subscription.
    Subscription(SubscriptionName),
    /// A queue, and the subscription that it belongs to, if it belongs to one.
    Queue {
        /// Its name.
        name: String,
        /// The subscription.
        subscription: Option<SubscriptionName>,
    },
}

impl Target {
    /// The subscription or the queue of this name; none when the services have neither.
    pub fn find(services: &[ServiceSpec], name: &str) -> Option<Self> {
        let mut subscriptions = services.iter().flat_map(ServiceSpec::subscriptions);
        // A subscription's name is also that of its queue, and asking for it is asking for all of it.
        if let Some(own) = subscriptions.clone().find(|own| own.name.as_str() == name) {
            return Some(Self::Subscription(own.name.clone()));
        }
        let owner = subscriptions.find(|own| queues_of(own).iter().any(|queue| queue.name == name));
        let is_known = owner.is_some() || matches!(name, names::UNROUTED | names::CONTROL);
        let subscription = owner.map(|own| own.name.clone());
        is_known.then(|| Self::Queue { name: name.to_owned(), subscription })
    }

    /// Whether what is parked of a subscription has to be looked at for it.
    pub fn includes_parked_of(&self, subscription: &SubscriptionName) -> bool {
        match self {
            Self::Subscription(name) => name == subscription,
            Self::Queue { name, .. } => *name == names::parked_queue(subscription),
        }
    }
}

/// Looks at everything. What concerns all subscriptions comes first, then each subscription with the gravest first; one with which
/// nothing is the matter has one finding, that it is fine.
pub fn diagnose(case: &Case<'_>) -> Vec<Finding> {
    let changes = plan(case.wanted, case.actual);
    let owns: Vec<Own<'_>> = case.services.iter().flat_map(|service| Own::of(*case, service)).collect();
    let mut findings = cluster::findings(case);
    findings.extend(consuming::unknown(case.facts));
    findings.extend(standing::of_nobody(*case, &owns, &changes));
    findings.extend(rights::of_services(case));
    findings.extend(contents::of_nobody(case));
    sort(&mut findings);
    for own in &owns {
        let mut of_own = standing::findings(own, &changes);
        of_own.extend(cluster::of_queues(own));
        of_own.extend(consuming::findings(own));
        of_own.extend(rights::findings(own));
        of_own.extend(contents::findings(own));
        findings.extend(closed(of_own, || consuming::fine(own), &own.spec.name));
    }
    findings
}

/// Looks at what a process says of itself alone: for a broker inside a process, which nobody else can look at.
pub fn diagnose_process(services: &[ServiceSpec], facts: &Facts) -> Vec<Finding> {
    let Some(process) = &facts.process else { return Vec::new() };
    let mut findings: Vec<Finding> = consuming::broker_trouble(process).into_iter().collect();
    findings.extend(consuming::unknown(facts));
    for spec in services.iter().flat_map(ServiceSpec::subscriptions) {
        let Some(handling) = process.subscriptions.get(&spec.name) else { continue };
        let found = consuming::of_process(spec, handling, facts);
        findings.extend(closed(found, || consuming::fine_in_process(handling), &spec.name));
    }
    findings
}

/// A subscription's findings, the gravest first, and that it is fine if there is no trouble among them.
fn closed(mut findings: Vec<Finding>, fine: impl FnOnce() -> Finding, name: &SubscriptionName) -> Vec<Finding> {
    if findings.iter().all(|finding| finding.severity < Severity::Trouble) {
        findings.push(fine());
    }
    sort(&mut findings);
    findings.into_iter().map(|finding| finding.of(name)).collect()
}

/// The gravest first; where they are equally grave, in the order in which they were looked for.
fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
}

/// A subscription with everything on the broker that is its own.
struct Own<'a> {
    case: Case<'a>,
    spec: &'a SubscriptionSpec,
    work: Vec<String>,
    /// All of its queues.
    queues: BTreeSet<String>,
    /// Its queues, its splitter's exchanges, and the exchanges that its bindings come from.
    resources: BTreeSet<String>,
}

impl<'a> Own<'a> {
    fn of(case: Case<'a>, service: &'a ServiceSpec) -> Vec<Self> {
        let own = |spec: &'a SubscriptionSpec| {
            let queues: BTreeSet<String> = queues_of(spec).into_iter().map(|queue| queue.name).collect();
            let splitter = [names::slots_exchange(&spec.name), names::slotless_exchange(&spec.name)];
            let mut resources: BTreeSet<String> = queues.iter().cloned().chain(splitter).collect();
            let bindings = case.wanted.bindings.iter();
            let sources: Vec<String> = bindings
                .filter(|binding| resources.contains(binding.destination.name()))
                .map(|binding| binding.source.clone())
                .collect();
            resources.extend(sources);
            Self { case, spec, work: spec.work_queues(), queues, resources }
        };
        service.subscriptions().iter().map(own).collect()
    }
}

/// The first few of several names, and how many more there are.
fn listed<T: ToString>(names: &[T]) -> String {
    const SHOWN_MAX: usize = 3;
    let shown = names.iter().take(SHOWN_MAX).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
