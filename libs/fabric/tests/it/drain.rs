//! Stopping in good order: what is in hand is finished and acknowledged, the rest is given back.

use std::{sync::Arc, time::Duration};

use fabric::core::health::Status;
use fabric_memory::{MemoryBroker, model::Place};
use fabric_testkit::harness::{Harness, Setup};

use crate::{
    sample::{Act, School, host, mark, marks, school, until},
    scrape::{self, Scrape},
};

/// How many handlers are at work when the drain begins, and how many events there are.
const AT_WORK: u16 = 4;
const EVENTS: u16 = 20;

/// A school whose handlers are at work, with more in hand and more in the queue.
async fn at_work(act: Act) -> (Harness, Arc<School>) {
    let (service, state) = school(School::always(act), marks().concurrency(AT_WORK).prefetch(10));
    let environment = vec![("FABRIC__DRAIN__GRACE_MS", "10000")];
    let harness = Harness::start_with(service, Setup { environment, ..Setup::default() }).await;
    for points in 0..EVENTS {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    until("the handlers to be at work", || state.at_work() == usize::from(AT_WORK)).await;
    (harness, state)
}

fn ready(broker: &MemoryBroker) -> usize {
    let contents = broker.contents("school.marks");
    assert!(contents.iter().all(|(place, _)| *place == Place::Ready), "all that is left must be ready for others");
    contents.len()
}

#[tokio::test(start_paused = true)]
async fn what_is_in_hand_is_finished_and_acknowledged_and_the_rest_given_back() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (harness, state) = at_work(Act::Wait).await;
    let (broker, health) = (Arc::clone(harness.broker()), harness.host().health());
    let started = harness.clock().elapsed();
    let clock = harness.clock();
    let draining = tokio::spawn(harness.drain());
    until("the drain to begin", || health.readiness().status == Status::Draining).await;
    assert!(!health.readiness().takes_requests);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!draining.is_finished(), "it did not wait for the handlers");
    state.gate.add_permits(usize::from(EVENTS));
    draining.await.unwrap();
    assert_eq!(state.seen().len(), usize::from(AT_WORK), "nothing new was taken");
    assert_eq!((state.at_work(), ready(&broker)), (0, usize::from(EVENTS - AT_WORK)));
    assert_eq!(broker.activity().acknowledged, u64::from(AT_WORK));
    assert!(clock.elapsed().saturating_sub(started) < Duration::from_secs(4));
    let counted = Scrape::of(&recorder);
    assert_eq!(counted.value("eventbus_handlers_in_flight school.marks"), 0);
    assert_eq!(counted.value("eventbus_acks_lost_total school.marks"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_outlives_the_deadline_is_not_acknowledged() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (harness, state) = at_work(Act::Hang).await;
    let (broker, clock) = (Arc::clone(harness.broker()), harness.clock());
    let started = clock.elapsed();
    harness.drain().await;
    let took = clock.elapsed().saturating_sub(started);
    assert!(took >= Duration::from_secs(5) && took <= Duration::from_secs(10), "{took:?} of ten seconds of grace");
    assert_eq!((state.seen().len(), ready(&broker)), (usize::from(AT_WORK), usize::from(EVENTS)));
    assert_eq!(broker.activity().acknowledged, 0);
    tokio::task::yield_now().await;
    assert_eq!(Scrape::of(&recorder).value("eventbus_handlers_in_flight school.marks"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failing_handler_is_put_off_while_draining() {
    let (harness, state) = at_work(Act::Wait).await;
    let broker = Arc::clone(harness.broker());
    let draining = tokio::spawn(harness.drain());
    tokio::time::sleep(Duration::from_secs(1)).await;
    // The handlers, which wait at the gate, panic when it closes.
    state.gate.close();
    draining.await.unwrap();
    assert_eq!((broker.contents("school.marks.retry.1000").len(), ready(&broker)), (4, 16));
}

#[tokio::test(start_paused = true)]
async fn draining_ends_in_time_whatever_is_the_matter_with_the_broker() {
    type Trouble = fn(&MemoryBroker);
    let troubles: &[(&str, Trouble)] = &[
        ("nothing", |_| {}),
        ("away", |broker| broker.disconnect()),
        ("lost and back", |broker| broker.lose_connection()),
        ("restarted", |broker| broker.restart()),
        ("blocked", |broker| broker.block("no room")),
    ];
    for (trouble, make) in troubles {
        for act in [Act::Hang, Act::Transient, Act::Take(Duration::from_secs(2)), Act::Handle] {
            let (service, state) = school(School::always(act.clone()), marks().concurrency(2));
            let environment = vec![("FABRIC__DRAIN__GRACE_MS", "10000")];
            let harness = Harness::start_with(service, Setup { environment, ..Setup::default() }).await;
            for points in 0..6 {
                harness.publish(mark(&format!("p-{points}"), points)).await;
            }
            until("a handler to be called", || !state.seen().is_empty()).await;
            make(harness.broker());
            tokio::time::sleep(Duration::from_millis(300)).await;
            let (clock, started) = (harness.clock(), harness.clock().elapsed());
            harness.drain().await;
            let took = clock.elapsed().saturating_sub(started);
            assert!(took <= Duration::from_secs(13), "{trouble}, {act:?}: {took:?} of ten seconds of grace");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_given_back_is_handled_once_by_the_next_process() {
    let (harness, state) = at_work(Act::Wait).await;
    let (next_broker, clock) = (harness.broker().another_client(), harness.clock());
    state.gate.add_permits(usize::from(EVENTS));
    harness.drain().await;
    let handled = state.points();
    assert!((AT_WORK..EVENTS).contains(&u16::try_from(handled.len()).unwrap()), "{handled:?}");
    let (service, next_state) = school(School::always(Act::Handle), marks());
    let next = host(Arc::clone(&next_broker), clock, service).await;
    next_broker.idle().await;
    let mut all = [handled, next_state.points()].concat();
    all.sort_unstable();
    assert_eq!(all, (0..EVENTS).collect::<Vec<_>>());
    next.drain().await;
}
