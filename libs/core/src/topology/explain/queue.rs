//! What can reach a queue, and what becomes of what is in it.

use super::{Because, is_bound, matches, partitions_of};
use crate::{
    event::Descriptor,
    name::SubscriptionName,
    service::{ServiceSpec, SubscriptionSpec},
    topology::{
        Arguments, Definitions, Queue, QueueRole, Topology, names,
        users::OPERATOR,
        wanted::{dead_letters_of, policy_of},
    },
};

/// What can reach a queue, who reads it, and how it is made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QueueExplanation {
    /// Its name.
    pub queue: String,
    /// What it is for.
    pub kind: Kind,
    /// The same in a sentence.
    pub purpose: String,
    /// The subscription that it belongs to, if it belongs to one.
    pub subscription: Option<SubscriptionName>,
    /// The events of the catalogue that bindings bring here, sorted by topic.
    pub events: Vec<Arrival>,
    /// The slots that it takes, if a splitter is before it.
    pub slots: Vec<u8>,
    /// By which exchanges copies come that are meant for this queue alone.
    pub copies: Vec<Copies>,
    /// The queues whose dead letters come here: what has waited long enough, or what the broker has given up on.
    pub dead_letters_from: Vec<String>,
    /// The queue that its own dead letters go to.
    pub dead_letters_to: Option<String>,
    /// Who reads it.
    pub read_by: String,
    /// What it is made with. None of it can change.
    pub arguments: Arguments,
    /// The policy that is meant for it.
    pub policy: Option<Meant>,
}

/// What a queue is for, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A subscription's events.
    Work,
    /// Some of a subscription's events: those of a run of slots.
    Partition,
    /// Events that wait for their next attempt.
    Wait,
    /// Events that could not be handled.
    Parked,
    /// Events that nobody was bound to.
    Unrouted,
    /// What operators have paused.
    Control,
}

/// An event that bindings bring to a queue.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Arrival {
    /// Its topic.
    pub topic: &'static str,
    /// The exchange that it comes from.
    pub exchange: String,
    /// The patterns that bring it, each of which would be enough.
    pub because: Vec<Because>,
    /// The services that may publish it, its owner first.
    pub publishers: Vec<&'static str>,
}

/// A way by which copies come.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Copies {
    /// The direct exchange.
    pub exchange: String,
    /// Who may publish to it.
    pub writers: Vec<String>,
}

/// A policy that is meant for a queue.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Meant {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub definition: Arguments,
}

/// Explains a queue of the topology of these services; none when it has no such queue. `wanted` is what [stands](super::super::wanted)
/// for that topology.
pub fn explain_queue(
    services: &[ServiceSpec],
    catalogue: &[Descriptor],
    topology: &Topology,
    wanted: &Definitions,
    queue: &str,
) -> Option<QueueExplanation> {
    let of_topology = topology.queues.iter().find(|each| each.name == queue)?;
    let definition = wanted.queues.get(queue)?;
    let subscription = services.iter().flat_map(ServiceSpec::subscriptions).find(|each| owns(each, queue));
    let kind = kind_of(of_topology, subscription);
    let is_work = matches!(kind, Kind::Work | Kind::Partition);
    let dead = wanted.queues.iter().filter(|(_, other)| dead_letters_of(other) == Some(queue));
    let meant = policy_of(queue);
    Some(QueueExplanation {
        queue: queue.to_owned(),
        purpose: purpose(of_topology, kind, subscription),
        subscription: subscription.map(|each| each.name.clone()),
        events: subscription.filter(|_| is_work).map(|each| arrivals(each, catalogue, topology)).unwrap_or_default(),
        slots: slots(topology, queue),
        copies: copies(topology, queue),
        dead_letters_from: dead.map(|(name, _)| name.clone()).collect(),
        dead_letters_to: dead_letters_of(definition).map(str::to_owned),
        read_by: read_by(kind, subscription),
        arguments: definition.arguments.clone(),
        policy: wanted
            .policies
            .get(&meant)
            .map(|policy| Meant { name: meant.clone(), definition: policy.definition.clone() }),
        kind,
    })
}

/// Whether a queue is one of a subscription's: the names of another's may begin like this one's.
fn owns(subscription: &SubscriptionSpec, queue: &str) -> bool {
    let name = &subscription.name;
    let waits = || subscription.retry.ladder().into_iter().any(|delay| names::wait_queue(name, delay) == queue);
    subscription.work_queues().iter().any(|work| work == queue) || names::parked_queue(name) == queue || waits()
}

