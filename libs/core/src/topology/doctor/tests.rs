mod contents;
mod rights;
mod standing;
mod target;
mod world;

use self::world::{AUDIT, World, services, shown};
use super::*;
use crate::{breaker::Circuit, topology::ConsumerState};
use std::collections::BTreeMap;

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
fn what_keeps_consumers_from_consuming_is_named() {
    check(&[
        (
            "no consumer",
            |world| world.queue(AUDIT).consumers.clear(),
            &["Trouble NoConsumer academic.audit: fabric up --services academic"],
        ),
        (
            "no consumer, as the process that was asked says",
            |world| {
                world.queue(AUDIT).consumers.clear();
                world.process(AUDIT).consuming = false;
            },
            &["Trouble NoConsumer academic.audit: fabric health"],
        ),
        (
            "no consumer, which the process that was asked has not noticed",
            |world| {
                world.queue(AUDIT).consumers.clear();
                world.process(AUDIT);
            },
            &["Trouble NoConsumer academic.audit: fabric health"],
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
                 rabbitmqctl list_consumers -p 'my school #1' queue_name channel_pid consumer_tag active activity_status"],
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
            &["Trouble PrefetchExhausted academic.audit: \
                 rabbitmqctl list_channels name user vhost prefetch_count messages_unacknowledged"],
        ),
        (
            "the same in the process that was asked",
            |world| {
                let state = world.queue(AUDIT);
                (state.ready, state.unacknowledged) = (3, 10);
                world.process(AUDIT);
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
            &["Trouble Blocked academic.audit: rabbitmq-diagnostics alarms"],
        ),
    ]);
}

#[test]
fn what_is_the_matter_with_the_broker_is_named() {
    check(&[
        (
            "a node is down: another one is asked",
            |world| world.node("rabbit@two").running = false,
            &["Trouble NodeDown all: rabbitmqctl -n rabbit@one cluster_status"],
        ),
        (
            "the first node is down",
            |world| {
                world.node("rabbit@two.school.org");
                world.actual.nodes[0].running = false;
            },
            &["Trouble NodeDown all: rabbitmqctl -n rabbit@two.school.org --longnames cluster_status"],
        ),
        (
            "no node is known to run",
            |world| world.actual.nodes[0].running = false,
            &["Trouble NodeDown all: rabbitmqctl cluster_status"],
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
    ]);
}

#[test]
fn queues_that_cannot_be_used_are_named() {
    check(&[
        (
            "no majority",
            |world| world.queue(AUDIT).online = Some((1, 3)),
            &["Trouble QueueDown academic.audit: rabbitmq-queues quorum_status -p 'my school #1' academic.audit"],
        ),
        (
            "half is no majority",
            |world| world.queue(AUDIT).online = Some((1, 2)),
            &["Trouble QueueDown academic.audit: rabbitmq-queues quorum_status -p 'my school #1' academic.audit"],
        ),
        (
            "one member is away",
            |world| world.queue(AUDIT).online = Some((2, 3)),
            &["Note QueueDown academic.audit: rabbitmq-queues quorum_status -p 'my school #1' academic.audit"],
        ),
        (
            "a queue that is down",
            |world| world.queue(AUDIT).state = "down".to_owned(),
            &["Trouble QueueDown academic.audit: rabbitmq-queues quorum_status -p 'my school #1' academic.audit"],
        ),
        (
            "a queue without members is down",
            |world| {
                let queue = world.actual.definitions.queues.get_mut(AUDIT).unwrap();
                queue.arguments.insert("x-queue-type".to_owned(), "classic".into());
                let state = world.queue(AUDIT);
                (state.state, state.online) = ("down".to_owned(), None);
            },
            &[
                "Trouble OtherKind academic.audit: fabric topology migrate academic.audit",
                "Trouble QueueDown academic.audit: \
                 rabbitmqctl list_queues -p 'my school #1' name type state pid",
            ],
        ),
        ("a queue that is held back for a moment", |world| world.queue(AUDIT).state = "flow".to_owned(), &[]),
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
