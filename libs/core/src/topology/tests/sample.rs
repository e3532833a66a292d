//! Services and topologies to test with.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    Actual, BindingDefinition, Caps, Change, Class, Definitions, Destination, NodeState, QueueState, Resource,
    Topology, of_services, prunable, prune_order, wanted, wanted::policy_of,
};
use crate::{
    name::{ServiceName, SubscriptionName},
    partition::Partitions,
    retry::RetryPolicy,
    service::{OnPark, Order, ServiceSpec, SubscriptionSpec},
};

pub(super) const CONTEXTS: [&str; 3] = ["gradebook", "kyc", "fabric"];

pub(super) fn strict(partitions: u8) -> Order {
    Order::Strict { partitions: Partitions::try_new(partitions).unwrap(), on_park: OnPark::GoOn }
}

pub(super) fn subscription(name: &str, patterns: &[&str], order: Order) -> SubscriptionSpec {
    let patterns = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
    let retry = RetryPolicy::try_new(3, 1_000, 4, 60_000, 0).unwrap();
    SubscriptionSpec { retry, order, ..SubscriptionSpec::new(SubscriptionName::try_new(name).unwrap(), patterns) }
}

pub(super) fn service(name: &str, subscriptions: Vec<SubscriptionSpec>) -> ServiceSpec {
    ServiceSpec::try_new(ServiceName::try_new(name).unwrap(), Vec::new(), subscriptions).unwrap()
}

pub(super) fn topology(services: &[ServiceSpec]) -> Topology {
    of_services(services, &CONTEXTS)
}

/// A loose, a strict and a partitioned subscription of two services.
pub(super) fn two_services() -> Vec<ServiceSpec> {
    vec![
        service(
            "academic",
            vec![
                subscription("academic.audit", &["gradebook.#", "kyc.*.*"], Order::Loose),
                subscription("academic.parked", &["#"], Order::Loose),
                subscription("academic.progress", &["gradebook.grade.*"], strict(1)),
            ],
        ),
        service("kyc-2", vec![subscription("kyc-2.identity.checks", &["kyc.#"], strict(4))]),
    ]
}

/// What is wanted for services.
pub(super) fn definitions(services: &[ServiceSpec]) -> Definitions {
    wanted(&topology(services), &Caps::default())
}

/// A broker of one node on which these stand, with empty queues to which the right policies apply.
pub(super) fn standing(definitions: Definitions) -> Actual {
    let state = |queue: &String| QueueState {
        policy: Some(policy_of(queue)),
        state: "running".to_owned(),
        online: Some((1, 1)),
        ..QueueState::default()
    };
    let queues = definitions.queues.keys().map(|queue| (queue.clone(), state(queue))).collect();
    let node = NodeState { name: "rabbit@one".to_owned(), running: true, ..NodeState::default() };
    Actual { definitions, queues, nodes: vec![node], version: "3.10.8".to_owned() }
}

/// Any services with any of a few subscriptions, so that two of them often have some in common.
pub(super) fn any_services() -> impl Strategy<Value = Vec<ServiceSpec>> {
    let order = prop_oneof![Just(Order::Loose), (1_u8..6).prop_map(strict)];
    let patterns = proptest::sample::subsequence(vec!["gradebook.#", "kyc.*.*", "#", "gradebook.grade.posted"], 1..3);
    let retry = proptest::sample::select(vec![(2, 500), (3, 1_000), (4, 1_000)]);
    let subscription = |name: String| {
        let (order, patterns, retry) = (order.clone(), patterns.clone(), retry.clone());
        let made = (order, patterns, retry).prop_map(move |(order, patterns, (attempts, first))| SubscriptionSpec {
            retry: RetryPolicy::try_new(attempts, first, 4, 60_000, 0).unwrap(),
            handler_timeout: Duration::from_secs(1),
            ..self::subscription(&name, &patterns, order)
        });
        proptest::option::weighted(0.7, made)
    };
    let of = |name: &'static str| {
        let (one, two) = (subscription(format!("{name}.audit")), subscription(format!("{name}.feed")));
        let made = (one, two).prop_map(move |(one, two)| service(name, [one, two].into_iter().flatten().collect()));
        proptest::option::weighted(0.8, made)
    };
    (of("academic"), of("social")).prop_map(|(one, two)| [one, two].into_iter().flatten().collect())
}

