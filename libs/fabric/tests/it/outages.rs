//! The broker goes away in the midst of work: nothing is lost, and everything comes back by itself.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use fabric::{Clock, EventId, PublishFailure, runtime::ports::PublishError};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_testkit::harness::{Harness, Setup, tenant};
use jiff::Timestamp;

use crate::{
    sample::{Act, School, host, mark, marks, school, until},
    scrape::{self, Scrape},
};

/// What happens to the connection.
type Outage = fn(&MemoryBroker);

const OUTAGES: &[(&str, Outage)] = &[
    ("the connection is lost", |broker| broker.lose_connection()),
    ("the broker restarts", |broker| broker.restart()),
    ("the connection is lost twice", |broker| {
        broker.lose_connection();
        broker.lose_connection();
    }),
    ("the connection is away for a moment", |broker| {
        broker.disconnect();
        broker.reconnect();
    }),
];

#[tokio::test(start_paused = true)]
async fn every_event_is_handled_though_the_connection_is_lost_while_handlers_run() {
    for (name, outage) in OUTAGES {
        let recorder = scrape::recorder();
        let _counting = metrics::set_default_local_recorder(&recorder);
        let (service, state) = school(School::always(Act::Wait), marks());
        let harness = Harness::start(service).await;
        let mut published = BTreeSet::new();
        for points in 0..40 {
            published.insert(harness.publish(mark(&format!("p-{}", points % 16), points)).await.id());
        }
        until("the handlers to be at work", || state.at_work() == 8).await;
        outage(harness.broker());
        state.gate.add_permits(10_000);
        harness.settle().await;
        let seen = state.seen();
        assert_eq!(seen.iter().map(|seen| seen.id).collect::<BTreeSet<EventId>>(), published, "{name}");
        assert_eq!(seen.len(), 40 + 8, "{name}: those that were at work come again");
        assert!(harness.parked("school.marks").is_empty(), "{name}");
        let counted = Scrape::of(&recorder);
        assert!(counted.value("eventbus_acks_lost_total school.marks") >= 1, "{name}: {counted:?}");
        assert!(counted.value("eventbus_reconnects_total") >= 1, "{name}");
        let subscriptions = harness.host().activity().snapshot().subscriptions;
        assert!(subscriptions.values().all(|subscription| subscription.is_consuming), "{name}");
        assert_eq!(harness.host().activity().in_hand(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_handled_beside_itself_after_an_outage() {
    let (service, state) = school(School::always(Act::Take(Duration::from_secs(5))), marks());
    let harness = Harness::start(service).await;
    for points in 0..6 {
        harness.publish(mark(&format!("p-{}", points % 2), points)).await;
    }
    for _ in 0..4 {
        until("handlers to be at work", || state.at_work() > 0).await;
        harness.broker().lose_connection();
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(state.at_work() <= 2, "an event came again and was not kept waiting");
    }
    harness.settle().await;
    let seen = state.seen();
    for key in ["p-0", "p-1"] {
        let calls: Vec<_> = seen.iter().filter(|seen| seen.key == key).collect();
        assert!(calls.windows(2).all(|pair| pair[0].to.unwrap() <= pair[1].from), "{key}: {calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_publish_without_a_connection_fails_as_not_sent_within_its_deadline() {
    let deadline = Duration::from_millis(1_500);
    let (service, state) = school(School::always(Act::Handle), marks());
    let setup = Setup { broker: BrokerOptions { deadline, ..BrokerOptions::default() }, ..Setup::default() };
    let harness = Harness::start_with(service, setup).await;
    harness.broker().disconnect();
    let started = harness.clock().elapsed();
    let fabric = harness.fabric_as("school");
    let failed = fabric.publish(mark("p-1", 1)).tenant(tenant()).await;
    let Err(PublishFailure::Unconfirmed(PublishError::NotSent { .. })) = failed else { panic!("{failed:?}") };
    assert_eq!(harness.clock().elapsed().saturating_sub(started), deadline);
    harness.broker().reconnect();
    // One that waits for the connection goes out when it is there again.
    harness.broker().disconnect();
    let waiting = tokio::spawn(async move { fabric.publish(mark("p-1", 2)).tenant(tenant()).await });
    tokio::time::sleep(deadline / 2).await;
    harness.broker().reconnect();
    waiting.await.unwrap().unwrap();
    harness.settle().await;
    assert_eq!(state.points(), [2]);
}

#[tokio::test(start_paused = true)]
async fn no_more_publishes_wait_for_the_connection_than_may() {
    let (service, state) = school(School::always(Act::Handle), marks());
    let setup = Setup { broker: BrokerOptions { held_max: 3, ..BrokerOptions::default() }, ..Setup::default() };
    let harness = Harness::start_with(service, setup).await;
    harness.broker().block("the disk is full");
    let fabric = harness.fabric_as("school");
    let publishes = (0..5).map(|points| {
        let fabric = fabric.clone();
        tokio::spawn(async move {
            fabric.publish(mark("p-1", points)).tenant(tenant()).await.map_err(|error| error.to_string())
        })
    });
    let publishes: Vec<_> = publishes.collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    harness.broker().unblock();
    let mut failures = Vec::new();
    for publish in publishes {
        failures.extend(publish.await.unwrap().err());
    }
    assert_eq!(failures, [const { "the message was not sent: too much is waiting already" }; 2]);
    harness.settle().await;
    assert_eq!(state.points(), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn readiness_says_degraded_without_the_broker_and_ready_again_with_it() {
    let (service, state) = school(School::always(Act::Handle), marks());
    let harness = Harness::start(service).await;
    let http = harness.http();
    until("the consumer to be registered", || harness.host().health().readiness().takes_requests).await;
    assert_eq!(http.get("/health/ready").await.status, 200);
    harness.broker().disconnect();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let reply = http.get("/health/ready").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (503, &"degraded".into()));
    assert_eq!(http.get("/health/live").await.status, 200);
    harness.broker().reconnect();
    until("the consumer to be registered again", || harness.host().health().readiness().takes_requests).await;
    let reply = http.get("/health/ready").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (200, &"ready".into()));
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    assert_eq!(state.points(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_starts_without_the_broker_works_as_soon_as_it_is_there() {
    let (service, state) = school(School::always(Act::Handle), marks());
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let broker = MemoryBroker::new(clock, BrokerOptions::default());
    broker.disconnect();
    let host = host(Arc::clone(&broker), clock, service).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!((host.health().readiness().takes_requests, broker.queue_names()), (false, Vec::new()));
    broker.reconnect();
    until("the host to be ready", || host.health().readiness().takes_requests).await;
    host.fabric("school").unwrap().publish(mark("p-1", 1)).tenant(tenant()).await.unwrap();
    until("the mark to be handled", || state.points() == [1]).await;
    host.drain().await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_somebody_deletes_comes_back() {
    for is_strict in [false, true] {
        let marks = if is_strict { marks().strict() } else { marks() };
        let (service, state) = school(School::following(&[Act::Handle, Act::Transient]), marks);
        let harness = Harness::start(service).await;
        harness.publish(mark("p-1", 1)).await;
        harness.settle().await;
        for queue in ["school.marks", "school.marks.parked", "school.marks.retry.1000"] {
            assert_eq!(harness.broker().delete_queue(queue), !is_strict || !queue.contains("retry"));
        }
        let is_back = || harness.broker().queue_names().contains(&"school.marks".to_owned());
        until("the queue to be back", is_back).await;
        harness.publish(mark("p-1", 2)).await;
        harness.settle().await;
        // The second mark is tried again, by a wait queue that is made again too.
        assert_eq!((state.points(), state.seen().len()), (vec![1, 2], 3), "strict: {is_strict}");
        assert!(harness.parked("school.marks").is_empty());
        assert_eq!(harness.host().activity().in_hand(), 0);
    }
}
