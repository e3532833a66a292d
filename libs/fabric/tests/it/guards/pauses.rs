//! Pausing and resuming: in all processes, through restarts, and when nobody knows.

use std::{sync::Arc, time::Duration};

use fabric::{Clock, SubscriptionName, core::health::Status, host::Host};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_testkit::harness::{Harness, tenant};
use jiff::Timestamp;

use crate::{
    operator,
    sample::{Act, School, host, mark, marks, school, until},
    scrape::{self, Scrape},
};

fn name() -> SubscriptionName {
    "school.marks".parse().unwrap()
}

async fn process(broker: &MemoryBroker, clock: Clock) -> (Host, Arc<School>) {
    let (service, state) = school(School::always(Act::Handle), marks());
    (host(broker.another_client(), clock, service).await, state)
}

async fn publish(host: &Host, points: std::ops::Range<u16>) {
    let fabric = host.fabric_as("school".parse().unwrap());
    for points in points {
        fabric.publish(mark(&format!("p-{points}"), points)).tenant(tenant()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn all_processes_stop_and_go_on_and_a_new_one_knows() {
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let broker = MemoryBroker::new(clock, BrokerOptions::default());
    let (one, other) = (process(&broker, clock).await, process(&broker, clock).await);
    publish(&one.0, 0..10).await;
    broker.idle().await;
    assert!(operator::pause(broker.as_ref(), &name()).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    publish(&one.0, 10..20).await;
    other.0.drain().await;
    let next = process(&broker, clock).await;
    for outage in [MemoryBroker::restart, |_: &MemoryBroker| {}] {
        outage(&broker);
        tokio::time::sleep(Duration::from_hours(1)).await;
        assert_eq!(broker.contents("school.marks").len(), 10, "it is paused");
    }
    assert!(next.1.seen().is_empty());
    assert!(operator::resume(broker.as_ref(), &name()).await);
    broker.idle().await;
    publish(&one.0, 20..40).await;
    broker.idle().await;
    let (one_seen, next_seen) = (one.1.seen().len(), next.1.seen().len());
    assert!(next_seen > 0 && one_seen > 10 && one_seen + other.1.seen().len() + next_seen == 40);
    one.0.drain().await;
    next.0.drain().await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_subscription_is_degraded_and_takes_requests_nevertheless() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let paused = || Scrape::of(&recorder).value("eventbus_subscription_paused school.marks");
    let (service, state) = school(School::always(Act::Handle), marks());
    let harness = Harness::start(service).await;
    until("it to be ready", || harness.host().health().readiness().status == Status::Ready).await;
    // To pause twice is to pause once.
    for _ in 0..2 {
        assert!(operator::pause(harness.broker().as_ref(), &name()).await);
    }
    until("it to be paused", || paused() == 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let readiness = harness.host().health().readiness();
    let failing: Vec<_> = readiness.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
    assert_eq!((readiness.status, readiness.takes_requests, failing), (Status::Degraded, true, vec!["pauses"]));
    let report = harness.http().get("/health/events").await.json();
    assert_eq!(report["subscriptions"][0]["paused"], true);
    harness.publish(mark("p-1", 1)).await;
    assert!(operator::resume(harness.broker().as_ref(), &name()).await);
    harness.settle().await;
    assert_eq!((state.points(), paused()), (vec![1], 0));
    assert_eq!(harness.host().health().readiness().status, Status::Ready);
}

#[tokio::test(start_paused = true)]
async fn what_is_at_work_is_finished_before_the_pause() {
    let (service, state) = school(School::always(Act::Wait), marks().concurrency(2).prefetch(4));
    let harness = Harness::start(service).await;
    for points in 0..10 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    until("two to be at work", || state.at_work() == 2).await;
    operator::pause(harness.broker().as_ref(), &name()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    state.gate.add_permits(100);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!((state.seen().len(), harness.broker().contents("school.marks").len()), (2, 8));
    assert_eq!(harness.host().activity().in_hand(), 0);
    operator::resume(harness.broker().as_ref(), &name()).await;
    harness.settle().await;
    assert_eq!(state.points().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn while_nobody_knows_what_is_paused_all_wait_but_not_for_ever() {
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let broker = MemoryBroker::new(clock, BrokerOptions::default());
    process(&broker, clock).await.0.drain().await;
    // Whoever reads what is paused keeps all others from reading it.
    let control = "fabric.control".to_owned();
    let request = fabric::runtime::ports::ConsumeRequest { queue: control, prefetch: 1, consumer_name: String::new() };
    let reading = fabric::runtime::ports::Broker::consume(broker.as_ref(), request).await.unwrap();
    let started = clock.elapsed();
    let (host, state) = process(&broker, clock).await;
    publish(&host, 0..3).await;
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert_eq!(state.seen(), []);
    broker.idle().await;
    let waited = state.seen()[0].from.saturating_sub(started);
    assert!((30..31).contains(&waited.as_secs()), "{waited:?}");
    drop(reading);
    // Once it can be read, it counts.
    tokio::time::sleep(Duration::from_secs(20)).await;
    operator::pause(broker.as_ref(), &name()).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    publish(&host, 3..6).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(state.seen().len(), 3);
    host.drain().await;
}
