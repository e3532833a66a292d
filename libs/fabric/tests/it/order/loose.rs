//! One key at a time and in order, other keys beside it, and no more out than the prefetch.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fabric::core::seed::Seed;
use fabric_memory::model::Place;
use fabric_testkit::harness::{Harness, tenant};

use crate::sample::{Act, School, Seen, mark, marks, school, until};

/// The most handlers that were at work at one moment.
fn most_at_a_time(seen: &[Seen]) -> usize {
    let is_at_work = |seen: &&Seen, moment| seen.from <= moment && seen.to.is_none_or(|to| to > moment);
    seen.iter().map(|one| seen.iter().filter(|other| is_at_work(other, one.from)).count()).max().unwrap_or_default()
}

fn by_key(seen: &[Seen]) -> BTreeMap<&str, Vec<&Seen>> {
    let mut keys: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    for seen in seen {
        keys.entry(&seen.key).or_default().push(seen);
    }
    keys
}

fn takes(random: &mut Seed) -> Act {
    Act::Take(Duration::from_millis(1 + random.below(40)))
}

#[tokio::test(start_paused = true)]
async fn one_key_is_kept_in_order_while_others_go_on() {
    // Concurrency, keys, and how many handlers are at work at a time.
    for (concurrency, keys, expected) in [(8, 20, 8), (8, 8, 8), (8, 3, 3), (8, 1, 1), (3, 20, 3), (1, 5, 1)] {
        let mut random = Seed::new(concurrency + keys);
        let script: Vec<Act> = (0..400).map(|_| takes(&mut random)).collect();
        let marks = marks().concurrency(u16::try_from(concurrency).unwrap()).prefetch(200);
        let (service, state) = school(School::following(&script), marks);
        let harness = Harness::start(service).await;
        for points in 0..400 {
            harness.publish(mark(&format!("p-{}", random.below(keys)), points)).await;
        }
        harness.settle().await;
        let seen = state.seen();
        assert_eq!(seen.len(), 400);
        assert_eq!(most_at_a_time(&seen), expected, "concurrency {concurrency}, {keys} keys");
        for (key, calls) in by_key(&seen) {
            for pair in calls.windows(2) {
                assert!(pair[0].points < pair[1].points, "{key} out of order: {pair:?}");
                assert!(pair[0].to.unwrap() <= pair[1].from, "{key} beside itself: {pair:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_key_of_two_tenants_is_two_keys() {
    let (service, state) = school(School::always(Act::Wait), marks());
    let harness = Harness::start(service).await;
    let tenants = [tenant(), "elsewhere".parse().unwrap()];
    for (tenant, points) in tenants.into_iter().zip(0..) {
        harness.fabric_as("school").publish(mark("p-1", points)).tenant(tenant).await.unwrap();
    }
    until("both to be handled beside each other", || state.at_work() == 2).await;
    state.gate.add_permits(2);
    harness.settle().await;
}

#[tokio::test(start_paused = true)]
async fn events_of_foreign_producers_without_a_key_wait_for_nobody() {
    let (service, state) = school(School::always(Act::Wait), marks().concurrency(8));
    let harness = Harness::start(service).await;
    harness.publish(mark("p-1", 0)).await;
    let mut foreign = (*harness.broker().recorded()[0].content).clone();
    foreign.message.headers.retain(|name, _| name != "cloudEvents_partitionkey");
    for _ in 0..3 {
        harness.host().adapters().broker.publish(foreign.clone()).await.unwrap();
    }
    until("all to be handled beside each other", || state.at_work() == 4).await;
    state.gate.add_permits(4);
    harness.settle().await;
}

#[tokio::test(start_paused = true)]
async fn no_more_is_out_than_the_prefetch_and_no_more_at_work_than_the_concurrency() {
    for (prefetch, concurrency) in [(1, 1), (3, 1), (3, 3), (10, 4), (64, 8)] {
        let marks = marks().prefetch(prefetch).concurrency(concurrency);
        let (service, state) = school(School::always(Act::Wait), marks);
        let harness = Harness::start(service).await;
        for points in 0..100 {
            harness.publish(mark(&format!("p-{points}"), points)).await;
        }
        let at = |place| harness.broker().contents("school.marks").iter().filter(|(at, _)| *at == place).count();
        let mut most_out = 0;
        until("the handlers to be at work", || state.at_work() == usize::from(concurrency)).await;
        for handled in 1..=100_usize {
            state.gate.add_permits(1);
            until("one to be handled", || state.seen().len() - state.at_work() == handled).await;
            assert!(state.at_work() <= usize::from(concurrency));
            most_out = most_out.max(at(Place::Unacked));
        }
        assert_eq!(most_out, usize::from(prefetch), "prefetch {prefetch}, concurrency {concurrency}");
        harness.settle().await;
        assert_eq!(state.points().into_iter().collect::<BTreeSet<_>>(), (0..100).collect());
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_does_not_hold_back_the_acknowledgements_of_others() {
    let (service, state) = school(School::following(&[Act::Wait]), marks());
    let harness = Harness::start(service).await;
    for points in 0..30 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    until("all others to be acknowledged", || harness.broker().contents("school.marks").len() == 1).await;
    assert_eq!(state.at_work(), 1);
    state.gate.add_permits(1);
    harness.settle().await;
}

#[tokio::test(start_paused = true)]
async fn acknowledgements_do_not_wait_for_deliveries_that_wait_for_them() {
    for prefetch in [1, 2, 7, 64] {
        let (service, state) = school(School::always(Act::Handle), marks().prefetch(prefetch).concurrency(1));
        let harness = Harness::start(service).await;
        for points in 0..200 {
            harness.publish(mark("p-1", points)).await;
        }
        harness.settle().await;
        let seen = state.seen();
        assert_eq!(seen[199].from, seen[0].from, "prefetch {prefetch}: time went by though nothing took any");
    }
}
