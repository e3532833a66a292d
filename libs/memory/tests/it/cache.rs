//! The cache: a merge that never goes back.

use std::{collections::BTreeMap, num::NonZeroUsize, sync::Arc};

use fabric_core::{
    EventId, Metadata, Pattern, TenantId, Topic,
    codec::{self, Received},
    name::CorrelationId,
    recency::{self, Recency},
};
use fabric_memory::{CacheOptions, MemoryCache};
use fabric_runtime::ports::{Cache, CacheEntry, CacheError, CacheQuery, CachedEvent, Offered};
use jiff::Timestamp;
use proptest::prelude::*;

const TOPICS: [&str; 3] = ["gradebook.grade.posted", "gradebook.grade.removed", "kyc.document.verified"];
const TENANTS: [&str; 2] = ["district-1", "district-2"];

/// Everything that places an event: a small range each, so that many have the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    tenant: usize,
    topic: usize,
    epoch: u64,
    position: Option<u64>,
    time_us: i64,
    id: u64,
}

fn place() -> impl Strategy<Value = Place> {
    (0..2_usize, 0..3_usize, 0..2_u64, proptest::option::of(0..4_u64), 0..3_i64, 0..3_u64)
        .prop_map(|(tenant, topic, epoch, position, time_us, id)| Place { tenant, topic, epoch, position, time_us, id })
}

