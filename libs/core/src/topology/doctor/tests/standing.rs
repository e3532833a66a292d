//! What stands otherwise than it should, and policies.

use std::collections::BTreeMap;

use super::{check, world::AUDIT};
use crate::topology::{BindingDefinition, Destination, ExchangeDefinition, PolicyDefinition, slot_arguments};

fn to_queue(source: &str, queue: &str, key: &str) -> BindingDefinition {
    let destination = Destination::Queue(queue.to_owned());
    BindingDefinition { source: source.to_owned(), destination, key: key.to_owned(), arguments: BTreeMap::new() }
}

#[test]
fn what_is_missing_is_named() {
    check(&[
        (
            "a missing binding",
            |world| {
                world.actual.definitions.bindings.remove(&to_queue("events.gradebook", AUDIT, "gradebook.#"));
            },
            &["Trouble Missing academic.audit: fabric topology apply"],
        ),
        (
            "a missing queue",
            |world| world.remove_queue("kyc.checks.partition.1"),
            &["Trouble Missing kyc.checks: fabric topology apply"],
        ),
        (
            "a missing queue that dead letters go to",
            |world| world.remove_queue("academic.audit.parked"),
            &[
                "Trouble Missing academic.audit: fabric topology apply",
                "Trouble NoRoute academic.audit: fabric topology apply",
            ],
        ),
        (
            "dead letters that go where nothing is wanted",
            |world| {
                let queue = world.actual.definitions.queues.get_mut(AUDIT).unwrap();
                queue.arguments.insert("x-dead-letter-routing-key".to_owned(), "academic.gone".into());
            },
            &[
                "Trouble OtherKind academic.audit: fabric topology migrate academic.audit",
                "Trouble NoRoute academic.audit: fabric topology migrate academic.audit",
            ],
        ),
        (
            "a missing queue that is nobody's",
            |world| world.remove_queue("events.unrouted"),
            &["Trouble Missing all: fabric topology apply"],
        ),
    ]);
}

#[test]
fn what_is_of_another_kind_is_named() {
    check(&[
        (
            "an exchange of another kind",
            |world| {
                let exchanges = &mut world.actual.definitions.exchanges;
                let exchange = exchanges.get_mut("events.gradebook").unwrap();
                *exchange = ExchangeDefinition { kind: "fanout".to_owned(), ..exchange.clone() };
            },
            &["Trouble OtherKind academic.audit: fabric topology plan"],
        ),
        (
            "a queue of another kind",
            |world| {
                let queue = world.actual.definitions.queues.get_mut(AUDIT).unwrap();
                queue.arguments.insert("x-queue-type".to_owned(), "classic".into());
            },
            &["Trouble OtherKind academic.audit: fabric topology migrate academic.audit"],
        ),
    ]);
}

#[test]
fn what_has_to_move_is_named_with_what_moves_it() {
    check(&[
        (
            "a queue that is being migrated",
            |world| world.add_queue("academic.audit.standby"),
            &["Trouble OtherKind academic.audit: fabric topology migrate academic.audit"],
        ),
        (
            "a queue of a partition that is no more, with events in it",
            |world| {
                world.add_queue("kyc.checks.partition.2");
                world.queue("kyc.checks.partition.2").ready = 1;
            },
            &["Trouble OtherKind kyc.checks: fabric topology migrate kyc.checks"],
        ),
        (
            "a subscription whose events come by the one queue that it had before",
            |world| {
                world.add_queue("kyc.checks");
                let bindings = &mut world.actual.definitions.bindings;
                let mut binding = bindings.iter().find(|own| own.key == "kyc.#").unwrap().clone();
                assert!(bindings.remove(&binding));
                binding.destination = Destination::Queue("kyc.checks".to_owned());
                bindings.insert(binding);
            },
            &["Trouble OldSlots kyc.checks: fabric topology migrate kyc.checks"],
        ),
        (
            "bindings of a partition that is being migrated",
            |world| {
                world.add_queue("kyc.checks.partition.1.standby");
                let mut binding = to_queue("kyc.checks.slots", "kyc.checks.partition.1.standby", "");
                binding.arguments = slot_arguments(63);
                world.actual.definitions.bindings.insert(binding);
            },
            &[
                "Trouble OtherKind kyc.checks: fabric topology migrate kyc.checks.partition.1",
                "Trouble OldSlots kyc.checks: fabric topology migrate kyc.checks.partition.1",
            ],
        ),
        (
            "slots of before",
            |world| {
                let mut binding = to_queue("kyc.checks.slots", "kyc.checks.partition.1", "");
                binding.arguments = slot_arguments(63);
                assert!(world.actual.definitions.bindings.remove(&binding));
                binding.destination = Destination::Queue("kyc.checks.partition.0".to_owned());
                world.actual.definitions.bindings.insert(binding);
            },
            &["Trouble OldSlots kyc.checks: fabric topology migrate kyc.checks"],
        ),
        (
            "a binding of before",
            |world| {
                world.actual.definitions.bindings.insert(to_queue("events.kyc", AUDIT, "kyc.#"));
            },
            &["Note Leftover academic.audit: fabric topology apply --prune"],
        ),
    ]);
}

#[test]
fn policies_that_do_not_count_are_named() {
    check(&[
        (
            "a foreign policy",
            |world| {
                let all = ".*".to_owned();
                let foreign = PolicyDefinition {
                    pattern: all,
                    apply_to: "queues".to_owned(),
                    priority: 99,
                    definition: BTreeMap::new(),
                };
                world.actual.definitions.policies.insert("theirs".to_owned(), foreign);
                world.queue(AUDIT).policy = Some("theirs".to_owned());
            },
            &["Trouble Policy academic.audit: rabbitmqctl list_policies -p 'my school #1'"],
        ),
        (
            "a policy without a cap in effect",
            |world| world.queue(AUDIT).effective.clear(),
            &["Note Policy academic.audit: rabbitmqctl list_queues -p 'my school #1' name policy state"],
        ),
        (
            "a policy that is missing",
            |world| {
                world.actual.definitions.policies.remove("fabric-work.academic").unwrap();
                let state = world.queue(AUDIT);
                state.policy = None;
                state.effective.clear();
            },
            &["Note Policy all: fabric topology apply"],
        ),
        (
            "a policy that would stop a queue at once, and is not applied therefore",
            |world| {
                world.actual.definitions.policies.remove("fabric-work.academic").unwrap();
                let state = world.queue(AUDIT);
                (state.policy, state.bytes) = (None, 2 << 30);
                state.effective.clear();
            },
            &["Note Policy all: fabric topology plan"],
        ),
    ]);
}
