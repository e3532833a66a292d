//! Strict subscriptions in one process: what is to be tried again holds back its key, and nothing else.

use std::{sync::Arc, time::Duration};

use fabric_testkit::harness::Harness;

use crate::sample::{Act, School, Seen, host, mark, marks, school, until};

/// The marks of each table row: the first pupil's are 0 to 2, the second one's 10 and 11.
const MARKS: [(&str, u16); 5] = [("p-1", 0), ("p-2", 10), ("p-1", 1), ("p-1", 2), ("p-2", 11)];

/// Every call: which mark, and when it began, in milliseconds since the first one.
async fn calls(school_of: School, prefetch: u16, concurrency: u16) -> (Harness, Vec<(u16, u128)>) {
    let marks = marks().strict().prefetch(prefetch).concurrency(concurrency);
    let (service, state) = school(school_of, marks);
    let harness = Harness::start(service).await;
    for (pupil, points) in MARKS {
        harness.publish(mark(pupil, points)).await;
    }
    harness.settle().await;
    assert_eq!(harness.host().activity().in_hand(), 0);
    let seen = state.seen();
    let since = |one: &Seen| one.from.saturating_sub(seen[0].from).as_millis();
    let calls = seen.iter().map(|one| (one.points, since(one))).collect();
    (harness, calls)
}

#[tokio::test(start_paused = true)]
async fn what_is_tried_again_holds_back_its_key_and_only_its_key() {
    use Act::{Hang, Panic, Permanent, RetryAfter, Transient};
    const MINUTE: Duration = Duration::from_mins(1);
    type Calls = &'static [(u16, u128)];
    let table: &[(&[Act], Calls)] = &[
        (&[], &[(0, 0), (10, 0), (1, 0), (11, 0), (2, 0)]),
        (&[Transient], &[(0, 0), (10, 0), (11, 0), (0, 1_000), (1, 1_000), (2, 1_000)]),
        (&[Panic, Transient], &[(0, 0), (10, 0), (11, 0), (0, 1_000), (0, 5_000), (1, 5_000), (2, 5_000)]),
        (&[RetryAfter(MINUTE)], &[(0, 0), (10, 0), (11, 0), (0, 60_000), (1, 60_000), (2, 60_000)]),
        (&[Hang], &[(0, 0), (10, 0), (11, 0), (0, 31_000), (1, 31_000), (2, 31_000)]),
        // What is parked is out of the way.
        (&[Permanent], &[(0, 0), (10, 0), (1, 0), (11, 0), (2, 0)]),
    ];
    for (script, expected) in table {
        let (mut expected, (harness, mut calls)) =
            (expected.to_vec(), calls(School::following(&[]).with(0, script), 8, 4).await);
        let of_key = |calls: &[(u16, u128)], key: std::ops::Range<u16>| -> Vec<_> {
            calls.iter().filter(|(points, _)| key.contains(points)).copied().collect()
        };
        for key in [0..10, 10..20] {
            assert_eq!(of_key(&calls, key.clone()), of_key(&expected, key), "{script:?}");
        }
        calls.sort_unstable();
        expected.sort_unstable();
        assert_eq!(calls, expected, "{script:?}");
        let is_parked = script.iter().any(|act| matches!(act, Act::Permanent));
        assert_eq!(harness.parked("school.marks").len(), usize::from(is_parked), "{script:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_keys_flow_only_as_long_as_the_prefetch_has_room_for_them() {
    // With room for two, the first mark and the next one of its key take both places once the other pupil's is done.
    let (_, calls) = calls(School::following(&[]).with(0, &[Act::Transient]), 2, 2).await;
    assert_eq!(calls, [(0, 0), (10, 0), (0, 1_000), (1, 1_000), (2, 1_000), (11, 1_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_between_two_attempts_gives_all_back_in_order() {
    let (service, state) = school(School::following(&[]).with(0, &[Act::Transient, Act::Transient]), marks().strict());
    let harness = Harness::start(service).await;
    for (pupil, points) in MARKS {
        harness.publish(mark(pupil, points)).await;
    }
    until("the other pupil's marks to be handled", || state.seen().len() == 3).await;
    let (broker, clock) = (harness.broker().another_client(), harness.clock());
    let activity = Arc::clone(harness.host().activity());
    harness.drain().await;
    assert_eq!(activity.in_hand(), 0);
    let (service, next) = school(School::following(&[]), marks().strict());
    let next_host = host(Arc::clone(&broker), clock, service).await;
    broker.idle().await;
    assert_eq!(next.seen().iter().map(|seen| seen.points).collect::<Vec<_>>(), [0, 1, 2]);
    next_host.drain().await;
}
