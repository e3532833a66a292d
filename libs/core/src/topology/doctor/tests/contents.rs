//! What is in queues.

use std::collections::BTreeMap;

use super::{
    check,
    world::{AUDIT, World},
};
use crate::topology::{
    Argument,
    doctor::{ParkedLook, Symptom},
};

#[test]
fn full_queues_are_named() {
    check(&[
        (
            "a full queue",
            |world| world.queue(AUDIT).bytes = 1 << 30,
            &["Trouble Full academic.audit: rabbitmqctl list_queues -p 'my school #1' \
                 name messages_ready messages_unacknowledged consumers"],
        ),
        (
            "a full queue of a process that can be asked",
            |world| {
                world.queue(AUDIT).bytes = 1 << 30;
                world.process(AUDIT);
            },
            &["Trouble Full academic.audit: fabric health"],
        ),
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
    ]);
}

#[test]
fn what_is_in_queues_is_named() {
    check(&[
        (
            "events that wait for their next attempt",
            |world| world.queue("academic.audit.retry.1000").ready = 2,
            &["Note Waiting academic.audit: rabbitmqctl list_queues -p 'my school #1' \
                 name messages_ready messages_unacknowledged consumers"],
        ),
        (
            "the same in the process that was asked",
            |world| {
                world.queue("academic.audit.retry.1000").ready = 2;
                world.process(AUDIT);
            },
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
                world.look(ParkedLook::Seen { looked_at: 2, gave_up: 1 });
            },
            &[
                "Trouble GaveUp academic.audit: fabric parked ls academic.audit",
                "Note Parked academic.audit: fabric parked ls academic.audit",
            ],
        ),
        (
            "parked events that somebody else is reading",
            |world| {
                world.queue("academic.audit.parked").unacknowledged = 2;
                world.look(ParkedLook::Busy);
            },
            &[
                "Note Parked academic.audit: fabric parked ls academic.audit",
                "Note Unknown academic.audit: fabric doctor academic.audit",
            ],
        ),
        (
            "parked events that could not be read",
            |world| {
                world.queue("academic.audit.parked").ready = 2;
                world.look(ParkedLook::Unread { detail: "the broker is away".to_owned() });
            },
            &[
                "Note Parked academic.audit: fabric parked ls academic.audit",
                "Note Unknown academic.audit: fabric parked ls academic.audit",
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
fn a_look_at_some_of_many_says_so() {
    let said = |looked_at| {
        let mut world = World::healthy();
        world.queue("academic.audit.parked").ready = 9;
        world.look(ParkedLook::Seen { looked_at, gave_up: 3 });
        let findings = world.findings();
        let gave_up = findings.into_iter().find(|finding| finding.symptom == Symptom::GaveUp).unwrap();
        assert_eq!(gave_up.queue.as_deref(), Some("academic.audit.parked"));
        gave_up.what
    };
    let ended = "since each came back to its queue too often";
    assert_eq!(said(9), format!("the broker has given 3 events up, {ended}"));
    assert_eq!(said(5), format!("the broker has given 3 events of the 5 that were parked first up, {ended}"));
}
