//! The port `Cache` as a merge in memory.
//!
//! For each topic the most recent events are kept, ordered by recency, each place once. The last known event is the newest of
//! them. Keeping the newest so many of everything ever offered is a merge as well: commutative, associative, idempotent.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fabric_core::{TenantId, Topic, codec, recency::Recency};
use fabric_runtime::ports::{BoxFuture, Cache, CacheEntry, CacheError, CacheQuery, CachedEvent, Offered};
use tokio::sync::watch;

use crate::announced::Announced;

/// The limits of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheOptions {
    /// How many events of one topic are kept.
    pub recent_max: NonZeroUsize,
    /// How many topics there may be, counted per tenant. Offers of more fail as if the cache were away.
    pub topics_max: usize,
}

impl Default for CacheOptions {
    /// 100 events of each of 100,000 topics.
    fn default() -> Self {
        Self { recent_max: NonZeroUsize::MIN.saturating_add(99), topics_max: 100_000 }
    }
}

/// A cache in this process. It can be made to go away, and to lose everything, as a server does.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use fabric_core::Pattern;
/// use fabric_memory::{CacheOptions, MemoryCache};
/// use fabric_runtime::ports::{Cache, CacheQuery};
///
/// let cache = MemoryCache::new(CacheOptions::default());
/// let query = CacheQuery { tenant: "district-1".parse().unwrap(), pattern: Pattern::everything() };
/// assert_eq!(cache.last(query.clone()).await, Ok(Vec::new()));
/// cache.go_away();
/// assert!(cache.last(query).await.is_err());
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryCache {
    options: CacheOptions,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    reachable: Announced<bool>,
    tenants: BTreeMap<TenantId, BTreeMap<Topic, Recents>>,
    topics: usize,
    closed: bool,
}

/// The most recent events of a topic, the newest last. Never empty once it stands in the state.
type Recents = BTreeMap<Recency, Arc<str>>;

impl MemoryCache {
    /// An empty cache.
    pub fn new(options: CacheOptions) -> Arc<Self> {
        let (tenants, topics, closed) = (BTreeMap::new(), 0, false);
        let state = State { reachable: Announced::new(true), tenants, topics, closed };
        Arc::new(Self { options, state: Mutex::new(state) })
    }

    /// Lets every call fail until [`come_back`](Self::come_back). What is kept stays.
    pub fn go_away(&self) {
        self.lock().reachable.tell(false);
    }

    /// Ends what [`go_away`](Self::go_away) began. A closed cache stays closed.
    pub fn come_back(&self) {
        let mut state = self.lock();
        let is_open = !state.closed;
        state.reachable.tell(is_open);
    }

    /// Loses everything, as a server without a disk does when it restarts.
    pub fn lose_everything(&self) {
        let mut state = self.lock();
        state.tenants.clear();
        state.topics = 0;
    }

    fn offer_now(&self, entries: Vec<CacheEntry>) -> Result<Offered, CacheError> {
        let mut state = self.reach()?;
        let mut offered = Offered::default();
        for entry in entries {
            if state.offer(entry, self.options)? {
                offered.written += 1;
            } else {
                offered.stale += 1;
            }
        }
        Ok(offered)
    }

    fn last_now(&self, query: &CacheQuery) -> Result<Vec<CachedEvent>, CacheError> {
        let found: Vec<(Topic, Recency, Arc<str>)> = {
            let state = self.reach()?;
            let topics = state.tenants.get(&query.tenant).into_iter().flatten();
            let matching = topics.filter(|(topic, _)| query.pattern.matches(topic.as_str()));
            let newest = |(topic, recents): (&Topic, &Recents)| {
                recents.last_key_value().map(|(recency, event)| (topic.clone(), *recency, Arc::clone(event)))
            };
            matching.filter_map(newest).collect()
        };
        found.iter().map(|(topic, recency, event)| read(&query.tenant, topic, *recency, event)).collect()
    }

    fn recent_now(&self, tenant: &TenantId, topic: &Topic, limit: usize) -> Result<Vec<CachedEvent>, CacheError> {
        let found: Vec<(Recency, Arc<str>)> = {
            let state = self.reach()?;
            let recents = state.tenants.get(tenant).and_then(|topics| topics.get(topic)).into_iter().flatten();
            recents.rev().take(limit).map(|(recency, event)| (*recency, Arc::clone(event))).collect()
        };
        found.iter().map(|(recency, event)| read(tenant, topic, *recency, event)).collect()
    }

    fn reach(&self) -> Result<MutexGuard<'_, State>, CacheError> {
        let state = self.lock();
        if *state.reachable.value() {
            Ok(state)
        } else {
            Err(CacheError::Away { detail: "it cannot be reached".to_owned() })
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each offer changes one place at a time, so what a panic left behind is a valid state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Merges one event. Says whether it is the last known event now and was not before.
    fn offer(&mut self, entry: CacheEntry, options: CacheOptions) -> Result<bool, CacheError> {
        let is_known = self.tenants.get(&entry.tenant).is_some_and(|topics| topics.contains_key(&entry.topic));
        if !is_known && self.topics >= options.topics_max {
            return Err(CacheError::Away { detail: format!("it holds {} topics and no more", options.topics_max) });
        }
        self.topics += usize::from(!is_known);
        let recents = self.tenants.entry(entry.tenant).or_default().entry(entry.topic).or_default();
        let is_newer = recents.last_key_value().is_none_or(|(newest, _)| entry.recency > *newest);
        // As with `recency::merge`, of two events in the same place the one that was there first stays.
        recents.entry(entry.recency).or_insert_with(|| entry.event.into());
        if recents.len() > options.recent_max.get() {
            recents.pop_first();
        }
        Ok(is_newer)
    }
}

/// Reads an event as a server's answer is read: whoever offered it may have offered anything.
fn read(tenant: &TenantId, topic: &Topic, recency: Recency, event: &str) -> Result<CachedEvent, CacheError> {
    match codec::decode_structured(event.as_bytes()) {
        Ok(event) => Ok(CachedEvent { event, recency: recency.to_string() }),
        Err(_) => Err(CacheError::Unreadable { key: format!("{tenant}:{topic}") }),
    }
}

impl Cache for MemoryCache {
    fn offer(&self, entries: Vec<CacheEntry>) -> BoxFuture<'_, Result<Offered, CacheError>> {
        Box::pin(async move { self.offer_now(entries) })
    }

    fn last(&self, query: CacheQuery) -> BoxFuture<'_, Result<Vec<CachedEvent>, CacheError>> {
        Box::pin(async move { self.last_now(&query) })
    }

    fn recent(
        &self,
        tenant: TenantId,
        topic: Topic,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<CachedEvent>, CacheError>> {
        Box::pin(async move { self.recent_now(&tenant, &topic, limit) })
    }

    fn reachable(&self) -> watch::Receiver<bool> {
        self.lock().reachable.watch()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut state = self.lock();
            state.closed = true;
            state.reachable.tell(false);
        })
    }
}