/// A broker on which these changes are applied: what is missing is made, what can be changed is, and the orphans that `prunable`
/// allows are taken away.
pub(super) fn applied(mut actual: Actual, wanted: &Definitions, changes: &[Change]) -> Actual {
    for change in changes {
        match change.class {
            Class::Create => create(&mut actual.definitions, wanted, &change.resource),
            Class::Safe => adjust(&mut actual.definitions, wanted, change),
            Class::Noop | Class::Orphan | Class::Dangerous | Class::NeedsMigration => {}
        }
    }
    for change in prune_order(changes, &actual.clone()) {
        if prunable(change, changes, &actual).is_ok() {
            remove(&mut actual.definitions, &change.resource);
        }
    }
    refreshed(actual)
}

/// With a state for each queue that stands, and the policy that counts for it.
pub(super) fn refreshed(mut actual: Actual) -> Actual {
    let definitions = &actual.definitions;
    actual.queues.retain(|queue, _| definitions.queues.contains_key(queue));
    for queue in definitions.queues.keys() {
        let state = actual.queues.entry(queue.clone()).or_default();
        if state.policy.as_deref().is_none_or(|policy| policy.starts_with("fabric-")) {
            let ours = policy_of(queue);
            state.policy = definitions.policies.contains_key(&ours).then_some(ours);
        }
    }
    actual
}

fn create(standing: &mut Definitions, wanted: &Definitions, resource: &Resource) {
    match resource {
        Resource::Exchange(name) => drop(standing.exchanges.insert(name.clone(), wanted.exchanges[name].clone())),
        Resource::Queue(name) => drop(standing.queues.insert(name.clone(), wanted.queues[name].clone())),
        Resource::Policy(name) => drop(standing.policies.insert(name.clone(), wanted.policies[name].clone())),
        Resource::User(name) => drop(standing.users.insert(name.clone(), wanted.users[name].clone())),
        Resource::Binding(binding) => {
            assert!(standing.exchanges.contains_key(&binding.source), "{binding} cannot be made");
            match &binding.destination {
                Destination::Queue(queue) => assert!(standing.queues.contains_key(queue), "{binding} cannot be made"),
                Destination::Exchange(name) => {
                    assert!(standing.exchanges.contains_key(name), "{binding} cannot be made");
                }
            }
            standing.bindings.insert(BindingDefinition::clone(binding));
        }
    }
}

fn adjust(standing: &mut Definitions, wanted: &Definitions, change: &Change) {
    let field = change.field.as_deref().unwrap_or_default();
    match &change.resource {
        Resource::User(name) => drop(standing.users.insert(name.clone(), wanted.users[name].clone())),
        Resource::Policy(name) => {
            let (policy, wanted) = (standing.policies.get_mut(name).unwrap(), wanted.policies[name].clone());
            match field {
                "pattern" => policy.pattern = wanted.pattern,
                "apply_to" => policy.apply_to = wanted.apply_to,
                "priority" => policy.priority = wanted.priority,
                _ => match wanted.definition.get(field) {
                    Some(value) => drop(policy.definition.insert(field.to_owned(), value.clone())),
                    None => drop(policy.definition.remove(field)),
                },
            }
        }
        other => panic!("{other} cannot be changed in place"),
    }
}

/// Takes something away, with the bindings that go with it.
pub(super) fn remove(standing: &mut Definitions, resource: &Resource) {
    match resource {
        Resource::Exchange(name) => {
            standing.exchanges.remove(name);
            let gone = Destination::Exchange(name.clone());
            standing.bindings.retain(|binding| binding.source != *name && binding.destination != gone);
        }
        Resource::Queue(name) => {
            standing.queues.remove(name);
            standing.bindings.retain(|binding| binding.destination != Destination::Queue(name.clone()));
        }
        Resource::Policy(name) => drop(standing.policies.remove(name)),
        Resource::User(name) => drop(standing.users.remove(name)),
        Resource::Binding(binding) => drop(standing.bindings.remove(&**binding)),
    }
}
