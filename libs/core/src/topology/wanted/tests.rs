use std::time::Duration;

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::{
    partition::Partitions,
    topology::sample::{any_services, topology, two_services},
};

fn shown(arguments: &Arguments) -> Vec<String> {
    arguments.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[test]
fn the_arguments_of_a_queue_are_fixed_by_its_role() {
    let work = |single_active| QueueRole::Work { parked: "kyc.audit.parked".to_owned(), single_active };
    let dead_letters = |to: &str| {
        [
            "x-dead-letter-exchange=\"\"".to_owned(),
            format!("x-dead-letter-routing-key={to:?}"),
            "x-dead-letter-strategy=\"at-least-once\"".to_owned(),
        ]
    };
    let strict = [
        &dead_letters("kyc.audit.parked")[..],
        &[
            "x-delivery-limit=100".to_owned(),
            "x-overflow=\"reject-publish\"".to_owned(),
            "x-queue-type=\"quorum\"".to_owned(),
            "x-single-active-consumer=true".to_owned(),
        ],
    ]
    .concat();
    assert_eq!(shown(&queue_arguments(&work(true))), strict);
    assert_eq!(shown(&queue_arguments(&work(false))), strict[..6], "the same without the single active consumer");
    let wait = QueueRole::Wait { delay: Duration::from_secs(4), work: "kyc.audit".to_owned() };
    let waiting = [
        &dead_letters("kyc.audit")[..],
        &[
            "x-message-ttl=4000".to_owned(),
            "x-overflow=\"reject-publish\"".to_owned(),
            "x-queue-type=\"quorum\"".to_owned(),
        ],
    ]
    .concat();
    assert_eq!(shown(&queue_arguments(&wait)), waiting);
    let kept = ["x-delivery-limit=1000000000", "x-overflow=\"reject-publish\"", "x-queue-type=\"quorum\""];
    assert_eq!(shown(&queue_arguments(&QueueRole::Unrouted)), kept);
    let parked = [&kept[..], &["x-single-active-consumer=true"]].concat();
    assert_eq!(shown(&queue_arguments(&QueueRole::Parked)), parked);
}

#[test]
fn the_arguments_of_a_splitter_and_its_bindings_are_fixed_too() {
    let splitter = Splitter { subscription: "kyc.audit".parse().unwrap(), partitions: Partitions::ONE };
    assert_eq!(shown(&splitter_arguments(&splitter)), ["alternate-exchange=\"kyc.audit.slotless\""]);
    assert_eq!(shown(&slot_arguments(63)), ["fabric-slot=63", "x-match=\"all\""]);
}

#[test]
fn everything_of_a_topology_is_wanted() {
    let wanted = wanted(&topology(&two_services()), &Caps::default());
    let exchanges: Vec<String> =
        wanted.exchanges.iter().map(|(name, exchange)| format!("{name} {}", exchange.kind)).collect();
    assert_eq!(
        exchanges,
        [
            "events.fabric topic",
            "events.gradebook topic",
            "events.kyc topic",
            "kyc-2.identity.checks.slotless topic",
            "kyc-2.identity.checks.slots headers",
            "queues.academic direct",
            "queues.fabric direct",
            "queues.kyc-2 direct",
        ]
    );
    let queues: Vec<&str> = wanted.queues.keys().map(String::as_str).collect();
    assert_eq!(queues.len(), 2 * 4 + 2 + 5 + 2, "{queues:?}");
    let of_source = |source: &str| wanted.bindings.iter().filter(|binding| binding.source == source).count();
    let sources = ["kyc-2.identity.checks.slots", "kyc-2.identity.checks.slotless", "queues.kyc-2", "events.kyc"];
    assert_eq!(sources.map(of_source), [64, 1, 6, 3]);
    let ends_stand = |binding: &BindingDefinition| {
        let destination_stands = match &binding.destination {
            Destination::Queue(queue) => wanted.queues.contains_key(queue),
            Destination::Exchange(exchange) => wanted.exchanges.contains_key(exchange),
        };
        destination_stands && wanted.exchanges.contains_key(&binding.source)
    };
    assert!(wanted.bindings.iter().all(ends_stand));
    assert!(wanted.users.is_empty());
}

/// Whether a policy's pattern matches, with the one look-ahead that ours have, which the `regex` crate does not know.
fn matches(pattern: &str, queue: &str) -> bool {
    let plain = |pattern: &str| Regex::new(pattern).unwrap().is_match(queue);
    match pattern.split_once("(?!") {
        None => plain(pattern),
        Some((before, rest)) => {
            let (not, after) = rest.split_once("$)").unwrap();
            plain(&format!("{before}{after}")) && !plain(&format!("{before}{not}$"))
        }
    }
}

fn matching(policies: &BTreeMap<String, PolicyDefinition>, queue: &str) -> Vec<String> {
    let matching = policies.iter().filter(|(_, policy)| matches(&policy.pattern, queue));
    matching.map(|(name, _)| name.clone()).collect()
}

#[test]
fn caps_become_policies() {
    let caps = Caps { work_bytes_max: 1, wait_bytes_max: 2, parked_bytes_max: 3, unrouted_bytes_max: u64::MAX };
    let policies = wanted(&topology(&two_services()), &caps).policies;
    let shown: Vec<String> = policies
        .iter()
        .map(|(name, policy)| format!("{name} {} {}", policy.pattern, policy.definition[BYTES_MAX]))
        .collect();
    assert_eq!(
        shown,
        [
            r"fabric-control ^(fabric\.control(\.standby)?)$ 3",
            r"fabric-parked.academic ^academic\..+\.parked(\.standby)?$ 3",
            r"fabric-parked.kyc-2 ^kyc-2\..+\.parked(\.standby)?$ 3",
            r"fabric-unrouted ^(events\.unrouted(\.standby)?)$ 9223372036854775807",
            r"fabric-wait.academic ^academic\..+\.retry\.[0-9]+(\.standby)?$ 2",
            r"fabric-wait.kyc-2 ^kyc-2\..+\.retry\.[0-9]+(\.standby)?$ 2",
            r"fabric-work.academic ^academic\.(?!.+\.(parked|retry\.[0-9]+)(\.standby)?$).+$ 1",
            r"fabric-work.kyc-2 ^kyc-2\.(?!.+\.(parked|retry\.[0-9]+)(\.standby)?$).+$ 1",
        ]
    );
    assert!(policies.values().all(|policy| policy.apply_to == "queues"));
    let none = wanted(&topology(&[]), &caps).policies;
    assert_eq!(none.keys().collect::<Vec<_>>(), ["fabric-control", "fabric-unrouted"], "there is nothing to work on");
}

/// A service that is deployed or goes changes nothing for the others.
#[test]
fn the_policies_of_a_service_are_its_own() {
    let services = two_services();
    let both = wanted(&topology(&services), &Caps::default()).policies;
    let one = wanted(&topology(&services[..1]), &Caps::default()).policies;
    assert!(one.iter().all(|(name, policy)| both.get(name) == Some(policy)));
    assert!(both.keys().filter(|name| !one.contains_key(*name)).all(|name| name.ends_with(".kyc-2")));
}

#[test]
fn policies_leave_the_queues_of_others_alone() {
    let policies = wanted(&topology(&two_services()), &Caps::default()).policies;
    for foreign in
        ["orders", "academics.audit", "x.academic.audit", "kyc.audit.parked", "events.unrouted.2", "academic"]
    {
        assert_eq!(matching(&policies, foreign), [""; 0], "{foreign}");
    }
    for (queue, policy) in [
        ("academic.retry.1000", WORK),
        ("academic.x.retry.1000", WAIT),
        ("academic.x.retry.soon", WORK),
        ("academic.x.parked.standby", PARKED),
        ("academic.standby", WORK),
    ] {
        assert_eq!(matching(&policies, queue), [of_service(policy, "academic")], "{queue}");
        assert_eq!(policy_of(queue), of_service(policy, "academic"), "{queue}");
    }
}

proptest! {
    #[test]
    fn exactly_one_policy_counts_for_each_queue(services in any_services()) {
        let wanted = wanted(&topology(&services), &Caps::default());
        for queue in wanted.queues.keys() {
            for queue in [queue.clone(), format!("{queue}{STANDBY}")] {
                prop_assert_eq!(matching(&wanted.policies, &queue), [policy_of(&queue)], "{}", queue);
            }
        }
    }
}
