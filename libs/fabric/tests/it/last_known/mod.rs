//! The last known event of every topic: never backwards, coalesced, at most ten milliseconds late, and never in the way.

mod lateness;

use std::time::Duration;

use fabric::{Fabric, Pattern, TenantId, runtime::ports::CachedEvent};
use fabric_testkit::harness::{Harness, Setup, tenant};
use jiff::Timestamp;

use crate::{
    sample::{Act, BellRung, MarkGiven, NoteSent, School, following, mark, marks, school},
    scrape::{self, Scrape},
};

/// The points of the last known mark; none when no mark is known.
async fn last_points(fabric: &Fabric) -> Option<u16> {
    let pattern: Pattern = "school.mark.#".parse().unwrap();
    let last = fabric.last(tenant(), pattern).await.unwrap();
    last.first().map(|last| last.event.payload::<MarkGiven>().unwrap().points)
}

#[tokio::test(start_paused = true)]
async fn the_newest_wins_whatever_the_order() {
    let day = |number: u16| Timestamp::from_second(1_767_225_600 + i64::from(number) * 86_400).unwrap();
    let orders: &[&[u16]] = &[&[1, 2, 3], &[3, 2, 1], &[2, 3, 1], &[3, 1, 2, 1, 3], &[1, 3, 3, 2]];
    // All at once, where they wait for each other, or one by one, where each is written before the next one comes.
    for (order, pause) in orders.iter().flat_map(|order| [(order, 0), (order, 50)]) {
        let (harness, _) = following(&[]).await;
        let fabric = harness.fabric_as("school");
        for number in *order {
            fabric.publish(mark("p-1", *number)).tenant(tenant()).at(day(*number)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(last_points(&fabric).await, Some(3), "{order:?}");
        let topic = "school.mark.given".parse().unwrap();
        let recent = fabric.recent(tenant(), topic, 1).await.unwrap();
        assert_eq!(recent[0].event.metadata.time, day(3), "{order:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_tenant_and_topic_has_its_own() {
    let (harness, _) = following(&[]).await;
    let fabric = harness.fabric_as("school");
    let elsewhere: TenantId = "elsewhere".parse().unwrap();
    fabric.publish(mark("p-1", 1)).tenant(tenant()).await.unwrap();
    fabric.publish(mark("p-1", 2)).tenant(elsewhere.clone()).await.unwrap();
    fabric.publish(BellRung { tower: "north".to_owned() }).tenant(tenant()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(last_points(&fabric).await, Some(1));
    let topics = |last: Vec<CachedEvent>| -> Vec<String> {
        last.iter().map(|last| last.event.metadata.topic.to_string()).collect()
    };
    let last = fabric.last(tenant(), Pattern::everything()).await.unwrap();
    assert_eq!(topics(last), ["school.bell.rung", "school.mark.given"]);
    let last = fabric.last(elsewhere, Pattern::everything()).await.unwrap();
    assert_eq!(topics(last), ["school.mark.given"]);
}

#[tokio::test(start_paused = true)]
async fn under_load_only_the_newest_is_written() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (harness, _) = following(&[]).await;
    for points in 0..500 {
        harness.publish(mark("p-1", points)).await;
    }
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(last_points(&harness.fabric_as("school")).await, Some(499));
    let counted = Scrape::of(&recorder);
    let [writes, coalesced] =
        ["writes", "coalesced"].map(|what| counted.value(&format!("eventbus_cache_{what}_total")));
    assert!((1..=10).contains(&writes), "{writes} writes");
    assert_eq!(writes + coalesced, 500, "each is written or coalesced");
}

#[tokio::test(start_paused = true)]
async fn publishing_goes_on_while_the_cache_is_away_and_the_newest_is_there_afterwards() {
    let (harness, state) = following(&[]).await;
    let fabric = harness.fabric_as("school");
    harness.publish(mark("p-1", 0)).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    harness.cache().go_away();
    let started = harness.clock().elapsed();
    for points in 1..100 {
        harness.publish(mark("p-1", points)).await;
    }
    assert_eq!(harness.clock().elapsed(), started, "publishing waited for the cache");
    harness.settle().await;
    assert_eq!(state.points().len(), 100);
    let readiness = harness.host().health().readiness();
    assert!(readiness.takes_requests && readiness.checks.iter().any(|check| check.name == "cache" && !check.ok));
    assert!(fabric.last(tenant(), Pattern::everything()).await.is_err());
    tokio::time::sleep(Duration::from_mins(10)).await;
    harness.cache().come_back();
    // The pauses between attempts grow to five seconds.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(last_points(&fabric).await, Some(99));
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_has_lost_everything_is_filled_by_later_events() {
    let (harness, _) = following(&[]).await;
    for (points, lost) in [(1, false), (2, true), (3, false)] {
        if lost {
            harness.cache().lose_everything();
            assert_eq!(last_points(&harness.fabric_as("school")).await, None);
        }
        harness.publish(mark("p-1", points)).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(last_points(&harness.fabric_as("school")).await, Some(points));
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_topics_wait_than_may() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (service, _) = school(School::always(Act::Handle), marks());
    let environment = vec![("FABRIC__CACHE__PENDING_TOPICS_MAX", "2")];
    let harness = Harness::start_with(service, Setup { environment, ..Setup::default() }).await;
    harness.cache().go_away();
    harness.publish(mark("p-1", 1)).await;
    harness.publish(BellRung { tower: "north".to_owned() }).await;
    for _ in 0..5 {
        harness.publish(NoteSent { pupil: "p-1".to_owned() }).await;
    }
    harness.publish(mark("p-1", 2)).await;
    harness.cache().come_back();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let fabric = harness.fabric_as("school");
    let last = fabric.last(tenant(), Pattern::everything()).await.unwrap();
    assert_eq!((last.len(), last_points(&fabric).await), (2, Some(2)));
    assert_eq!(Scrape::of(&recorder).value("eventbus_cache_dropped_total"), 5);
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_written_before_the_host_ends() {
    let recorder = scrape::recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let (harness, _) = following(&[]).await;
    harness.publish(mark("p-1", 7)).await;
    assert_eq!(Scrape::of(&recorder).value("eventbus_cache_writes_total"), 0, "it is still waiting");
    harness.drain().await;
    assert_eq!(Scrape::of(&recorder).value("eventbus_cache_writes_total"), 1);
}
