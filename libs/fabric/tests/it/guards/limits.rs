//! How many at a time, and how many in a second.

use std::time::Duration;

use fabric_testkit::harness::Harness;

use crate::sample::{Act, School, mark, marks, school};

#[tokio::test(start_paused = true)]
async fn a_rate_limit_lets_its_burst_and_then_its_rate_through() {
    for (per_second, burst, strict) in [(10, 1, false), (10, 5, false), (4, 2, true)] {
        let marks = marks().rate(per_second, burst);
        let marks = if strict { marks.strict() } else { marks };
        let (service, state) = school(School::always(Act::Handle), marks);
        let harness = Harness::start(service).await;
        for points in 0..40 {
            harness.publish(mark(&format!("p-{points}"), points)).await;
        }
        harness.settle().await;
        let seen = state.seen();
        let since = |number: usize| seen[number].from.saturating_sub(seen[0].from);
        let token = Duration::from_secs(1) / per_second;
        for number in 0..seen.len() {
            let due = token * u32::try_from((number + 1).saturating_sub(burst as usize)).unwrap();
            assert_eq!(since(number), due, "{per_second} a second, burst {burst}: the {number}th");
        }
        assert_eq!((seen.len(), harness.host().activity().in_hand()), (40, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_does_not_hold_up_a_drain_nor_acknowledgements() {
    let (service, state) = school(School::always(Act::Handle), marks().rate(1, 1));
    let harness = Harness::start(service).await;
    for points in 0..10 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let (broker, clock, started) = (harness.broker().another_client(), harness.clock(), harness.clock().elapsed());
    assert_eq!((state.seen().len(), broker.activity().acknowledged), (3, 3));
    harness.drain().await;
    assert!(clock.elapsed().saturating_sub(started) < Duration::from_secs(1));
    assert_eq!(broker.contents("school.marks").len(), 7);
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_counted_over_all_partitions() {
    let act = Act::Take(Duration::from_secs(1));
    let (service, state) = school(School::always(act), marks().partitions(4).concurrency(8));
    let harness = Harness::start(service).await;
    for points in 0..200 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    harness.settle().await;
    let seen = state.seen();
    let at_work = |at: Duration| seen.iter().filter(|one| one.from <= at && one.to.unwrap() > at).count();
    assert_eq!(seen.iter().map(|one| at_work(one.from)).max(), Some(8));
}