fn kind_of(queue: &Queue, subscription: Option<&SubscriptionSpec>) -> Kind {
    match &queue.role {
        QueueRole::Work { .. } if subscription.is_some_and(|each| partitions_of(each).is_some()) => Kind::Partition,
        QueueRole::Work { .. } => Kind::Work,
        QueueRole::Wait { .. } => Kind::Wait,
        QueueRole::Parked if queue.name == names::CONTROL => Kind::Control,
        QueueRole::Parked => Kind::Parked,
        QueueRole::Unrouted => Kind::Unrouted,
    }
}

fn purpose(queue: &Queue, kind: Kind, subscription: Option<&SubscriptionSpec>) -> String {
    let name = subscription.map(|each| each.name.as_str()).unwrap_or_default();
    match (kind, &queue.role) {
        (_, QueueRole::Wait { delay, work }) => {
            format!("events that failed wait here for {} ms, and return to {work}", delay.as_millis())
        }
        (Kind::Partition, _) => {
            format!("events of {name} whose keys fall into its slots wait here to be handled in order")
        }
        (Kind::Work, QueueRole::Work { single_active: true, .. }) => {
            format!("events of {name} wait here to be handled in order")
        }
        (Kind::Work | Kind::Wait, _) => format!("events of {name} wait here to be handled"),
        (Kind::Parked, _) => {
            format!("events that {name} could not handle are kept here until somebody sends them back or drops them")
        }
        (Kind::Unrouted, _) => "events that nobody was bound to are kept here".to_owned(),
        (Kind::Control, _) => "one message for each subscription that operators have paused".to_owned(),
    }
}

fn arrivals(subscription: &SubscriptionSpec, catalogue: &[Descriptor], topology: &Topology) -> Vec<Arrival> {
    let arrives = |event: &Descriptor| {
        let exchange = names::exchange(event.topic.split('.').next().unwrap_or_default());
        let because = matches(&subscription.patterns, event.topic);
        (!because.is_empty() && is_bound(topology, subscription, &exchange)).then(|| Arrival {
            topic: event.topic,
            exchange,
            because,
            publishers: std::iter::once(event.owner).chain(event.publishers.iter().copied()).collect(),
        })
    };
    let mut arrivals: Vec<Arrival> = catalogue.iter().filter_map(arrives).collect();
    arrivals.sort_by_key(|arrival| arrival.topic);
    arrivals
}

fn slots(topology: &Topology, queue: &str) -> Vec<u8> {
    let slots = topology.splitters.iter().flat_map(super::super::Splitter::slots);
    slots.filter(|(_, target)| target == queue).map(|(slot, _)| slot).collect()
}

fn copies(topology: &Topology, queue: &str) -> Vec<Copies> {
    let direct = topology.direct.iter().filter(|binding| binding.queue == queue);
    let way = |exchange: &str| Copies {
        exchange: exchange.to_owned(),
        writers: if exchange == names::FABRIC_QUEUES {
            vec![OPERATOR.to_owned()]
        } else {
            exchange
                .split_once('.')
                .map(|(_, service)| service)
                .into_iter()
                .chain([OPERATOR])
                .map(str::to_owned)
                .collect()
        },
    };
    direct.map(|binding| way(&binding.exchange)).collect()
}

fn read_by(kind: Kind, subscription: Option<&SubscriptionSpec>) -> String {
    let service = subscription.map(|each| each.name.service()).unwrap_or_default();
    match (kind, subscription) {
        (Kind::Work | Kind::Partition, Some(own)) if own.order.is_strict() => format!(
            "{service}: one process at a time, up to {} deliveries out and {} handled at a time",
            own.prefetch,
            own.concurrency_per_queue()
        ),
        (Kind::Work | Kind::Partition, Some(own)) => format!(
            "{service}: every process of it, up to {} deliveries out and {} handled at a time in each",
            own.prefetch, own.concurrency
        ),
        (Kind::Work | Kind::Partition, None) => "nobody".to_owned(),
        (Kind::Wait, _) => "nobody: the broker returns what has waited long enough".to_owned(),
        (Kind::Parked, Some(own)) if own.order.holds_keys() => {
            format!("fabric parked, and {service} to know which keys are held")
        }
        (Kind::Parked, _) => "fabric parked".to_owned(),
        (Kind::Unrouted, _) => "nobody: it is kept until somebody subscribes to it".to_owned(),
        (Kind::Control, _) => "every process, and fabric pause and resume".to_owned(),
    }
}
