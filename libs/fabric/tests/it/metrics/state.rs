//! The gauges: what they show while something is going on, and that they come back to rest.

use std::time::Duration;

use fabric_testkit::harness::{Harness, tenant};

use super::GAUGES;
use crate::{
    sample::{Act, School, mark, marks, school, until},
    scrape::{self, Scrape},
};

/// Every gauge of the school, in the order of [`GAUGES`].
fn gauges(scrape: &Scrape) -> Vec<i64> {
    let of_service = ["eventbus_publish_in_flight", "eventbus_ready"];
    let series = |name: &&str| format!("{name} {}", if of_service.contains(name) { "school" } else { "school.marks" });
    GAUGES.iter().map(|name| scrape.value(&series(name))).collect()
}

#[tokio::test(start_paused = true)]
async fn gauges_show_what_is_going_on() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let script = [Act::Permanent, Act::Permanent, Act::Wait, Act::Wait, Act::Wait];
    let (service, state) = school(School::following(&script), marks().concurrency(3).prefetch(3));
    let harness = Harness::start(service).await;
    let http = harness.http();
    let now = || gauges(&Scrape::of(&recorder));
    assert_eq!(now(), [0; 6]);
    for points in 0..12 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    until("three handlers to wait", || state.at_work() == 3).await;
    harness.broker().block("no room");
    let publishing = ["p-a", "p-b"].map(|pupil| {
        let (fabric, mark) = (harness.fabric_as("school"), mark(pupil, 1));
        tokio::spawn(async move { fabric.publish(mark).tenant(tenant()).await })
    });
    until("both to be held", || now()[0] == 2).await;
    http.get("/health/events").await;
    http.get("/health/ready").await;
    //                publishing, handling, pending, parked, consumers, ready
    assert_eq!(now(), [2, 3, 7, 2, 1, 0]);
    harness.broker().unblock();
    // One of the callers gives up, the other one waits.
    let [given_up, waits] = publishing;
    given_up.abort();
    waits.await.unwrap().unwrap();
    state.gate.add_permits(100);
    harness.settle().await;
    http.get("/health/ready").await;
    http.get("/health/events").await;
    assert_eq!(now(), [0, 0, 0, 2, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_is_not_in_flight_any_more() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (service, _) = school(School::always(Act::Handle), marks());
    let harness = Harness::start(service).await;
    harness.broker().block("no room");
    let in_flight = || Scrape::of(&recorder).value("eventbus_publish_in_flight school");
    let fabric = harness.fabric_as("school");
    let publish = async { fabric.publish(mark("p-1", 1)).tenant(tenant()).await };
    let given_up = tokio::time::timeout(Duration::from_secs(1), async {
        tokio::join!(publish, async { assert_eq!(in_flight(), 1) }).0
    });
    assert!(given_up.await.is_err());
    assert_eq!(in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn depths_are_read_every_ten_seconds() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (service, state) = school(School::always(Act::Permanent), marks());
    let harness = Harness::start(service).await;
    let parked = || Scrape::of(&recorder).value("eventbus_subscription_parked school.marks");
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    assert_eq!((state.points(), parked()), (vec![1], 0));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(parked(), 1);
}

#[tokio::test(start_paused = true)]
async fn seconds_before_the_broker_was_blocked_do_not_count() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (service, _) = school(School::always(Act::Handle), marks());
    let harness = Harness::start(service).await;
    let blocked = || Scrape::of(&recorder).value("eventbus_blocked_seconds_total");
    for (at_ease, in_alarm, expected) in [(3600, 5, 5), (1, 60, 65), (7200, 1, 66)] {
        tokio::time::sleep(Duration::from_secs(at_ease)).await;
        harness.broker().block("no room");
        tokio::time::sleep(Duration::from_secs(in_alarm) + Duration::from_millis(500)).await;
        harness.broker().unblock();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(blocked(), expected, "{in_alarm} seconds of alarm after {at_ease} without");
    }
}
