//! From URLs to adapters: the one place that knows which adapters there are.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use fabric_memory::{BrokerOptions, CacheOptions, MemoryBroker, MemoryCache};
use fabric_rabbitmq::{RabbitBroker, RabbitOptions};
use fabric_redis::{RedisCache, RedisOptions};
use fabric_runtime::{
    clock::Clock,
    ports::{Broker, Cache},
};

use crate::config::{AtStart, BrokerSection, CacheSection, Config};

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
    #[error("{key}: nothing here speaks {scheme:?}; wanted {wanted}")]
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
    Broker(fabric_rabbitmq::ConnectError),
    /// The cache's adapter could not start.
    #[error("cache.url: {0}")]
    Cache(fabric_redis::ConnectError),
}

/// Makes the adapters that the configuration names by URL; `name` is what operators see in the broker's list of connections.
///
/// A server that is away is not an error: the adapters keep trying, and readiness says so. A URL that can never work is one.
pub async fn connect(config: &Config, name: &str) -> Result<Adapters, ConnectError> {
    let clock = Clock::system();
    let makes_topology = config.topology.at_start != AtStart::Verify;
    Ok(Adapters {
        broker: broker(&config.broker, makes_topology, name, clock).await?,
        cache: cache(&config.cache).await?,
        clock,
    })
}

async fn broker(
    section: &BrokerSection,
    makes_topology: bool,
    name: &str,
    clock: Clock,
) -> Result<Arc<dyn Broker>, ConnectError> {
    match section.url.scheme() {
        "memory" => {
            let deadline = ms(section.publish_deadline_ms);
            Ok(MemoryBroker::new(clock, BrokerOptions { deadline, ..BrokerOptions::default() }))
        }
        "amqp" | "amqps" => {
            let mut options = RabbitOptions::new(section.url.expose());
            options.connection_name = name.to_owned();
            options.makes_topology = makes_topology;
            options.publish_connections = section.publish_connections;
            options.window_max = section.publish_window_max;
            options.queue_capacity = section.publish_queue_max;
            options.publish_deadline = ms(section.publish_deadline_ms);
            options.connect_timeout = ms(section.connect_timeout_ms);
            options.operation_timeout = ms(section.operation_timeout_ms);
            options.reconnect_pause_min = ms(section.reconnect_min_ms);
            options.reconnect_pause_max = ms(section.reconnect_max_ms);
            Ok(RabbitBroker::connect(options).await.map_err(ConnectError::Broker)?)
        }
        scheme => Err(unknown("broker.url", scheme, "memory, amqp or amqps")),
    }
}

async fn cache(section: &CacheSection) -> Result<Arc<dyn Cache>, ConnectError> {
    match section.url.scheme() {
        "memory" => {
            let recent_max = NonZeroUsize::new(section.recent_max).unwrap_or(NonZeroUsize::MIN);
            Ok(MemoryCache::new(CacheOptions { recent_max, ..CacheOptions::default() }))
        }
        "redis" | "rediss" => {
            let mut options = RedisOptions::new(section.url.expose());
            options.connect_timeout = ms(section.connect_timeout_ms);
            options.command_timeout = ms(section.command_timeout_ms);
            options.unresponsive_timeout = ms(section.unresponsive_timeout_ms);
            options.commands_in_flight_max = section.command_buffer_max;
            options.recent_max = section.recent_max;
            Ok(RedisCache::connect(options).await.map_err(ConnectError::Cache)?)
        }
        scheme => Err(unknown("cache.url", scheme, "memory, redis or rediss")),
    }
}

fn unknown(key: &'static str, scheme: &str, wanted: &'static str) -> ConnectError {
    ConnectError::Scheme { key, scheme: scheme.to_owned(), wanted }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
