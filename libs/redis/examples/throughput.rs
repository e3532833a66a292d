//! How many offers a second one cache takes: `cargo run --release -p fabric-redis --example redis_throughput [URL]`.
//!
//! Without a URL it starts a private Redis on this machine. Each line says how many calls were under way at once, how many events were
//! in each, and how large an event's payload was.

use std::time::{Duration, Instant};

use anyhow::Result;
use fabric_core::{EventId, Metadata, codec::encode_structured, recency::Recency};
use fabric_redis::{RedisCache, RedisOptions};
use fabric_runtime::ports::{Cache, CacheEntry};
use fabric_testkit::servers::Redis;
use futures_util::future::try_join_all;

const TENANTS: u64 = 4;
const TOPICS: u64 = 40;
const MEASURE: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<()> {
    let (url, _private) = if let Some(url) = std::env::args().nth(1) {
        (url, None)
    } else {
        let redis = Redis::start().await?;
        (redis.url(), Some(redis))
    };
    let cache = RedisCache::connect(RedisOptions::new(url)).await?;
    println!("{:>6} {:>7} {:>14} {:>10} {:>12}", "calls", "events", "payload bytes", "offers/s", "µs per call");
    for (calls, events, bytes) in
        [(1, 1, 300), (16, 1, 300), (1, 64, 300), (4, 64, 300), (4, 256, 300), (4, 16, 20_000)]
    {
        let (offers, elapsed) = measure(cache.as_ref(), calls, events, bytes).await?;
        let per_second = offers as u128 * 1_000_000 / elapsed.as_micros();
        let per_call = elapsed.as_micros() * (calls * events) as u128 / offers as u128;
        println!("{calls:>6} {events:>7} {bytes:>14} {per_second:>10} {per_call:>12}");
    }
    cache.close().await;
    Ok(())
}

/// Offers new events until the time is over, and tells how many it was and how long it took.
async fn measure(cache: &dyn Cache, calls: usize, events: usize, bytes: usize) -> Result<(usize, Duration)> {
    let body = format!(r#"{{"comment":"{}"}}"#, "x".repeat(bytes)).into_bytes();
    let (body, started) = (body.as_slice(), Instant::now());
    let callers = (0..calls).map(|caller| async move {
        let mut offered = 0;
        let mut position = caller as u64;
        while started.elapsed() < MEASURE {
            let mut batch = Vec::with_capacity(events);
            for _ in 0..events {
                batch.push(entry(position, body)?);
                position += calls as u64;
            }
            cache.offer(batch).await?;
            offered += events;
        }
        anyhow::Ok(offered)
    });
    Ok((try_join_all(callers).await?.into_iter().sum(), started.elapsed()))
}

fn entry(position: u64, body: &[u8]) -> Result<CacheEntry> {
    let metadata = Metadata {
        id: EventId::from_parts(position, [7; 10]),
        topic: format!("context{}.thing.changed", position % TOPICS).parse()?,
        version: 1,
        time: jiff::Timestamp::now(),
        source: "throughput".to_owned(),
        tenant: format!("tenant-{}", position / 64 % TENANTS).parse()?,
        actor: None,
        subject: None,
        key: None,
        correlation: "throughput".parse()?,
        causation: None,
        stream: None,
        position: Some(position),
        trace: None,
    };
    let event = encode_structured(&metadata, body).unwrap_or_default();
    Ok(CacheEntry {
        tenant: metadata.tenant.clone(),
        topic: metadata.topic.clone(),
        recency: Recency::of(&metadata, 0),
        event,
    })
}
