//! The cache against real Redis servers.

mod library;
mod merge;
mod outage;
mod read;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fabric_core::codec::encode_structured;
use fabric_core::recency::Recency;
use fabric_core::{EventId, Metadata, TenantId};
use fabric_redis::{RedisCache, RedisOptions};
use fabric_runtime::ports::{Cache, CacheEntry, CacheError, CacheQuery, CachedEvent};
use fabric_testkit::servers::{Redis, Server, require};
use fabric_testkit::wait::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Generous: it is reached only when something is broken.
const DEADLINE: Duration = Duration::from_secs(30);

const POSTED: &str = "gradebook.grade.posted";
const MARKED: &str = "attendance.record.marked";

/// Starts a server, unless there is none on this machine and tests may go without.
async fn redis() -> anyhow::Result<Option<Redis>> {
    if require(&[Server::Redis])? { Ok(Some(Redis::start().await?)) } else { Ok(None) }
}

/// Options that suit a machine that is busy with tests: patient with a slow server, and fast to find a lost one again.
fn options(url: String) -> RedisOptions {
    RedisOptions {
        connect_timeout: DEADLINE / 3,
        command_timeout: DEADLINE / 3,
        unresponsive_timeout: Duration::from_millis(600),
        reconnect_delay_min: Duration::from_millis(20),
        reconnect_delay_max: Duration::from_millis(200),
        ..RedisOptions::new(url)
    }
}

/// Options for a server that will fall silent.
fn hasty(url: String) -> RedisOptions {
    RedisOptions {
        connect_timeout: Duration::from_secs(1),
        command_timeout: Duration::from_millis(200),
        ..options(url)
    }
}

async fn connect(redis: &Redis) -> anyhow::Result<Arc<RedisCache>> {
    Ok(RedisCache::connect(options(redis.url())).await?)
}

/// Waits until the cache says that it is reachable, or that it is not.
async fn until_reachable(cache: &RedisCache, expected: bool) -> anyhow::Result<()> {
    let mut reachable = cache.reachable();
    tokio::time::timeout(DEADLINE, reachable.wait_for(|now| *now == expected)).await??;
    Ok(())
}

/// Sends commands as they would be typed and returns the first line of each answer.
async fn ask(addr: SocketAddr, commands: &[&str]) -> anyhow::Result<Vec<String>> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(format!("{}\r\nQUIT\r\n", commands.join("\r\n")).as_bytes()).await?;
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await?;
    Ok(answers.lines().map(str::to_owned).collect())
}

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

/// The event at a position of the log.
fn entry(tenant: &str, topic: &str, position: u64) -> CacheEntry {
    entry_with(tenant, topic, position, &format!(r#"{{"score":{position}}}"#))
}

fn entry_with(tenant: &str, topic: &str, position: u64, body: &str) -> CacheEntry {
    let metadata = metadata(tenant, topic, position);
    let event = encode_structured(&metadata, body.as_bytes()).unwrap();
    let recency = Recency::of(&metadata, 0);
    CacheEntry { tenant: metadata.tenant, topic: metadata.topic, recency, event }
}

fn metadata(tenant: &str, topic: &str, position: u64) -> Metadata {
    Metadata {
        id: EventId::from_parts(position, [7; 10]),
        topic: topic.parse().unwrap(),
        version: 1,
        time: jiff::Timestamp::from_second(1_790_000_000).unwrap(),
        source: "academic".to_owned(),
        tenant: tenant.parse().unwrap(),
        actor: None,
        subject: None,
        key: None,
        correlation: "import-1".parse().unwrap(),
        causation: None,
        stream: None,
        position: Some(position),
        trace: None,
    }
}

fn position(cached: &CachedEvent) -> u64 {
    cached.event.metadata.position.unwrap()
}

/// The topics and positions of the last events that match.
async fn last(cache: &RedisCache, tenant: &str, pattern: &str) -> Result<Vec<(String, u64)>, CacheError> {
    let query = CacheQuery { tenant: tenant.parse().unwrap(), pattern: pattern.parse().unwrap() };
    let events = cache.last(query).await?;
    Ok(events.iter().map(|cached| (cached.event.metadata.topic.to_string(), position(cached))).collect())
}

/// The positions of the recent events of a topic.
async fn recent(cache: &RedisCache, tenant: &str, topic: &str, limit: usize) -> Result<Vec<u64>, CacheError> {
    let events = cache.recent(tenant.parse().unwrap(), topic.parse().unwrap(), limit).await?;
    Ok(events.iter().map(position).collect())
}

/// Offers an event until it is taken.
async fn until_offered(cache: &RedisCache, entry: &CacheEntry) -> anyhow::Result<()> {
    eventually(DEADLINE, "an offer to be taken", async || cache.offer(vec![entry.clone()]).await.map(|_| true)).await
}
