//! What has to stand on the broker, derived from the services' values.

mod change;
mod definition;
pub mod doctor;
mod explain;
mod export;
mod expression;
mod migration;
pub mod names;
mod plan;
#[cfg(test)]
#[path = "tests/sample.rs"]
mod sample;
mod users;
mod wanted;

pub use change::{Change, Class, Resource, Verdict, verdict};
pub use definition::{
    Actual, Argument, Arguments, BindingDefinition, ConsumerState, Definitions, Destination, ExchangeDefinition,
    NodeState, Permission, PolicyDefinition, QueueDefinition, QueueState, TopicPermission, UserDefinition,
};
pub use explain::{
    Arrival, Because, Cached, Copies, Explanation, Kind, Meant, Part, Question, QueueExplanation, Reached, explain,
    explain_queue,
};
pub use export::{DefinitionsError, arguments_from_json, from_json, to_json};
pub use migration::{MigrationError, Reordering, Step, moved_copy, next};
pub use plan::{Keep, plan, prunable, prune_order};
pub use users::{DEPLOYER, Declaring, OPERATOR, users};
pub use wanted::{Caps, queue_arguments, slot_arguments, splitter_arguments, wanted};

use std::{collections::BTreeSet, time::Duration};

use crate::{
    name::SubscriptionName,
    partition::{Partitions, SLOTS},
    pattern::Pattern,
    service::{Order, ServiceSpec, SubscriptionSpec},
};

/// Exchanges, queues and bindings: plain data that an adapter declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// The durable topic exchanges, sorted.
    pub exchanges: BTreeSet<String>,
    /// What spreads partitioned subscriptions over their queues.
    pub splitters: Vec<Splitter>,
    /// The durable quorum queues.
    pub queues: Vec<Queue>,
    /// What is bound to what.
    pub bindings: Vec<Binding>,
    /// Which queues a service may put copies into, and by which exchange.
    pub direct: BTreeSet<DirectBinding>,
}

/// A queue bound by its own name to a durable direct exchange: the way of the copies that are meant for this queue alone.
///
/// Each service has [such an exchange](names::queues_exchange) for its own queues and for unrouted events. Whoever may write to the
/// broker's default exchange reaches every queue; whoever may write to this one reaches only what is bound to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirectBinding {
    /// The direct exchange.
    pub exchange: String,
    /// The queue, whose name is the binding key.
    pub queue: String,
}

/// What spreads the events of a partitioned subscription over its queues: a durable headers exchange with a binding for each slot,
/// on the header [`SLOT`](crate::resend::SLOT). What has no slot goes by its alternate exchange to the first queue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Splitter {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Over how many queues, whose names follow from the subscription's: see [`names::partition_queue`].
    pub partitions: Partitions,
}

impl Splitter {
    /// The name of the headers exchange.
    pub fn exchange(&self) -> String {
        names::slots_exchange(&self.subscription)
    }

    /// The name of its alternate exchange, a durable topic exchange to which the first queue is bound with `#`.
    pub fn slotless_exchange(&self) -> String {
        names::slotless_exchange(&self.subscription)
    }

    /// The queue that takes what has no slot.
    pub fn slotless_queue(&self) -> String {
        names::partition_queue(&self.subscription, 0)
    }

    /// Each slot with the queue that it goes to.
    pub fn slots(&self) -> impl Iterator<Item = (u8, String)> {
        (0..SLOTS).map(|slot| (slot, self.queue_of(slot)))
    }

    /// The queue that a slot goes to.
    pub fn queue_of(&self, slot: u8) -> String {
        names::partition_queue(&self.subscription, self.partitions.of_slot(slot))
    }
}

/// A queue with everything about it that can never change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: QueueRole,
}

/// What a queue is for. The arguments that it is declared with follow from this and from its name, so they never change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueueRole {
    /// A subscription's queue, or one of them. What the broker itself gives up on goes to the parked queue: what came back
    /// [`RETURNS_MAX`] times.
    Work {
        /// The parked queue.
        parked: String,
        /// Whether only one consumer at a time gets deliveries, so that they are handled in order.
        single_active: bool,
    },
    /// Events wait here for their next attempt and return to the work queue.
    Wait {
        /// How long.
        delay: Duration,
        /// Where they return to.
        work: String,
    },
    /// A subscription's parked events, or what operators have paused. One reader at a time gets them, and reading them does not wear
    /// them out.
    Parked,
    /// Events that nobody was bound to.
    Unrouted,
}

/// A queue or a splitter bound to a topic exchange.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding {
    /// The exchange.
    pub exchange: String,
    /// What gets the events.
    pub target: Target,
    /// The binding key.
    pub pattern: Pattern,
}

/// What gets the events of a binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The queue of this name.
    Queue(String),
    /// The splitter whose exchange has this name.
    Splitter(String),
}

impl Target {
    /// The name of the queue or exchange.
    pub fn name(&self) -> &str {
        match self {
            Self::Queue(name) | Self::Splitter(name) => name,
        }
    }
}

