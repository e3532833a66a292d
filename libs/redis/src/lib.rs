//! The cache of last known events on Redis 7.0 or newer: [`RedisCache`] is a [`Cache`](fabric_runtime::ports::Cache).
//!
//! What it keeps, where `{tenant}` is a hash tag, so that all keys of a tenant are in one slot of a cluster:
//!
//! | key | type | what is in it |
//! |---|---|---|
//! | `fabric:{tenant}:last` | hash | topic → the record of its newest event |
//! | `fabric:{tenant}:recent:topic` | sorted set, all scores 0 | the records of its newest events |
//!
//! A record is the event's recency (80 hexadecimal digits), `|`, and the event as structured `CloudEvents` JSON. Records
//! sort as their recencies do, and a record is read and written whole, so an event can never be read with the
//! recency of another one.
//!
//! Writing is one call of one Redis Function per tenant (`last_known.lua`), which keeps the greater of two records: the merge
//! of [`fabric_core::recency`], done where the data is. Functions are part of Redis' data, so they can be flushed
//! and lost with it; then they are loaded again. The user that the URL names needs these permissions:
//!
//! ```text
//! ~fabric:* +fcall +function|list +function|load +hget +hkeys +hmget +hset +zadd +zlexcount +zrange +zremrangebyrank +ping +info +client|id +select +quit
//! ```
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use fabric_redis::{RedisCache, RedisOptions};
//! use fabric_runtime::ports::{Cache, CacheQuery};
//!
//! let cache = RedisCache::connect(RedisOptions::new("redis://127.0.0.1:6379")).await?;
//! let query = CacheQuery { tenant: "district-1".parse()?, pattern: "gradebook.#".parse()? };
//! for last in cache.last(query).await? {
//!     println!("{} at {}", last.event.metadata.topic, last.event.metadata.time);
//! }
//! # Ok(())
//! # }
//! ```
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod cache;
mod error;
mod library;
mod link;
mod options;
mod record;

pub use cache::RedisCache;
pub use options::{ConnectError, RedisOptions};
