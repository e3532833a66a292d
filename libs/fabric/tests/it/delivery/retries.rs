//! Failing handlers: which attempt comes when, and how it ends.

use std::time::Duration;

use fabric::{Fault, RetryPolicy, core::delivery::Disposition};
use fabric_testkit::harness::Harness;

use crate::sample::{Act, School, following, mark, marks, school, steady};

const SECOND: Duration = Duration::from_secs(1);

/// An attempt in short: when it began, in milliseconds since the first one, and what became of it.
type Attempt = (u128, &'static str);

async fn attempts(script: &[Act]) -> (Vec<Attempt>, Vec<Disposition>) {
    let (harness, state) = following(script).await;
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    let settled = harness.settled("school.marks");
    let numbers: Vec<u32> = settled.iter().map(|settled| settled.attempt).collect();
    assert_eq!(numbers, (1..).take(settled.len()).collect::<Vec<u32>>(), "attempts count from 1");
    let seen = state.seen();
    assert_eq!(seen.len(), settled.len());
    let attempts = seen.iter().zip(&settled).map(|(seen, settled)| {
        let outcome = match &settled.disposition {
            Disposition::Ack => "ack",
            Disposition::RetryAfter(_) => "retry",
            Disposition::Park(reason) => reason.code(),
        };
        ((seen.from - seen_first(&seen_times(&state))).as_millis(), outcome)
    });
    (attempts.collect(), settled.iter().map(|settled| settled.disposition.clone()).collect())
}

fn seen_times(school: &School) -> Vec<Duration> {
    school.seen().iter().map(|seen| seen.from).collect()
}

fn seen_first(times: &[Duration]) -> Duration {
    times.first().copied().unwrap_or_default()
}

#[tokio::test]
async fn each_attempt_comes_when_its_rung_says_and_ends_as_its_handler_says() {
    use Act::{Foreign, Handle, Hang, Panic, Permanent, RetryAfter, Transient};
    let table: &[(&[Act], &[Attempt])] = &[
        (&[Handle], &[(0, "ack")]),
        (&[Transient, Handle], &[(0, "retry"), (1_000, "ack")]),
        (&[Transient, Transient, Handle], &[(0, "retry"), (1_000, "retry"), (5_000, "ack")]),
        (
            &[Transient, Transient, Transient, Transient, Handle],
            &[(0, "retry"), (1_000, "retry"), (5_000, "retry"), (21_000, "retry"), (85_000, "ack")],
        ),
        (
            &[Transient, Transient, Transient, Transient, Transient],
            &[(0, "retry"), (1_000, "retry"), (5_000, "retry"), (21_000, "retry"), (85_000, "exhausted")],
        ),
        (&[Permanent], &[(0, "permanent")]),
        (&[Transient, Permanent], &[(0, "retry"), (1_000, "permanent")]),
        // What the handler asks for comes at the nearest rung, whichever attempt it is.
        (&[RetryAfter(15 * SECOND), Handle], &[(0, "retry"), (16_000, "ack")]),
        (&[RetryAfter(Duration::ZERO), Handle], &[(0, "retry"), (1_000, "ack")]),
        (&[RetryAfter(3600 * SECOND), Handle], &[(0, "retry"), (64_000, "ack")]),
        (&[Transient, RetryAfter(SECOND), Handle], &[(0, "retry"), (1_000, "retry"), (2_000, "ack")]),
        // A panic and an error of another crate may pass; so may a handler that does not come back, within 30 seconds.
        (&[Panic, Handle], &[(0, "retry"), (1_000, "ack")]),
        (&[Foreign, Handle], &[(0, "retry"), (1_000, "ack")]),
        (&[Hang, Handle], &[(0, "retry"), (31_000, "ack")]),
        (&[Panic, Foreign, Hang, Permanent], &[(0, "retry"), (1_000, "retry"), (5_000, "retry"), (51_000, "permanent")]),
    ];
    for (script, expected) in table {
        let (attempts, dispositions) = in_a_runtime_of_its_own(script);
        assert_eq!(attempts, *expected, "{script:?}");
        assert!(!matches!(dispositions.last(), Some(Disposition::RetryAfter(_))), "{script:?}");
    }
}