/// How often a delivery may come back to a work queue before the broker parks it: the last fuse, for an event that ends every process
/// that touches it. With a limit set, what comes back keeps its place at the head of the queue; without one, `RabbitMQ` 3.10 puts it
/// at the end, and order is lost. It is far above what restarts cost, since each of those counts for all that was out.
pub const RETURNS_MAX: u32 = 100;

/// The same for parked queues, where nothing may ever be given up on, however often somebody looks.
pub const PARKED_RETURNS_MAX: u32 = 1_000_000_000;

impl Topology {
    /// The direct exchanges, sorted, each once.
    pub fn direct_exchanges(&self) -> BTreeSet<&str> {
        self.direct.iter().map(|binding| binding.exchange.as_str()).collect()
    }

    /// Joins two topologies: everything of both, once.
    #[must_use]
    pub fn union(mut self, other: Self) -> Self {
        self.exchanges.extend(other.exchanges);
        self.splitters.extend(other.splitters);
        self.queues.extend(other.queues);
        self.bindings.extend(other.bindings);
        self.direct.extend(other.direct);
        self.splitters.sort();
        self.splitters.dedup();
        self.queues.sort();
        self.queues.dedup();
        self.bindings.sort();
        self.bindings.dedup();
        self
    }
}

/// Derives the topology that services need.
///
/// `contexts` are all contexts of the catalogue: each has an exchange, and a pattern that starts with a wildcard binds to every
/// one. A literal first word binds there only, even when the catalogue does not know the context. Every service has an exchange for
/// copies, even one that subscribes to nothing: its own events may be wanted by nobody.
pub fn of_services<'a>(services: impl IntoIterator<Item = &'a ServiceSpec>, contexts: &[&str]) -> Topology {
    let mut topology = Topology::default();
    topology.exchanges.extend(contexts.iter().map(|context| names::exchange(context)));
    topology.exchanges.insert(names::exchange(names::FABRIC_CONTEXT));
    topology.queues.push(Queue { name: names::UNROUTED.to_owned(), role: QueueRole::Unrouted });
    topology.queues.push(Queue { name: names::CONTROL.to_owned(), role: QueueRole::Parked });
    make_reachable(&mut topology, names::FABRIC_QUEUES, [names::UNROUTED, names::CONTROL]);
    for service in services {
        make_reachable(&mut topology, &names::queues_exchange(service.name().as_str()), [names::UNROUTED]);
        for event in service.publishes() {
            let context = event.topic.split('.').next().unwrap_or_default();
            topology.exchanges.insert(names::exchange(context));
        }
        for subscription in service.subscriptions() {
            add(&mut topology, subscription, contexts);
        }
    }
    topology.union(Topology::default())
}

fn add(topology: &mut Topology, subscription: &SubscriptionSpec, contexts: &[&str]) {
    let name = &subscription.name;
    let target = match subscription.order {
        Order::Strict { partitions, .. } if partitions > Partitions::ONE => {
            let splitter = Splitter { subscription: name.clone(), partitions };
            let target = Target::Splitter(splitter.exchange());
            topology.splitters.push(splitter);
            target
        }
        Order::Loose | Order::Strict { .. } => Target::Queue(name.as_str().to_owned()),
    };
    let queues = queues_of(subscription);
    make_reachable(topology, &names::queues_exchange(name.service()), queues.iter().map(|queue| queue.name.as_str()));
    topology.queues.extend(queues);
    for pattern in &subscription.patterns {
        bind(topology, &target, pattern, contexts);
    }
}

/// A subscription's work queues, its parked queue, and its wait queues.
fn queues_of(subscription: &SubscriptionSpec) -> Vec<Queue> {
    let (name, parked) = (&subscription.name, names::parked_queue(&subscription.name));
    let single_active = subscription.order.is_strict();
    let work = || QueueRole::Work { parked: parked.clone(), single_active };
    let mut queues: Vec<Queue> =
        subscription.work_queues().into_iter().map(|name| Queue { name, role: work() }).collect();
    queues.push(Queue { name: parked.clone(), role: QueueRole::Parked });
    if !subscription.order.is_strict() {
        // A strict subscription waits without leaving its queue.
        let wait = |delay| QueueRole::Wait { delay, work: name.as_str().to_owned() };
        let ladder = subscription.retry.ladder().into_iter();
        queues.extend(ladder.map(|delay| Queue { name: names::wait_queue(name, delay), role: wait(delay) }));
    }
    queues
}

/// Binds queues to a direct exchange.
fn make_reachable<'a>(topology: &mut Topology, exchange: &str, queues: impl IntoIterator<Item = &'a str>) {
    let binding = |queue: &str| DirectBinding { exchange: exchange.to_owned(), queue: queue.to_owned() };
    topology.direct.extend(queues.into_iter().map(binding));
}

