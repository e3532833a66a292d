//! Watches the broker from the outside: its connections and the depths of queues, for metrics and health pages.

use std::{sync::Arc, time::Duration};

use fabric_core::{SubscriptionName, topology::names};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{
    metric,
    ports::{Broker, BrokerStatus, DepthError},
};

/// How often depths are read for metrics.
const DEPTHS_EVERY: Duration = Duration::from_secs(10);

/// What waits for one subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionDepth {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Events ready to be delivered.
    pub pending: u64,
    /// Parked events.
    pub parked: u64,
    /// Consumers of its queue, in all processes.
    pub consumers: u64,
}

/// Reads what waits for these subscriptions. One whose queue does not exist has no entry.
pub async fn depths(
    broker: &dyn Broker,
    subscriptions: &[SubscriptionName],
) -> Result<Vec<SubscriptionDepth>, DepthError> {
    let queues = subscriptions.iter().flat_map(|name| [name.as_str().to_owned(), names::parked_queue(name)]).collect();
    let depths = broker.depths(queues).await?;
    let find = |queue: &str| depths.iter().find(|depth| depth.queue == queue);
    Ok(subscriptions
        .iter()
        .filter_map(|name| {
            let work = find(name.as_str())?;
            let parked = find(&names::parked_queue(name)).map_or(0, |depth| depth.ready);
            let depth = SubscriptionDepth {
                subscription: name.clone(),
                pending: work.ready,
                parked,
                consumers: work.consumers,
            };
            metric::depths(name.as_str(), depth.pending, depth.parked, depth.consumers);
            Some(depth)
        })
        .collect())
}

/// Moves the metrics of connections and depths until it is told to stop.
pub async fn observe(broker: Arc<dyn Broker>, subscriptions: Vec<SubscriptionName>, stop: CancellationToken) {
    let mut status = broker.status();
    let mut before = BrokerStatus { reconnects: 0, ..status.borrow().clone() };
    let second = Duration::from_secs(1);
    let mut every_second = tokio::time::interval_at(Instant::now() + second, second);
    let mut every_depths = tokio::time::interval(DEPTHS_EVERY);
    // Depths that nobody could ask for while the broker was away are not asked for afterwards.
    every_depths.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        let current = status.borrow_and_update().clone();
        metric::reconnected(current.reconnects.saturating_sub(before.reconnects));
        if current != before {
            tracing::info!(
                connected = current.connected,
                blocked = current.blocked.is_some(),
                "the broker's connections changed"
            );
        }
        if current.blocked.is_some() && before.blocked.is_none() {
            // The seconds before do not count.
            every_second.reset();
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = status.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            _ = every_second.tick(), if current.blocked.is_some() => metric::blocked_for(1),
            _ = every_depths.tick(), if current.connected => {
                if let Err(error) = depths(broker.as_ref(), &subscriptions).await {
                    tracing::debug!(%error, "depths could not be read");
                }
            }
        }
        before = current;
    }
}
