//! The handle by which one service uses the fabric.

use std::sync::Arc;

use fabric_core::{Pattern, ServiceName, TenantId, Topic};
use fabric_runtime::{
    clock::Clock,
    ids::Ids,
    ports::{Broker, Cache, CacheError, CacheQuery, CachedEvent},
    publisher::Publisher,
};

use crate::publish::{Payload, Publish};

/// Publishes and reads for one service. Cheap to clone.
#[derive(Clone)]
pub struct Fabric {
    inner: Arc<Inner>,
}

struct Inner {
    publisher: Publisher,
    broker: Arc<dyn Broker>,
    cache: Arc<dyn Cache>,
    clock: Clock,
    ids: Ids,
}

/// Why the last known events could not be read.
pub type ReadError = CacheError;

impl Fabric {
    pub(crate) fn new(
        publisher: Publisher,
        broker: Arc<dyn Broker>,
        cache: Arc<dyn Cache>,
        clock: Clock,
        ids: Ids,
    ) -> Self {
        Self { inner: Arc::new(Inner { publisher, broker, cache, clock, ids }) }
    }

    /// Starts to publish an event: say whose it is with [`Publish::tenant`], then await.
    pub fn publish<P: Payload>(&self, payload: P) -> Publish<'_, P, ()> {
        Publish::new(self, payload)
    }

    /// The last known event of each topic of a tenant that matches, sorted by topic.
    pub async fn last(&self, tenant: TenantId, pattern: Pattern) -> Result<Vec<CachedEvent>, ReadError> {
        self.inner.cache.last(CacheQuery { tenant, pattern }).await
    }

    /// The most recent events of one topic of a tenant, newest first.
    pub async fn recent(&self, tenant: TenantId, topic: Topic, limit: usize) -> Result<Vec<CachedEvent>, ReadError> {
        self.inner.cache.recent(tenant, topic, limit).await
    }

    /// The service that this handle belongs to.
    pub fn service(&self) -> &ServiceName {
        self.inner.publisher.service()
    }

    /// The clock that the fabric goes by.
    pub fn clock(&self) -> Clock {
        self.inner.clock
    }

    /// The broker itself, for operators' tools.
    pub fn broker(&self) -> &Arc<dyn Broker> {
        &self.inner.broker
    }

    /// The cache itself, for operators' tools.
    pub fn cache(&self) -> &Arc<dyn Cache> {
        &self.inner.cache
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.inner.ids
    }

    pub(crate) fn publisher(&self) -> &Publisher {
        &self.inner.publisher
    }
}
