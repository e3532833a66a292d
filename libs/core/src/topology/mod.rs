//! What has to stand on the broker, derived from the services' values.

mod explain;
pub mod names;

pub use explain::{Explanation, Reached, explain};

use std::{collections::BTreeSet, time::Duration};

use crate::{name::SubscriptionName, pattern::Pattern, service::ServiceSpec};

/// Exchanges, queues and bindings: plain data that an adapter declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// The durable topic exchanges, sorted.
    pub exchanges: BTreeSet<String>,
    /// The durable quorum queues.
    pub queues: Vec<Queue>,
    /// What is bound to what.
    pub bindings: Vec<Binding>,
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
    /// A subscription's queue. What the broker itself gives up on goes to the parked queue.
    Work {
        /// The parked queue.
        parked: String,
    },
    /// Events wait here for their next attempt and return to the work queue.
    Wait {
        /// How long.
        delay: Duration,
        /// Where they return to.
        work: String,
    },
    /// A subscription's parked events.
    Parked,
    /// Events that nobody was bound to.
    Unrouted,
}

/// A queue bound to an exchange.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding {
    /// The exchange.
    pub exchange: String,
    /// The queue.
    pub queue: String,
    /// The binding key.
    pub pattern: Pattern,
}

impl Topology {
    /// Joins two topologies: everything of both, once.
    #[must_use]
    pub fn union(mut self, other: Self) -> Self {
        self.exchanges.extend(other.exchanges);
        self.queues.extend(other.queues);
        self.bindings.extend(other.bindings);
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
/// one. A literal first word binds there only, even when the catalogue does not know the context.
pub fn of_services<'a>(services: impl IntoIterator<Item = &'a ServiceSpec>, contexts: &[&str]) -> Topology {
    let mut topology = Topology::default();
    topology.exchanges.extend(contexts.iter().map(|context| names::exchange(context)));
    topology.queues.push(Queue { name: names::UNROUTED.to_owned(), role: QueueRole::Unrouted });
    for service in services {
        for event in service.publishes() {
            let context = event.topic.split('.').next().unwrap_or_default();
            topology.exchanges.insert(names::exchange(context));
        }
        for subscription in service.subscriptions() {
            topology.queues.extend(queues_of(&subscription.name, &subscription.retry.ladder()));
            for pattern in &subscription.patterns {
                bind(&mut topology, &subscription.name, pattern, contexts);
            }
        }
    }
    topology.union(Topology::default())
}

fn queues_of(subscription: &SubscriptionName, ladder: &[Duration]) -> Vec<Queue> {
    let work = subscription.as_str().to_owned();
    let parked = names::parked_queue(subscription);
    let wait = |delay: &Duration| Queue {
        name: names::wait_queue(subscription, *delay),
        role: QueueRole::Wait { delay: *delay, work: work.clone() },
    };
    let mut queues = vec![
        Queue { name: work.clone(), role: QueueRole::Work { parked: parked.clone() } },
        Queue { name: parked, role: QueueRole::Parked },
    ];
    queues.extend(ladder.iter().map(wait));
    queues
}

fn bind(topology: &mut Topology, subscription: &SubscriptionName, pattern: &Pattern, contexts: &[&str]) {
    let exchanges: Vec<String> = match pattern.context() {
        Some(context) => vec![names::exchange(context)],
        None => contexts.iter().map(|context| names::exchange(context)).collect(),
    };
    for exchange in exchanges {
        topology.exchanges.insert(exchange.clone());
        topology.bindings.push(Binding { exchange, queue: subscription.as_str().to_owned(), pattern: pattern.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{name::ServiceName, retry::RetryPolicy, service::SubscriptionSpec};

    fn service(patterns: &[&str]) -> ServiceSpec {
        let subscription = SubscriptionSpec {
            name: SubscriptionName::try_new("academic.audit").unwrap(),
            patterns: patterns.iter().map(|pattern| pattern.parse().unwrap()).collect(),
            retry: RetryPolicy::try_new(3, 1_000, 4, 60_000, 0).unwrap(),
            prefetch: 8,
            concurrency: 1,
            handler_timeout: Duration::from_secs(1),
        };
        ServiceSpec::try_new(ServiceName::try_new("academic").unwrap(), Vec::new(), vec![subscription]).unwrap()
    }

    fn bound(patterns: &[&str]) -> Vec<String> {
        let topology = of_services([&service(patterns)], &["gradebook", "kyc"]);
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
        let topology = of_services([&service(&["gradebook.#"])], &["gradebook"]);
        let names: Vec<&str> = topology.queues.iter().map(|queue| queue.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "academic.audit",
                "academic.audit.parked",
                "academic.audit.retry.1000",
                "academic.audit.retry.4000",
                "events.unrouted"
            ]
        );
    }

    #[test]
    fn a_union_has_everything_once() {
        let one = of_services([&service(&["gradebook.#"])], &["gradebook"]);
        assert_eq!(one.clone().union(one.clone()), one);
    }
}
