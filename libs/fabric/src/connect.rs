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

impl ConnectError {
    /// Whether a server refuses or does not answer: what is configured may be right.
    pub fn is_away(&self) -> bool {
        use fabric_rabbitmq::ConnectError::{Away, Refused};
        matches!(self, Self::Broker(Away { .. } | Refused { .. }))
    }
}

/// What becomes of a broker that cannot be reached, or that lacks something.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// Whether what is missing is made.
    makes_topology: bool,
    /// Whether there is an adapter only once there are connections.
    waits: bool,
}

/// Of a command. It makes nothing, since it may be meant for another broker; and whoever gave it wants to know why it fails, at once.
const COMMAND: Manner = Manner { makes_topology: false, waits: true };

/// Makes the adapters that the configuration names by URL; `name` is what operators see in the broker's list of connections.
///
/// A server that is away is not an error: the adapters keep trying, and readiness says so. A URL that can never work is one.
pub async fn connect(config: &Config, name: &str) -> Result<Adapters, ConnectError> {
    let clock = Clock::system();
    let manner = Manner { makes_topology: config.topology.at_start != AtStart::Verify, waits: false };
    Ok(Adapters {
        broker: broker(&config.broker, manner, name, clock).await?,
        cache: cache(&config.cache).await?,
        clock,
    })
}

/// The adapters for a command that somebody waits for: nothing is made on the broker, whatever the configuration says, and a broker
/// that cannot be reached within `broker.connect_timeout_ms` is an error with its reason, a login that it refuses at once. A cache that
/// is away is none: publishing never waits for it.
pub async fn connect_command(config: &Config, name: &str) -> Result<Adapters, ConnectError> {
    let cache = cache(&config.cache).await?;
    match connect_broker(config, name).await {
        Ok(broker) => Ok(Adapters { broker, cache, clock: Clock::system() }),
        Err(error) => {
            cache.close().await;
            Err(error)
        }
    }
}

/// Only the broker, as [`connect_command`] connects to it.
pub async fn connect_broker(config: &Config, name: &str) -> Result<Arc<dyn Broker>, ConnectError> {
    broker(&config.broker, COMMAND, name, Clock::system()).await
}

/// Only the cache.
pub async fn connect_cache(config: &Config) -> Result<Arc<dyn Cache>, ConnectError> {
    cache(&config.cache).await
}

async fn broker(
    section: &BrokerSection,
    manner: Manner,
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
            options.makes_topology = manner.makes_topology;
            options.require_at_start = manner.waits;
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
