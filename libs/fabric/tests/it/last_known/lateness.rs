//! When what waits is offered to the cache, seen from the cache.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use fabric::{
    Actor, Clock, EventId, Metadata, ServiceName, TenantId, Topic,
    core::{
        publication::{self, Origin},
        recency::Recency,
        seed::Seed,
    },
    runtime::{
        last_known::{LastKnown, LastKnownOptions},
        ports::{BoxFuture, Cache, CacheEntry, CacheError, CacheQuery, CachedEvent, Offered},
    },
};
use fabric_memory::{CacheOptions, MemoryCache};
use fabric_testkit::harness::tenant;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::sample::mark;

/// A cache that notes when each entry was offered, and takes its time.
struct Watched {
    cache: Arc<MemoryCache>,
    clock: Clock,
    /// None: it never answers.
    takes: Option<Duration>,
    offers: Mutex<Vec<(Duration, Vec<CacheEntry>)>>,
}

impl Cache for Watched {
    fn offer(&self, entries: Vec<CacheEntry>) -> BoxFuture<'_, Result<Offered, CacheError>> {
        self.offers.lock().unwrap().push((self.clock.elapsed(), entries.clone()));
        Box::pin(async move {
            match self.takes {
                Some(takes) => tokio::time::sleep(takes).await,
                None => std::future::pending().await,
            }
            self.cache.offer(entries).await
        })
    }

    fn last(&self, query: CacheQuery) -> BoxFuture<'_, Result<Vec<CachedEvent>, CacheError>> {
        self.cache.last(query)
    }

    fn recent(
        &self,
        tenant: TenantId,
        topic: Topic,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<CachedEvent>, CacheError>> {
        self.cache.recent(tenant, topic, limit)
    }

    fn reachable(&self) -> watch::Receiver<bool> {
        self.cache.reachable()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.cache.close()
    }
}

impl Watched {
    fn new(takes: Option<Duration>) -> Arc<Self> {
        let (cache, clock) = (MemoryCache::new(CacheOptions::default()), Clock::starting_at(Timestamp::UNIX_EPOCH));
        Arc::new(Self { cache, clock, takes, offers: Mutex::default() })
    }
}

/// An event of a topic, made at the time that the clock shows.
fn event(topic: &str, number: u64, clock: Clock) -> (Metadata, Bytes) {
    let service = ServiceName::try_new("school").unwrap();
    let origin = Origin {
        id: EventId::from_parts(number, [0; 10]),
        time: clock.now(),
        tenant: tenant(),
        actor: Actor::service(&service),
        service,
        correlation: None,
        causation: None,
        stream: None,
        position: Some(number),
        trace: None,
    };
    let planned = publication::plan(&mark("p-1", 1), origin).unwrap();
    let metadata = Metadata { topic: Topic::try_new(topic).unwrap(), ..planned.metadata };
    (metadata, planned.outgoing.message.body)
}

const DELAY_MAX: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn an_event_or_a_newer_one_is_written_within_ten_milliseconds() {
    for takes_ms in [0, 1, 2, 4, 5] {
        let takes = Duration::from_millis(takes_ms);
        let cache = Watched::new(Some(takes));
        let (last_known, task) = LastKnown::start(cache.clone(), LastKnownOptions::default());
        let mut random = Seed::new(takes_ms);
        let mut offered: Vec<(Duration, Topic, Recency)> = Vec::new();
        for number in 0..2_000 {
            let (metadata, body) = event(&format!("school.mark.given_{}", random.below(4)), number, cache.clock);
            offered.push((cache.clock.elapsed(), metadata.topic.clone(), Recency::of(&metadata, 0)));
            last_known.offer(metadata, &body);
            if random.chance(300) {
                tokio::time::sleep(Duration::from_millis(random.below(20))).await;
            }
        }
        task.drain(Duration::from_secs(5)).await;
        let offers = cache.offers.lock().unwrap();
        for (at, topic, recency) in offered {
            let has = |entries: &[CacheEntry]| entries.iter().any(|one| one.topic == topic && one.recency >= recency);
            let written = offers.iter().find(|(_, entries)| has(entries)).map(|(begun, _)| *begun + takes);
            let late = written.unwrap().saturating_sub(at);
            assert!(late <= DELAY_MAX, "{late:?} late, with a cache that takes {takes:?}");
        }
        let written: usize = offers.iter().map(|(_, entries)| entries.len()).sum();
        assert!(written < 1_500, "{written} writes: nothing was coalesced");
    }
}

#[tokio::test(start_paused = true)]
async fn many_topics_go_out_in_batches_and_in_time() {
    let cache = Watched::new(Some(Duration::from_millis(1)));
    let (last_known, task) = LastKnown::start(cache.clone(), LastKnownOptions::default());
    for number in 0..1_000 {
        let (metadata, body) = event(&format!("school.mark.given_{number}"), number, cache.clock);
        last_known.offer(metadata, &body);
    }
    tokio::time::sleep(DELAY_MAX).await;
    let sizes: Vec<usize> = cache.offers.lock().unwrap().iter().map(|(_, entries)| entries.len()).collect();
    assert_eq!(sizes, [256, 256, 256, 232]);
    task.drain(Duration::from_secs(5)).await;
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_never_answers_is_asked_once_and_holds_up_nobody() {
    let cache = Watched::new(None);
    let (last_known, task) = LastKnown::start(cache.clone(), LastKnownOptions::default());
    for number in 0..10_000 {
        let (metadata, body) = event("school.mark.given", number, cache.clock);
        last_known.offer(metadata, &body);
        if number % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    assert_eq!(cache.offers.lock().unwrap().len(), 1);
    let (clock, started) = (cache.clock, cache.clock.elapsed());
    task.drain(Duration::from_secs(5)).await;
    assert_eq!(clock.elapsed().saturating_sub(started), Duration::from_secs(5), "draining ends at its deadline");
}
