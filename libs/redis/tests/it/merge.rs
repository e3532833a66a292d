//! The newest wins, in whatever order, how often and by however many events are offered.

use std::collections::BTreeSet;
use std::sync::Arc;

use fabric_core::recency::Recency;
use fabric_core::{EventId, Metadata};
use fabric_redis::{RedisCache, RedisOptions};
use fabric_runtime::ports::{Cache, CacheEntry, Offered};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::task::JoinSet;

use crate::{MARKED, POSTED, connect, entry, entry_with, last, metadata, options, recent, redis};

#[tokio::test]
async fn the_newest_wins_in_any_order() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    let orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
    for (number, order) in orders.into_iter().enumerate() {
        let tenant = format!("tenant-{number}");
        for at in order {
            cache.offer(vec![entry(&tenant, POSTED, at)]).await?;
        }
        assert_eq!(last(&cache, &tenant, POSTED).await?, [(POSTED.to_owned(), 3)], "{order:?}");
        assert_eq!(recent(&cache, &tenant, POSTED, 100).await?, [3, 2, 1], "{order:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_offer_tells_what_became_of_it() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    assert_eq!(cache.offer(Vec::new()).await?, Offered { written: 0, stale: 0 });

    let two_tenants = [
        entry("a", POSTED, 1),
        entry("a", POSTED, 3),
        entry("a", POSTED, 2),
        entry("b", MARKED, 1),
        entry("b", MARKED, 1),
    ];
    assert_eq!(cache.offer(two_tenants.to_vec()).await?, Offered { written: 3, stale: 2 });
    assert_eq!(cache.offer(two_tenants.to_vec()).await?, Offered { written: 0, stale: 5 });
    let differently_written = entry_with("a", POSTED, 2, "{}");
    assert_eq!(cache.offer(vec![differently_written]).await?, Offered { written: 0, stale: 1 });
    assert_eq!(recent(&cache, "a", POSTED, 100).await?, [3, 2, 1], "an event is remembered once");
    Ok(())
}

#[tokio::test]
async fn recencies_that_differ_in_one_digit_are_told_apart() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    // Each part of a recency, from the one that counts least, and 9 against a: there digits become letters.
    let parts = ["random part of the id", "time in the id", "time", "position", "epoch"];
    let numbers = (0..11).flat_map(|digit| [9, 10].map(|value: u64| value << (4 * digit)));
    let places = parts.into_iter().flat_map(|part| numbers.clone().map(move |number| (part, number)));
    for (at, pair) in places.collect::<Vec<_>>().windows(2).enumerate() {
        let tenant = format!("tenant-{at}");
        let [older, newer] = [pair[0], pair[1]].map(|(part, number)| {
            let when = |wanted: &str| if part == wanted { number } else { 0 };
            let mut random = [0; 10];
            random[2..].copy_from_slice(&when("random part of the id").to_be_bytes());
            let metadata = Metadata {
                id: EventId::from_parts(when("time in the id"), random),
                time: Timestamp::from_microsecond(when("time").cast_signed()).unwrap(),
                position: (part == "position").then_some(number),
                ..metadata(&tenant, POSTED, 0)
            };
            let recency = Recency::of(&metadata, when("epoch"));
            CacheEntry { recency, ..entry(&tenant, POSTED, number) }
        });
        let written = async |entry: &CacheEntry| cache.offer(vec![entry.clone()]).await.map(|offered| offered.written);
        assert_eq!(
            (written(&older).await?, written(&newer).await?, written(&older).await?, written(&newer).await?),
            (1, 1, 0, 0),
            "{pair:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_list_of_recent_events_keeps_the_newest_few() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = RedisCache::connect(RedisOptions { recent_max: 5, ..options(redis.url()) }).await?;
    // 11 and 20 have no factor in common, so this goes through all positions without order.
    for at in (0..20).map(|step| step * 11 % 20) {
        cache.offer(vec![entry("a", POSTED, at)]).await?;
    }
    assert_eq!(recent(&cache, "a", POSTED, 100).await?, [19, 18, 17, 16, 15]);
    assert_eq!(recent(&cache, "a", POSTED, 2).await?, [19, 18]);
    assert_eq!(recent(&cache, "a", POSTED, 0).await?, [0; 0]);

    let default = connect(&redis).await?;
    default.offer((0..150).map(|at| entry("b", POSTED, at)).collect()).await?;
    assert_eq!(recent(&default, "b", POSTED, 1_000).await?, (50..150).rev().collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn the_largest_events_pass_unchanged() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    let body = format!(r#"{{"comment":"{}"}}"#, "ü|".repeat(80_000));
    cache.offer(vec![entry_with("a", POSTED, 1, &body)]).await?;
    let recent = cache.recent("a".parse()?, POSTED.parse()?, 1).await?;
    assert!(recent[0].event.body == body.as_bytes());
    assert_eq!(recent[0].recency, entry("a", POSTED, 1).recency.to_string());
    Ok(())
}

const RECENT_MAX: usize = 6;
const WRITERS: usize = 3;

/// What each writer offers, call by call: events of two topics, any of them several times and at several writers.
fn offers() -> impl Strategy<Value = Vec<Vec<Vec<(bool, u64)>>>> {
    let event = (any::<bool>(), 0_u64..40);
    let call = proptest::collection::vec(event, 1..5);
    proptest::collection::vec(proptest::collection::vec(call, 1..8), WRITERS)
}

#[test]
fn all_orders_duplicates_and_writers_end_at_the_same() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let Some(redis) = runtime.block_on(redis())? else { return Ok(()) };
    let connect = async || RedisCache::connect(RedisOptions { recent_max: RECENT_MAX, ..options(redis.url()) }).await;
    let mut caches = Vec::new();
    for _ in 0..WRITERS {
        caches.push(runtime.block_on(connect())?);
    }

    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let cases = std::sync::atomic::AtomicUsize::new(0);
    runner.run(&offers(), |offers| {
        let tenant = format!("case-{}", cases.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let converged = runtime.block_on(converge(&caches, &tenant, offers));
        converged.map_err(|error| TestCaseError::fail(error.to_string()))
    })?;
    Ok(())
}

async fn converge(caches: &[Arc<RedisCache>], tenant: &str, offers: Vec<Vec<Vec<(bool, u64)>>>) -> anyhow::Result<()> {
    let topic_of = |first: bool| if first { POSTED } else { MARKED };
    let all: BTreeSet<(bool, u64)> = offers.iter().flatten().flatten().copied().collect();

    let mut writers = JoinSet::new();
    for (cache, calls) in caches.iter().cloned().zip(offers) {
        let calls = calls.into_iter().map(|call| {
            call.into_iter().map(|(first, at)| entry(tenant, topic_of(first), at)).collect::<Vec<CacheEntry>>()
        });
        let calls: Vec<_> = calls.collect();
        writers.spawn(async move {
            for call in calls {
                cache.offer(call).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(written) = writers.join_next().await {
        written??;
    }

    for first in [true, false] {
        let topic = topic_of(first);
        let newest: Vec<u64> = all.iter().rev().filter(|event| event.0 == first).map(|event| event.1).collect();
        let expected: Vec<_> = newest.first().map(|at| (topic.to_owned(), *at)).into_iter().collect();
        anyhow::ensure!(last(&caches[0], tenant, topic).await? == expected, "the last of {topic} is not {expected:?}");
        let kept = &newest[..newest.len().min(RECENT_MAX)];
        let recent = recent(&caches[0], tenant, topic, 100).await?;
        anyhow::ensure!(recent == kept, "the recent of {topic} are {recent:?}, not {kept:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_sees_the_last_event_go_back() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let mut writers = JoinSet::new();
    for writer in 0..3 {
        let cache = connect(&redis).await?;
        writers.spawn(async move {
            // Each writer goes upwards by steps of its own, and back a little within each call.
            for at in (0_u64..600).step_by(writer + 2) {
                let older = [at, at.saturating_sub(7), at.saturating_sub(3)];
                cache.offer(older.map(|at| entry("a", POSTED, at)).to_vec()).await?;
            }
            anyhow::Ok(())
        });
    }

    let cache = connect(&redis).await?;
    let mut seen = String::new();
    while !writers.is_empty() {
        while let Some(written) = writers.try_join_next() {
            written??;
        }
        for last in cache.last(crate::CacheQuery { tenant: "a".parse()?, pattern: "#".parse()? }).await? {
            let is_its_own = last.recency == entry("a", POSTED, crate::position(&last)).recency.to_string();
            assert!(is_its_own, "an event is never seen with the recency of another");
            assert!(last.recency >= seen, "{} came after {seen}", last.recency);
            seen = last.recency;
        }
    }
    assert_eq!(last(&cache, "a", POSTED).await?, [(POSTED.to_owned(), 598)]);
    Ok(())
}