fn event(place: Place) -> (Recency, Received) {
    let metadata = Metadata {
        id: EventId::from_parts(place.id, [7; 10]),
        topic: Topic::try_new(TOPICS[place.topic]).unwrap(),
        version: 1,
        time: Timestamp::from_microsecond(place.time_us).unwrap(),
        source: "academic".to_owned(),
        tenant: TENANTS[place.tenant].parse().unwrap(),
        actor: None,
        subject: None,
        key: None,
        correlation: CorrelationId::try_new("c").unwrap(),
        causation: None,
        stream: None,
        position: place.position,
        trace: None,
    };
    (Recency::of(&metadata, place.epoch), Received { metadata, body: r#"{"score":1}"#.into() })
}

fn entry(place: Place) -> CacheEntry {
    let (recency, event) = event(place);
    let text = codec::encode_structured(&event.metadata, &event.body).unwrap();
    CacheEntry { tenant: event.metadata.tenant, topic: event.metadata.topic, recency, event: text }
}

fn cache(recent_max: usize, topics_max: usize) -> Arc<MemoryCache> {
    MemoryCache::new(CacheOptions { recent_max: NonZeroUsize::new(recent_max).unwrap(), topics_max })
}

/// Runs a call of the port: nothing here ever waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(future)
}

fn query(tenant: usize, pattern: &str) -> CacheQuery {
    CacheQuery { tenant: TENANTS[tenant].parse().unwrap(), pattern: Pattern::try_new(pattern).unwrap() }
}

fn everything(cache: &MemoryCache) -> Vec<Vec<CachedEvent>> {
    let mut all = Vec::new();
    for (index, tenant) in TENANTS.iter().enumerate() {
        all.push(now(cache.last(query(index, "#"))).unwrap());
        for topic in TOPICS {
            let (tenant, topic): (TenantId, Topic) = (tenant.parse().unwrap(), topic.parse().unwrap());
            all.push(now(cache.recent(tenant, topic, usize::MAX)).unwrap());
        }
    }
    all
}

proptest! {
    #[test]
    fn any_order_and_any_duplication_by_any_number_of_writers_end_at_the_same_value(
        places in proptest::collection::vec(place(), 0..30),
        again in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
        order in any::<u64>(),
        batch in 1_usize..5,
        recent_max in 1_usize..4,
    ) {
        let one = cache(recent_max, 100);
        for place in &places {
            now(one.offer(vec![entry(*place)])).unwrap();
        }
        let mut resent = places.clone();
        if !places.is_empty() {
            resent.extend(again.iter().map(|index| *index.get(&places)));
        }
        let mut seed = fabric_core::seed::Seed::new(order);
        for last in (1..resent.len()).rev() {
            resent.swap(last, usize::try_from(seed.below(last as u64 + 1)).unwrap());
        }
        let other = cache(recent_max, 100);
        for places in resent.chunks(batch) {
            let offered = now(other.offer(places.iter().copied().map(entry).collect())).unwrap();
            prop_assert_eq!(offered.written + offered.stale, places.len());
        }
        prop_assert_eq!(everything(&one), everything(&other));
    }

    #[test]
    fn the_last_known_event_is_the_merge_of_all_and_never_goes_back(places in proptest::collection::vec(place(), 1..30)) {
        let cache = cache(2, 100);
        let mut merged: BTreeMap<(usize, usize), (Recency, Received)> = BTreeMap::new();
        for place in places {
            let before = now(cache.last(query(place.tenant, TOPICS[place.topic]))).unwrap();
            let offered = now(cache.offer(vec![entry(place)])).unwrap();
            let after = now(cache.last(query(place.tenant, TOPICS[place.topic]))).unwrap();
            let at = (place.tenant, place.topic);
            let newest = match merged.remove(&at) {
                Some(before) => recency::merge(before, event(place)),
                None => event(place),
            };
            let expected = CachedEvent { recency: newest.0.to_string(), event: newest.1.clone() };
            merged.insert(at, newest);
            prop_assert_eq!(&after, &vec![expected]);
            let is_newer = before.first().is_none_or(|before| before.recency < after[0].recency);
            prop_assert!(is_newer || before == after);
            let expected = if is_newer { Offered { written: 1, stale: 0 } } else { Offered { written: 0, stale: 1 } };
            prop_assert_eq!(offered, expected);
        }
    }
}

fn at(topic: usize, position: u64) -> Place {
    Place { tenant: 0, topic, epoch: 0, position: Some(position), time_us: 0, id: position }
}

#[test]
fn the_recent_ones_come_newest_first() {
    let cache = cache(3, 100);
    let offered = now(cache.offer([2, 5, 1, 4, 5, 3].map(|position| entry(at(0, position))).into())).unwrap();
    assert_eq!(offered, Offered { written: 2, stale: 4 });
    let positions = |limit| -> Vec<u64> {
        let tenant = TENANTS[0].parse().unwrap();
        let events = now(cache.recent(tenant, TOPICS[0].parse().unwrap(), limit)).unwrap();
        events.iter().map(|cached| cached.event.metadata.position.unwrap()).collect()
    };
    assert_eq!((positions(9), positions(2), positions(0)), (vec![5, 4, 3], vec![5, 4], vec![]));
}

#[test]
fn of_two_events_in_the_same_place_the_first_stays() {
    let cache = cache(3, 100);
    let other = CacheEntry { event: "{}".to_owned(), ..entry(at(0, 1)) };
    assert_eq!(now(cache.offer(vec![entry(at(0, 1)), other])).unwrap(), Offered { written: 1, stale: 1 });
    assert_eq!(now(cache.last(query(0, "#"))).unwrap()[0].event, event(at(0, 1)).1);
}

#[test]
fn a_query_finds_what_matches_of_its_tenant_sorted_by_topic() {
    let cache = cache(3, 100);
    now(cache.offer((0..3).rev().map(|topic| entry(at(topic, 1))).collect())).unwrap();
    let table: &[(usize, &str, &[usize])] = &[
        (0, "#", &[0, 1, 2]),
        (0, "gradebook.#", &[0, 1]),
        (0, "*.*.verified", &[2]),
        (0, "gradebook.grade.posted", &[0]),
        (0, "social.#", &[]),
        (1, "#", &[]),
    ];
    for (tenant, pattern, expected) in table {
        let found = now(cache.last(query(*tenant, pattern))).unwrap();
        let topics: Vec<&str> = found.iter().map(|cached| cached.event.metadata.topic.as_str()).collect();
        assert_eq!(topics, expected.iter().map(|topic| TOPICS[*topic]).collect::<Vec<_>>(), "{tenant} {pattern}");
    }
}

#[test]
fn there_are_no_more_topics_than_allowed() {
    let cache = cache(3, 1);
    let away = |result: Result<Offered, CacheError>| matches!(result, Err(CacheError::Away { .. }));
    assert!(!away(now(cache.offer(vec![entry(at(0, 1))]))));
    assert!(away(now(cache.offer(vec![entry(at(1, 1))]))));
    assert!(away(now(cache.offer(vec![entry(Place { tenant: 1, ..at(0, 1) })]))));
    assert!(!away(now(cache.offer(vec![entry(at(0, 2))]))), "a topic that is there goes on");
    cache.lose_everything();
    assert_eq!(now(cache.last(query(0, "#"))), Ok(Vec::new()));
    assert!(!away(now(cache.offer(vec![entry(at(1, 1))]))));
}

#[test]
fn a_cache_that_is_away_says_so_and_keeps_what_it_has() {
    let cache = cache(3, 100);
    let reachable = cache.reachable();
    let is_away = || matches!(now(cache.last(query(0, "#"))), Err(CacheError::Away { .. }));
    now(cache.offer(vec![entry(at(0, 1))])).unwrap();
    cache.go_away();
    assert!(is_away() && !*reachable.borrow());
    assert!(now(cache.offer(vec![entry(at(0, 2))])).is_err());
    cache.come_back();
    assert!(*reachable.borrow());
    assert_eq!(now(cache.last(query(0, "#"))).unwrap()[0].event.metadata.position, Some(1));
    now(cache.close());
    cache.come_back();
    assert!(is_away(), "closed is closed");
}

#[test]
fn what_is_not_an_event_is_named_by_its_key_alone() {
    let cache = cache(3, 100);
    now(cache.offer(vec![CacheEntry { event: "{\"secret\":1}".to_owned(), ..entry(at(0, 1)) }])).unwrap();
    let key = format!("{}:{}", TENANTS[0], TOPICS[0]);
    assert_eq!(now(cache.last(query(0, "#"))), Err(CacheError::Unreadable { key }));
}
