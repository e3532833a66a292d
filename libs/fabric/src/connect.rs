//! From URLs to adapters: the one place that knows which adapters there are.

use std::{sync::Arc, time::Duration};

use fabric_memory::{CacheOptions, MemoryBroker, MemoryCache, ModelOptions};
use fabric_rabbitmq::{RabbitBroker, RabbitOptions};
use fabric_redis::{RedisCache, RedisOptions};
use fabric_runtime::{
    clock::Clock,
    ports::{Broker, Cache},
};

use crate::config::Config;

/// The world as the fabric sees it: a broker, a cache and a clock.
#[derive(Clone)]
pub struct Adapters {
    /// Carries events.
    pub broker: Arc<dyn Broker>,
    /// Keeps the last known events.
    pub cache: Arc<dyn Cache>,
    /// Tells the time.
    pub clock: Clock,
}

/// Why there are no adapters.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A URL of a scheme that nothing here speaks.
    #[error("{key}: a URL of the scheme {scheme:?} cannot be used; wanted {wanted}")]
    Scheme {
        /// The configuration's key.
        key: &'static str,
        /// The scheme that was found.
        scheme: String,
        /// What would do.
        wanted: &'static str,
    },
    /// The broker's adapter could not start.
    #[error("broker.url: {0}")]
    Broker(#[source] fabric_rabbitmq::ConnectError),
    /// The cache's adapter could not start.
    #[error("cache.url: {0}")]
    Cache(#[source] fabric_redis::ConnectError),
}

/// Makes the adapters that the configuration names by URL. A server that is away is not an error: the adapters keep trying, and
/// readiness says so. A URL that can never work is one.
pub async fn connect(config: &Config, name: &str) -> Result<Adapters, ConnectError> {
    let clock = Clock::system();
    Ok(Adapters { broker: broker(config, name, clock).await?, cache: cache(config).await?, clock })
}
