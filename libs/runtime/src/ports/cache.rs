//! The cache of last known events as the shell sees it.

use fabric_core::{Pattern, TenantId, Topic, codec::Received, recency::Recency};
use tokio::sync::watch;

use super::BoxFuture;

/// A store that keeps, per tenant and topic, the newest event that it was ever offered, and the last few.
///
/// Offering is a merge: commutative, associative, idempotent. So offers may come in any order, more than once and from any number
/// of writers, and an offer whose outcome is unknown may simply be made again.
pub trait Cache: Send + Sync + 'static {
    /// Offers events. What is older than what is there changes nothing but the list of recent events.
    fn offer(&self, entries: Vec<CacheEntry>) -> BoxFuture<'_, Result<Offered, CacheError>>;

    /// The last known event of each topic that matches, sorted by topic.
    fn last(&self, query: CacheQuery) -> BoxFuture<'_, Result<Vec<CachedEvent>, CacheError>>;

    /// The most recent events of one topic, newest first, at most `limit`.
    fn recent(
        &self,
        tenant: TenantId,
        topic: Topic,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<CachedEvent>, CacheError>>;

    /// Whether the cache can be reached, now and whenever it changes.
    fn reachable(&self) -> watch::Receiver<bool>;

    /// Closes the connection.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// One event to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// The tenant that the event belongs to.
    pub tenant: TenantId,
    /// Its topic.
    pub topic: Topic,
    /// Its place in the order of its topic.
    pub recency: Recency,
    /// The whole event as structured `CloudEvents` JSON.
    pub event: String,
}

/// Which last known events to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheQuery {
    /// Whose.
    pub tenant: TenantId,
    /// Which topics.
    pub pattern: Pattern,
}

/// An event from the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedEvent {
    /// The event.
    pub event: Received,
    /// Its place in the order of its topic, as text: see [`Recency`].
    pub recency: String,
}

/// What became of an offer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offered {
    /// How many became the last known event of their topic.
    pub written: usize,
    /// How many were refused as not newer than what was there.
    pub stale: usize,
}

/// Why the cache did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// It could not be reached within the deadline.
    #[error("the cache is away: {detail}")]
    Away {
        /// What happened; never data.
        detail: String,
    },
    /// It answered something that is not ours.
    #[error("the cache holds something unreadable under {key}")]
    Unreadable {
        /// The key.
        key: String,
    },
}
