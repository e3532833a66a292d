//! Watches the broker from the outside: its connections and the depths of queues, for metrics and health pages.

use std::{sync::Arc, time::Duration};

use fabric_core::{SubscriptionName, service::SubscriptionSpec, topology::names};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{
    metric,
    ports::{Broker, BrokerStatus, Depth, DepthError},
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
    /// Consumers of its queue, in all processes; of several queues, of the one that has the fewest.
    pub consumers: u64,
}

/// A subscription and the queues that its events come by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// See [`SubscriptionSpec::work_queues`].
    pub queues: Vec<String>,
}

impl From<&SubscriptionSpec> for Watched {
    fn from(spec: &SubscriptionSpec) -> Self {
        Self { subscription: spec.name.clone(), queues: spec.work_queues() }
    }
}

/// Reads what waits for these subscriptions. One of which a queue does not exist has no entry.
pub async fn depths(broker: &dyn Broker, watched: &[Watched]) -> Result<Vec<SubscriptionDepth>, DepthError> {
    let parked = |watched: &Watched| names::parked_queue(&watched.subscription);
    let queues = watched.iter().flat_map(|one| one.queues.iter().cloned().chain([parked(one)])).collect();
    let depths = broker.depths(queues).await?;
    let find = |queue: &str| depths.iter().find(|depth| depth.queue == queue);
    Ok(watched
        .iter()
        .filter_map(|one| {
            let work: Vec<&Depth> = one.queues.iter().map(|queue| find(queue)).collect::<Option<_>>()?;
            let depth = SubscriptionDepth {
                subscription: one.subscription.clone(),
                pending: work.iter().map(|queue| queue.ready).sum(),
                parked: find(&parked(one)).map_or(0, |depth| depth.ready),
                consumers: work.iter().map(|queue| queue.consumers).min().unwrap_or_default(),
            };
            metric::depths(one.subscription.as_str(), depth.pending, depth.parked, depth.consumers);
            Some(depth)
        })
        .collect())
}

/// Moves the metrics of connections and depths until it is told to stop.
pub async fn observe(broker: Arc<dyn Broker>, watched: Vec<Watched>, stop: CancellationToken) {
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
                if let Err(error) = depths(broker.as_ref(), &watched).await {
                    tracing::debug!(%error, "depths could not be read");
                }
            }
        }
        before = current;
    }
}
