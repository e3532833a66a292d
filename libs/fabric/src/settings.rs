//! From the configuration's sections to what the parts take.

use std::time::Duration;

use fabric_core::ack_ledger::AckPolicy;
use fabric_runtime::{last_known::LastKnownOptions, subscriber::SubscriberOptions};

use crate::{
    config::{Config, ConfigError},
    service::SubscriptionDefaults,
};

/// What a subscription gets when it does not say otherwise. Fails when the retry section's numbers make no policy.
pub fn subscription_defaults(config: &Config) -> Result<SubscriptionDefaults, ConfigError> {
    Ok(SubscriptionDefaults {
        retry: config.retry.policy()?,
        breaker: config.breaker.policy()?,
        prefetch: config.subscriber.prefetch,
        concurrency: config.subscriber.concurrency,
        handler_timeout: Duration::from_millis(config.subscriber.handler_timeout_ms),
    })
}

/// How subscriptions are consumed. Handlers get most of the grace time, and closing connections the rest.
pub(crate) fn subscriber(config: &Config) -> SubscriberOptions {
    SubscriberOptions {
        ack: AckPolicy {
            count_max: config.subscriber.ack_count_max,
            delay_max: Duration::from_millis(config.subscriber.ack_delay_max_ms),
        },
        drain_deadline: Duration::from_millis(config.drain.grace_ms) * 7 / 10,
        tenants: config.subscriber.tenants.clone(),
        log_events: config.log.events,
    }
}

/// How the last known events are kept.
pub(crate) fn last_known(config: &Config) -> LastKnownOptions {
    LastKnownOptions {
        delay_max: Duration::from_millis(config.cache.write_delay_max_ms),
        pending_max: config.cache.pending_topics_max,
        epoch: config.cache.epoch,
    }
}
