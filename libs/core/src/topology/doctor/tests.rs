mod rights;
mod target;
mod world;

use self::world::{AUDIT, World, services, shown};
use super::*;
use crate::topology::{
    Argument, BindingDefinition, ConsumerState, Destination, ExchangeDefinition, PolicyDefinition, slot_arguments,
};

fn to_queue(source: &str, queue: &str, key: &str) -> BindingDefinition {
    let destination = Destination::Queue(queue.to_owned());
    BindingDefinition { source: source.to_owned(), destination, key: key.to_owned(), arguments: BTreeMap::new() }
}

#[test]
fn a_healthy_system_says_so_in_a_line_for_each_subscription() {
    let mut world = World::healthy();
    world.use_users();
    world.queue("kyc.checks.partition.1").ready = 7;
    let findings = world.findings();
    assert_eq!(world.shown(), [""; 0]);
    let said: Vec<String> = findings
        .iter()
        .map(|own| format!("{}: {}, {}", own.subscription.as_ref().unwrap(), own.what, own.why))
        .collect();
    assert_eq!(
        said,
        [
            "academic.audit: 1 consumer(s), 0 waiting, 0 out, consumed by academic consume",
            "kyc.checks: 2 consumer(s), 7 waiting, 0 out, consumed in order by kyc consume"
        ]
    );
}

type Break = fn(&mut World);

/// What is broken, and what is said about it.
fn check(table: &[(&str, Break, &[&str])]) {
    for (what, breaks, expected) in table {
        let mut world = World::healthy();
        breaks(&mut world);
        assert_eq!(world.shown(), *expected, "{what}: {:#?}", world.findings());
    }
}

#[test]
fn what_stands_otherwise_than_it_should_is_named() {
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
            "a missing queue that is nobody's",
            |world| world.remove_queue("events.unrouted"),
            &["Trouble Missing all: fabric topology apply"],
        ),
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
fn what_keeps_consumers_from_consuming_is_named() {
    check(&[
        (
            "no consumer",
            |world| world.queue(AUDIT).consumers.clear(),
            &["Trouble NoConsumer academic.audit: fabric up --services academic"],
        ),
        (
            "no consumer, on purpose",
            |world| {
                world.queue(AUDIT).consumers.clear();
                let pause = Pause { reason: "exams".to_owned(), by: "ada".to_owned(), since: None };
                world.facts.pauses = Some(BTreeMap::from([(AUDIT.parse().unwrap(), pause)]));
            },
            &["Trouble Paused academic.audit: fabric resume academic.audit"],
        ),
        (
            "what is paused is known from a process only",
            |world| {
                world.facts.pauses = None;
                world.process(AUDIT).paused = true;
            },
            &["Note Unknown all: fabric pause", "Trouble Paused academic.audit: fabric resume academic.audit"],
        ),
        (
            "an open circuit",
            |world| {
                world.queue(AUDIT).consumers.clear();
                world.process(AUDIT).circuit = Circuit::Open;
            },
            &["Trouble CircuitOpen academic.audit: fabric parked ls academic.audit"],
        ),
        (
            "consumers of which none is active",
            |world| world.queue("kyc.checks.partition.0").consumers[0].active = false,
            &["Trouble NoneActive kyc.checks: \
                 rabbitmqctl list_consumers queue_name channel_pid consumer_tag active activity_status"],
        ),
        (
            "a second consumer that waits for its turn",
            |world| {
                let waits = ConsumerState { connection: "other".to_owned(), prefetch: 10, ..ConsumerState::default() };
                world.queue("kyc.checks.partition.0").consumers.push(waits);
            },
            &[],
        ),
    ]);
}

#[test]
fn consumers_that_get_nothing_more_are_named() {
    check(&[
        (
            "everything out and more waiting",
            |world| {
                let state = world.queue(AUDIT);
                (state.ready, state.unacknowledged) = (3, 10);
            },
            &["Trouble PrefetchExhausted academic.audit: fabric health"],
        ),
        (
            "the same while handlers come to an end",
            |world| {
                let state = world.queue(AUDIT);
                (state.ready, state.unacknowledged) = (3, 10);
                world.process(AUDIT).moving = true;
            },
            &["Note PrefetchExhausted academic.audit: fabric health"],
        ),
        ("everything out and none waiting", |world| world.queue(AUDIT).unacknowledged = 10, &[]),
        (
            "no limit to what may be out",
            |world| {
                let state = world.queue(AUDIT);
                (state.ready, state.unacknowledged, state.consumers[0].prefetch) = (3, 10, 0);
            },
            &[],
        ),
        (
            "a blocked connection",
            |world| world.queue(AUDIT).consumers[0].blocked = true,
            &["Trouble Blocked academic.audit: rabbitmqctl list_connections name state user"],
        ),
    ]);
}

