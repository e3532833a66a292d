//! The cache itself: three functions over a connection.

use std::{collections::BTreeMap, sync::Arc};

use fabric_core::{
    Pattern, TenantId, Topic,
    recency::{last_key, recent_key},
};
use fabric_runtime::ports::{BoxFuture, Cache, CacheEntry, CacheError, CacheQuery, CachedEvent, Offered};
use fred::{
    bytes::Bytes,
    interfaces::{HashesInterface, SortedSetsInterface},
};
use futures_util::future::try_join_all;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

use crate::{
    error::{away, of_command},
    library,
    link::Link,
    options::{ConnectError, RedisOptions},
    record,
};

/// How many topics are read in one command, which bounds how long it keeps the server busy.
const TOPICS_PER_READ: usize = 64;

/// The last known events, and the recent ones, in Redis.
///
/// It connects again by itself for as long as it lives. While there is no connection every call fails at once; while
/// the server does not answer, a call fails at its deadline, which is [`RedisOptions::command_timeout`].
pub struct RedisCache {
    link: Link,
    turns: Semaphore,
    options: RedisOptions,
}

impl RedisCache {
    /// Connects. When Redis is away, that is no error: the cache starts without a connection and looks for one in the background.
    ///
    /// Takes at most [`RedisOptions::connect_timeout`]. Fails when the options make no sense.
    pub async fn connect(options: RedisOptions) -> Result<Arc<Self>, ConnectError> {
        let link = Link::open(&options).await?;
        Ok(Arc::new(Self { link, turns: Semaphore::new(options.commands_in_flight_max), options }))
    }

    async fn offer_all(&self, entries: Vec<CacheEntry>) -> Result<Offered, CacheError> {
        let mut tenants: BTreeMap<TenantId, Vec<CacheEntry>> = BTreeMap::new();
        for entry in entries {
            tenants.entry(entry.tenant.clone()).or_default().push(entry);
        }
        let offers = tenants.into_iter().map(|(tenant, entries)| self.offer_tenant(tenant, entries));
        let offered = try_join_all(offers).await?;
        Ok(offered.into_iter().fold(Offered::default(), |all, one| Offered {
            written: all.written + one.written,
            stale: all.stale + one.stale,
        }))
    }

    async fn offer_tenant(&self, tenant: TenantId, entries: Vec<CacheEntry>) -> Result<Offered, CacheError> {
        let key = last_key(&tenant);
        let mut offer = library::Offer::new(key.clone(), self.options.recent_max);
        for CacheEntry { topic, recency, event, .. } in entries {
            offer.push(recent_key(&tenant, &topic), topic.to_string(), record::write(&recency, &event));
        }
        let client = self.link.client()?;
        let (written, stale) = self.command(&key, library::offer(&client, offer)).await?;
        Ok(Offered { written, stale })
    }

    async fn read_last(&self, CacheQuery { tenant, pattern }: CacheQuery) -> Result<Vec<CachedEvent>, CacheError> {
        let client = self.link.client()?;
        let key = last_key(&tenant);
        let topics = if is_literal(&pattern) {
            vec![pattern.to_string()]
        } else {
            let mut topics: Vec<String> = self.command(&key, client.hkeys(&key)).await?;
            topics.retain(|topic| pattern.matches(topic));
            topics.sort_unstable();
            topics
        };
        let mut events = Vec::with_capacity(topics.len());
        for topics in topics.chunks(TOPICS_PER_READ) {
            let records: Vec<Option<Bytes>> = self.command(&key, client.hmget(&key, topics.to_vec())).await?;
            for (topic, record) in topics.iter().zip(records) {
                // None is a topic that has no event, or lost it since its name was read.
                if let Some(record) = record {
                    events.push(record::read(&record, &key, &tenant, topic)?);
                }
            }
        }
        Ok(events)
    }

    async fn read_recent(&self, tenant: TenantId, topic: Topic, limit: usize) -> Result<Vec<CachedEvent>, CacheError> {
        let Some(last) = limit.checked_sub(1) else { return Ok(Vec::new()) };
        let last = i64::try_from(last).unwrap_or(i64::MAX);
        let client = self.link.client()?;
        let key = recent_key(&tenant, &topic);
        let records: Vec<Bytes> = self.command(&key, client.zrange(&key, 0, last, None, true, None, false)).await?;
        records.iter().map(|record| record::read(record, &key, &tenant, topic.as_str())).collect()
    }

    /// Runs a command on `key` when it is its turn.
    async fn command<T>(
        &self,
        key: &str,
        command: impl Future<Output = fred::interfaces::FredResult<T>>,
    ) -> Result<T, CacheError> {
        let _turn = self.turns.acquire().await.map_err(|_| away("the cache is closed"))?;
        command.await.map_err(|error| of_command(&error, key))
    }

    /// Holds a whole call to its deadline, with every wait and repetition in it.
    async fn in_time<T>(&self, call: impl Future<Output = Result<T, CacheError>>) -> Result<T, CacheError> {
        let deadline = self.options.command_timeout;
        let answered = timeout(deadline, call).await;
        answered.unwrap_or_else(|_| Err(away(format!("no answer within {deadline:?}"))))
    }
}

impl Cache for RedisCache {
    fn offer(&self, entries: Vec<CacheEntry>) -> BoxFuture<'_, Result<Offered, CacheError>> {
        Box::pin(self.in_time(self.offer_all(entries)))
    }

    fn last(&self, query: CacheQuery) -> BoxFuture<'_, Result<Vec<CachedEvent>, CacheError>> {
        Box::pin(self.in_time(self.read_last(query)))
    }

    fn recent(
        &self,
        tenant: TenantId,
        topic: Topic,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<CachedEvent>, CacheError>> {
        Box::pin(self.in_time(self.read_recent(tenant, topic, limit)))
    }

    fn reachable(&self) -> watch::Receiver<bool> {
        self.link.reachable()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.link.close())
    }
}

/// Whether a pattern matches only the topic that it spells.
fn is_literal(pattern: &Pattern) -> bool {
    pattern.words().all(|word| !matches!(word, "*" | "#"))
}
