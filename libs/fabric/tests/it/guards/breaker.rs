//! The circuit breaker: it opens, lets everything wait where it is, probes one at a time, and closes.

use std::{sync::Arc, time::Duration};

use fabric::{
    BreakerPolicy, RetryPolicy,
    core::{breaker::Circuit, health::Status},
};
use fabric_memory::model::Place;
use fabric_testkit::harness::Harness;

use crate::{
    sample::{Act, School, mark, marks, school, until},
    scrape::{self, Scrape},
};

const CIRCUIT: &str = "eventbus_subscription_circuit_open school.marks";

/// A school whose breaker opens after four failures, and all of whose handlers fail so often.
async fn failing(times: usize) -> (Harness, Arc<School>) {
    let breaker = BreakerPolicy::try_new(4, 100, 5_000, 20_000).unwrap();
    let retry = RetryPolicy::try_new(20, 60_000, 1, 60_000, 0).unwrap();
    let marks = marks().retry(retry).breaker(breaker).concurrency(1).prefetch(10);
    let (service, state) = school(School::following(&vec![Act::Transient; times]), marks);
    (Harness::start(service).await, state)
}

fn circuit(harness: &Harness) -> Circuit {
    let snapshot = harness.host().activity().snapshot();
    snapshot.subscriptions.values().next().map_or(Circuit::Closed, |activity| activity.circuit)
}

#[tokio::test(start_paused = true)]
async fn it_opens_probes_one_at_a_time_and_closes() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (harness, state) = failing(6).await;
    for points in 0..20 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    until("the circuit to open", || circuit(&harness) == Circuit::Open).await;
    assert_eq!(Scrape::of(&recorder).value(CIRCUIT), 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        (state.seen().len(), harness.host().activity().in_hand()),
        (4, 10),
        "no more than the prefetch waits here"
    );
    let contents = harness.broker().contents("school.marks");
    assert_eq!(contents.iter().filter(|(place, _)| *place == Place::Ready).count(), 6, "the rest waits at the broker");
    let readiness = harness.host().health().readiness();
    let failing: Vec<_> = readiness.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
    assert_eq!((readiness.status, readiness.takes_requests, failing), (Status::Degraded, true, vec!["circuits"]));
    let started = state.seen()[3].from;
    harness.settle().await;
    let times: Vec<u64> = state.seen()[4..8].iter().map(|seen| seen.from.saturating_sub(started).as_secs()).collect();
    // Probes after 5 seconds, and after 10 more, and after 15 more; then all the rest.
    assert_eq!(times, [5, 15, 35, 35]);
    assert_eq!((circuit(&harness), Scrape::of(&recorder).value(CIRCUIT)), (Circuit::Closed, 0));
    assert_eq!(harness.host().health().readiness().status, Status::Ready);
    assert_eq!((state.points().len(), harness.host().activity().in_hand()), (20, 0));
    assert!(harness.parked("school.marks").is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_circuit_keeps_its_attempts() {
    let (harness, _) = failing(4).await;
    for points in 0..14 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    harness.settle().await;
    let settled = harness.settled("school.marks");
    let attempts: Vec<u32> = settled.iter().map(|settled| settled.attempt).collect();
    assert_eq!(attempts, [vec![1; 14], vec![2; 4]].concat());
}

#[tokio::test(start_paused = true)]
async fn a_drain_does_not_wait_for_an_open_circuit() {
    let (harness, state) = failing(4).await;
    for points in 0..14 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    until("the circuit to open", || circuit(&harness) == Circuit::Open).await;
    let (broker, activity) = (harness.broker().another_client(), Arc::clone(harness.host().activity()));
    let (clock, started) = (harness.clock(), harness.clock().elapsed());
    harness.drain().await;
    assert!(clock.elapsed().saturating_sub(started) < Duration::from_secs(1));
    let left = broker.contents("school.marks").len() + broker.contents("school.marks.retry.60000").len();
    assert_eq!((state.seen().len(), left, activity.in_hand()), (4, 14, 0));
}

#[tokio::test(start_paused = true)]
async fn a_strict_subscription_stays_in_order_through_an_open_circuit() {
    let breaker = BreakerPolicy::try_new(2, 100, 5_000, 5_000).unwrap();
    let marks = marks().strict().breaker(breaker);
    let (service, state) = school(School::following(&[]).with(0, &[const { Act::Transient }; 3]), marks);
    let harness = Harness::start(service).await;
    for points in 0..10 {
        harness.publish(mark("p-1", points)).await;
    }
    harness.settle().await;
    let calls: Vec<u16> = state.seen().iter().map(|seen| seen.points).collect();
    assert_eq!(calls, [vec![0; 3], (0..10).collect()].concat());
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_alone_over_all_partitions() {
    let breaker = BreakerPolicy::try_new(4, 100, 5_000, 5_000).unwrap();
    let script = [vec![Act::Transient; 4], vec![Act::Wait; 40]].concat();
    let marks = marks().partitions(4).breaker(breaker).concurrency(4);
    let (service, state) = school(School::following(&script), marks);
    let harness = Harness::start(service).await;
    for points in 0..40 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    until("the circuit to open", || circuit(&harness) == Circuit::Open).await;
    let before = state.seen().len();
    until("a probe", || state.seen().len() > before).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    let at_work = state.seen().iter().filter(|seen| seen.to.is_none()).count();
    assert_eq!((circuit(&harness), at_work), (Circuit::HalfOpen, 1));
    state.gate.add_permits(100);
    harness.settle().await;
    assert_eq!((circuit(&harness), harness.host().activity().in_hand()), (Circuit::Closed, 0));
    assert_eq!(state.points().len() + harness.parked("school.marks").len(), 40);
}