#[test]
fn what_is_the_matter_with_the_broker_is_named() {
    check(&[
        (
            "a node is down",
            |world| world.actual.nodes[0].running = false,
            &["Trouble NodeDown all: rabbitmqctl -n rabbit@one cluster_status"],
        ),
        (
            "too little memory",
            |world| world.actual.nodes[0].memory_alarm = true,
            &["Trouble Alarm all: rabbitmq-diagnostics -n rabbit@one memory_breakdown"],
        ),
        (
            "too little disk",
            |world| world.actual.nodes[0].disk_alarm = true,
            &["Trouble Alarm all: rabbitmq-diagnostics -n rabbit@one status"],
        ),
        (
            "a process that cannot publish",
            |world| {
                world.facts.process =
                    Some(Process { broker_trouble: Some("not connected".into()), ..Process::default() });
            },
            &["Trouble Blocked all: fabric health"],
        ),
        (
            "no majority",
            |world| world.queue(AUDIT).online = Some((1, 3)),
            &["Trouble QueueDown academic.audit: rabbitmq-queues quorum_status academic.audit"],
        ),
        (
            "half is no majority",
            |world| world.queue(AUDIT).online = Some((1, 2)),
            &["Trouble QueueDown academic.audit: rabbitmq-queues quorum_status academic.audit"],
        ),
        (
            "one member is away",
            |world| world.queue(AUDIT).online = Some((2, 3)),
            &["Note QueueDown academic.audit: rabbitmqctl cluster_status"],
        ),
        (
            "a queue that is down",
            |world| world.queue(AUDIT).state = "down".to_owned(),
            &["Trouble QueueDown academic.audit: rabbitmq-queues quorum_status academic.audit"],
        ),
        ("a queue that is held back for a moment", |world| world.queue(AUDIT).state = "flow".to_owned(), &[]),
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
            &["Trouble Policy academic.audit: rabbitmqctl list_policies"],
        ),
        (
            "a policy without a cap in effect",
            |world| world.queue(AUDIT).effective.clear(),
            &["Note Policy academic.audit: fabric topology plan"],
        ),
        (
            "a policy that is missing",
            |world| {
                world.actual.definitions.policies.remove("fabric-work").unwrap();
                for queue in [AUDIT, "kyc.checks.partition.0", "kyc.checks.partition.1"] {
                    let state = world.queue(queue);
                    state.policy = None;
                    state.effective.clear();
                }
            },
            &["Note Policy all: fabric topology apply"],
        ),
    ]);
}

#[test]
fn what_is_in_queues_is_named() {
    check(&[
        ("a full queue", |world| world.queue(AUDIT).bytes = 1 << 30, &["Trouble Full academic.audit: fabric health"]),
        (
            "a queue that is nearly full",
            |world| {
                let state = world.queue("academic.audit.parked");
                (state.bytes, state.effective) =
                    (90, BTreeMap::from([("max-length-bytes".to_owned(), Argument::Number(100))]));
            },
            &["Trouble Full academic.audit: fabric parked ls academic.audit"],
        ),
        (
            "a full queue that is nobody's",
            |world| world.queue("events.unrouted").bytes = 1 << 30,
            &["Trouble Full all: fabric explain --queue events.unrouted"],
        ),
        (
            "events that wait for their next attempt",
            |world| world.queue("academic.audit.retry.1000").ready = 2,
            &["Note Waiting academic.audit: fabric health"],
        ),
        (
            "parked events",
            |world| world.queue("academic.audit.parked").ready = 2,
            &["Note Parked academic.audit: fabric parked ls academic.audit"],
        ),
        (
            "events that the broker gave up",
            |world| {
                world.queue("academic.audit.parked").ready = 2;
                world.facts.gave_up = BTreeMap::from([(AUDIT.parse().unwrap(), 1)]);
            },
            &[
                "Trouble GaveUp academic.audit: fabric parked ls academic.audit",
                "Note Parked academic.audit: fabric parked ls academic.audit",
            ],
        ),
        (
            "events that nobody was bound to",
            |world| world.queue("events.unrouted").ready = 2,
            &["Note Unrouted all: fabric explain --queue events.unrouted"],
        ),
    ]);
}

#[test]
fn a_process_alone_says_what_it_can() {
    let handling = Handling { consuming: true, pending: Some(2), consumers: Some(1), ..Handling::default() };
    let of = |handling: Handling, paused: bool| {
        let pause = Pause { reason: "exams".to_owned(), by: "ada".to_owned(), since: None };
        let pauses = paused.then(|| (AUDIT.parse().unwrap(), pause)).into_iter().collect();
        let subscriptions = BTreeMap::from([(AUDIT.parse().unwrap(), handling)]);
        let process = Process { subscriptions, ..Process::default() };
        diagnose_process(&services(), &Facts { pauses: Some(pauses), process: Some(process), ..Facts::default() })
    };
    let fine = of(handling.clone(), false);
    assert_eq!((fine.len(), fine[0].severity, fine[0].what.as_str()), (1, Severity::Fine, "1 consumer(s), 2 waiting"));
    let table = [
        (handling.clone(), true, "Trouble Paused academic.audit: fabric resume academic.audit"),
        (
            Handling { circuit: Circuit::HalfOpen, ..handling.clone() },
            false,
            "Trouble CircuitOpen academic.audit: fabric parked ls academic.audit",
        ),
        (Handling { consuming: false, ..handling.clone() }, false, "Trouble NoConsumer academic.audit: fabric health"),
        (
            Handling { parked: Some(3), ..handling },
            false,
            "Note Parked academic.audit: fabric parked ls academic.audit",
        ),
    ];
    for (handling, paused, expected) in table {
        assert_eq!(shown(&of(handling, paused)), [expected]);
    }
    assert_eq!(diagnose_process(&services(), &Facts::default()), []);
}