fn bind(topology: &mut Topology, target: &Target, pattern: &Pattern, contexts: &[&str]) {
    let exchanges: Vec<String> = match pattern.context() {
        Some(context) => vec![names::exchange(context)],
        None => contexts.iter().map(|context| names::exchange(context)).collect(),
    };
    for exchange in exchanges {
        topology.exchanges.insert(exchange.clone());
        topology.bindings.push(Binding { exchange, target: target.clone(), pattern: pattern.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{name::ServiceName, retry::RetryPolicy, service::OnPark};

    fn service(patterns: &[&str], order: Order) -> ServiceSpec {
        let name = SubscriptionName::try_new("academic.audit").unwrap();
        let patterns = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
        let retry = RetryPolicy::try_new(3, 1_000, 4, 60_000, 0).unwrap();
        let subscription = SubscriptionSpec { retry, order, ..SubscriptionSpec::new(name, patterns) };
        ServiceSpec::try_new(ServiceName::try_new("academic").unwrap(), Vec::new(), vec![subscription]).unwrap()
    }

    fn bound(patterns: &[&str]) -> Vec<String> {
        let topology = of_services([&service(patterns, Order::Loose)], &["gradebook", "kyc"]);
        topology.bindings.iter().map(|binding| format!("{} {}", binding.exchange, binding.pattern)).collect()
    }

    #[test]
    fn a_literal_context_binds_there_and_a_wildcard_everywhere() {
        assert_eq!(bound(&["gradebook.#"]), ["events.gradebook gradebook.#"]);
        assert_eq!(bound(&["#"]), ["events.gradebook #", "events.kyc #"]);
        assert_eq!(bound(&["*.grade.posted"]), ["events.gradebook *.grade.posted", "events.kyc *.grade.posted"]);
        assert_eq!(bound(&["other.x.y"]), ["events.other other.x.y"]);
    }

    #[test]
    fn a_subscription_has_its_queue_its_ladder_and_its_parked_queue() {
        let topology = of_services([&service(&["gradebook.#"], Order::Loose)], &["gradebook"]);
        let names: Vec<&str> = topology.queues.iter().map(|queue| queue.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "academic.audit",
                "academic.audit.parked",
                "academic.audit.retry.1000",
                "academic.audit.retry.4000",
                "events.unrouted",
                "fabric.control"
            ]
        );
    }

    #[test]
    fn a_strict_subscription_has_single_active_consumers_and_no_ladder() {
        let names_with = |count| {
            let partitions = Partitions::try_new(count).unwrap();
            let strict = Order::Strict { partitions, on_park: OnPark::GoOn };
            let topology = of_services([&service(&["gradebook.#"], strict)], &["gradebook"]);
            let work = topology.queues.iter().filter(|queue| matches!(queue.role, QueueRole::Work { .. }));
            assert!(work.clone().all(|q| matches!(q.role, QueueRole::Work { single_active: true, .. })));
            assert!(topology.queues.iter().all(|queue| !matches!(queue.role, QueueRole::Wait { .. })));
            let work: Vec<String> = work.map(|queue| queue.name.clone()).collect();
            (work, topology.bindings[0].target.name().to_owned(), topology.splitters.len())
        };
        assert_eq!(names_with(1), (vec!["academic.audit".to_owned()], "academic.audit".to_owned(), 0));
        let (work, target, splitters) = names_with(2);
        assert_eq!(work, ["academic.audit.partition.0", "academic.audit.partition.1"]);
        assert_eq!((target.as_str(), splitters), ("academic.audit.slots", 1));
    }

    #[test]
    fn a_service_reaches_its_own_queues_and_that_for_unrouted_events() {
        let reached = |service: &ServiceSpec| -> Vec<String> {
            let topology = of_services([service], &["gradebook"]);
            assert_eq!(topology.direct_exchanges(), BTreeSet::from(["queues.academic", "queues.fabric"]));
            topology.direct.iter().map(|binding| format!("{} {}", binding.exchange, binding.queue)).collect()
        };
        let platform = ["queues.fabric events.unrouted", "queues.fabric fabric.control"];
        let loose = [
            "queues.academic academic.audit",
            "queues.academic academic.audit.parked",
            "queues.academic academic.audit.retry.1000",
            "queues.academic academic.audit.retry.4000",
            "queues.academic events.unrouted",
        ];
        assert_eq!(reached(&service(&["gradebook.#"], Order::Loose)), [&loose[..], &platform].concat());
        let strict = Order::Strict { partitions: Partitions::try_new(2).unwrap(), on_park: OnPark::GoOn };
        let strict_queues = [
            "queues.academic academic.audit.parked",
            "queues.academic academic.audit.partition.0",
            "queues.academic academic.audit.partition.1",
            "queues.academic events.unrouted",
        ];
        assert_eq!(reached(&service(&["gradebook.#"], strict)), [&strict_queues[..], &platform].concat());
        let silent = ServiceSpec::try_new(ServiceName::try_new("academic").unwrap(), Vec::new(), Vec::new()).unwrap();
        assert_eq!(reached(&silent), [&["queues.academic events.unrouted"][..], &platform].concat());
    }

    #[test]
    fn a_union_has_everything_once() {
        let one = of_services([&service(&["gradebook.#"], Order::Loose)], &["gradebook"]);
        assert_eq!(one.clone().union(one.clone()), one);
    }
}
