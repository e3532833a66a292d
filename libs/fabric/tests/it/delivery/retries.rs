//! Failing handlers: which attempt comes when, and how it ends.

use std::time::Duration;

use fabric::{RetryPolicy, core::delivery::Disposition};
use fabric_testkit::harness::Harness;

use crate::sample::{Act, School, following, mark, marks, never_open, school};

const SECOND: Duration = Duration::from_secs(1);

/// An attempt in short: when it began, in milliseconds since the first one, and what became of it.
type Attempt = (u128, &'static str);

fn word(disposition: &Disposition) -> &'static str {
    match disposition {
        Disposition::Ack => "ack",
        Disposition::RetryNow => "retry now",
        Disposition::RetryAfter(_) => "retry",
        Disposition::Park(reason) => reason.code(),
    }
}

/// The attempts at one mark by handlers that follow the script.
async fn attempts(script: &[Act]) -> Vec<Attempt> {
    let (harness, state) = following(script).await;
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    let (settled, seen) = (harness.settled("school.marks"), state.seen());
    let numbers: Vec<u32> = settled.iter().map(|settled| settled.attempt).collect();
    assert_eq!(numbers, (1..).take(seen.len()).collect::<Vec<u32>>(), "{script:?}: attempts count from 1");
    let since_first = |from: Duration| from.saturating_sub(seen[0].from).as_millis();
    settled.iter().zip(&seen).map(|(settled, seen)| (since_first(seen.from), word(&settled.disposition))).collect()
}

#[tokio::test(start_paused = true)]
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
        // What the handler asks for waits on the nearest rung, whichever attempt it is, and again until its time has come.
        (&[RetryAfter(15 * SECOND), Handle], &[(0, "retry"), (16_000, "ack")]),
        (&[RetryAfter(Duration::ZERO), Handle], &[(0, "retry"), (1_000, "ack")]),
        (&[RetryAfter(3600 * SECOND), Handle], &[(0, "retry"), (3_600_000, "ack")]),
        (&[Transient, RetryAfter(SECOND), Handle], &[(0, "retry"), (1_000, "retry"), (2_000, "ack")]),
        // A panic and an error of another crate may pass; so may a handler that does not come back within 30 seconds.
        (&[Panic, Handle], &[(0, "retry"), (1_000, "ack")]),
        (&[Foreign, Handle], &[(0, "retry"), (1_000, "ack")]),
        (&[Hang, Handle], &[(0, "retry"), (31_000, "ack")]),
        (
            &[Panic, Foreign, Hang, Permanent],
            &[(0, "retry"), (1_000, "retry"), (5_000, "retry"), (51_000, "permanent")],
        ),
    ];
    for (script, expected) in table {
        assert_eq!(attempts(script).await, *expected, "{script:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_has_its_own_policy_and_its_own_timeout() {
    let policy = RetryPolicy::try_new(3, 200, 2, 1_000, 0).unwrap();
    let marks = marks().retry(policy).timeout(Duration::from_millis(70));
    let (service, state) = school(School::always(Act::Hang), marks);
    let harness = Harness::start(service).await;
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    let (seen, first) = (state.seen(), seen_from(&state));
    let times: Vec<u128> = seen.iter().map(|seen| seen.from.saturating_sub(first).as_millis()).collect();
    assert_eq!(times, [0, 270, 740]);
    assert_eq!(
        harness.dispositions("school.marks").iter().map(word).collect::<Vec<_>>(),
        ["retry", "retry", "exhausted"]
    );
}

fn seen_from(school: &School) -> Duration {
    school.seen()[0].from
}

#[tokio::test(start_paused = true)]
async fn jitter_spreads_a_burst_over_the_ladder_and_is_the_same_the_next_time() {
    let burst = || async {
        let marks = marks().retry(RetryPolicy::default()).breaker(never_open());
        let (service, _) = school(School::always(Act::Transient), marks);
        let harness = Harness::start(service).await;
        for number in 0..40 {
            harness.publish(mark(&format!("p-{number}"), number)).await;
        }
        harness.settle().await;
        harness.settled("school.marks")
    };
    let settled = burst().await;
    let ladder = RetryPolicy::default().ladder();
    let delays: Vec<Duration> = settled
        .iter()
        .filter_map(|settled| match settled.disposition {
            Disposition::RetryAfter(delay) => Some(delay),
            Disposition::Ack | Disposition::RetryNow | Disposition::Park(_) => None,
        })
        .collect();
    assert_eq!(delays.len(), 40 * 4);
    assert!(delays.iter().all(|delay| ladder.contains(delay)));
    assert!(ladder.iter().all(|rung| delays.contains(rung)));
    assert_eq!(settled, burst().await);
}

#[tokio::test(start_paused = true)]
async fn a_failing_mark_does_not_hold_back_others_and_a_panic_harms_nobody() {
    for failing in [Act::Transient, Act::Permanent, Act::Panic, Act::RetryAfter(60 * SECOND)] {
        let (service, state) =
            school(School::following(std::slice::from_ref(&failing)), marks().concurrency(1).prefetch(1));
        let harness = Harness::start(service).await;
        for points in 0..20 {
            harness.publish(mark("p-1", points)).await;
        }
        harness.settle().await;
        assert_eq!(state.points(), (0..20).collect::<Vec<u16>>(), "{failing:?}");
        let acks = harness.dispositions("school.marks").into_iter().filter(|settled| *settled == Disposition::Ack);
        assert_eq!(acks.count() + harness.parked("school.marks").len(), 20, "{failing:?}");
        let first_after = state.seen().iter().find(|seen| seen.points == 1).map(|seen| seen.from);
        assert_eq!(first_after, Some(seen_from(&state)), "{failing:?}: the next one was held back");
    }
}
