//! From delivery to acknowledgement: the loops that consume one subscription.
//!
//! Invariants:
//! - a delivery is acknowledged only after its handler succeeded, or after a copy of it was confirmed in a wait queue or the parked queue;
//! - deliveries of one key are handled one at a time, in order; nothing of a key is handled while an earlier channel's handler for it still runs;
//! - of a strict subscription, nothing of a key is handled while an earlier event of it is to be tried again, and nothing goes back alone;
//! - tags never cross channels: a new consumer has a new ledger.

mod attempt;
mod channel;
mod gate;
mod held;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use fabric_core::{TenantId, ack_ledger::AckPolicy, service::SubscriptionSpec};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::{
    activity::Activity,
    clock::Clock,
    handler::Handle,
    metric::SubscriptionMetrics,
    notice::Notices,
    ports::{Broker, ConsumeError, ConsumeRequest},
    publisher::pause_after,
};
use attempt::Attempts;
use channel::{Channel, Ended};
use gate::Gate;
pub use gate::Pauses;

/// How a subscription is consumed, beyond what its value says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriberOptions {
    /// When deliveries are acknowledged.
    pub ack: AckPolicy,
    /// How long handlers may go on after the stop signal.
    pub drain_deadline: Duration,
    /// The tenants that are served; none named means all. Another tenant's event is poison.
    pub tenants: BTreeSet<TenantId>,
    /// Whether each event's topic, id and outcome is logged.
    pub log_events: bool,
}

impl Default for SubscriberOptions {
    fn default() -> Self {
        Self {
            ack: AckPolicy::default(),
            drain_deadline: Duration::from_secs(20),
            tenants: BTreeSet::new(),
            log_events: false,
        }
    }
}

/// What all subscribers of a process share.
#[derive(Clone)]
pub struct Surroundings {
    /// Where deliveries come from and copies go.
    pub broker: Arc<dyn Broker>,
    /// Where it is told what is going on.
    pub activity: Arc<Activity>,
    /// Where it is told what was parked.
    pub notices: Notices,
    /// What operators have paused.
    pub pauses: Pauses,
    /// The time.
    pub clock: Clock,
}

/// Consumes one subscription.
pub struct Subscriber {
    attempts: Arc<Attempts>,
    options: SubscriberOptions,
    /// How many of its queues are consumed now.
    consuming: AtomicUsize,
}

impl Subscriber {
    /// A subscriber of the subscription `spec` that gives its events to `handler`.
    pub fn new(
        spec: SubscriptionSpec,
        handler: Arc<dyn Handle>,
        surroundings: Surroundings,
        options: SubscriberOptions,
    ) -> Self {
        let Surroundings { broker, activity, notices, pauses, clock } = surroundings;
        let attempts = Arc::new(Attempts {
            metrics: SubscriptionMetrics::new(spec.name.as_str()),
            gate: Gate::new(&spec, clock, pauses, Arc::clone(&activity)),
            tenants: options.tenants.clone(),
            log_events: options.log_events,
            spec,
            handler,
            broker,
            activity,
            notices,
            clock,
        });
        Self { attempts, options, consuming: AtomicUsize::new(0) }
    }

    /// Consumes until it is told to stop, then drains: finishes and acknowledges what is in hand and gives back the rest.
    pub async fn run(self, stop: CancellationToken) {
        let queues = self.attempts.spec.work_queues();
        join_all(queues.iter().map(|queue| self.consume(queue, queues.len(), &stop))).await;
    }

    async fn consume(&self, queue: &str, queues: usize, stop: &CancellationToken) {
        let Attempts { spec, gate, metrics, broker, .. } = self.attempts.as_ref();
        let mut failures = 0;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = gate.becomes(false, metrics) => {}
            }
            let request = ConsumeRequest {
                queue: queue.to_owned(),
                prefetch: spec.prefetch,
                consumer_name: spec.name.as_str().to_owned(),
            };
            let consumer = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                consumer = broker.consume(request) => consumer,
            };
            let ended = match consumer {
                Ok(consumer) => {
                    self.note_consuming(self.consuming.fetch_add(1, Relaxed) + 1 == queues);
                    let ended = Channel::new(self, queue, consumer).consume(stop).await;
                    self.consuming.fetch_sub(1, Relaxed);
                    self.note_consuming(false);
                    ended
                }
                Err(error) => {
                    self.not_consuming(queue, error).await;
                    Ended::Unready
                }
            };
            match ended {
                Ended::Stopped => return,
                Ended::Paused => continue,
                Ended::Lost => failures = 0,
                Ended::Unready => failures += 1,
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause_after(failures)) => {}
            }
        }
    }

    async fn not_consuming(&self, queue: &str, error: ConsumeError) {
        let name = &self.attempts.spec.name;
        match error {
            // The adapter says once that the broker is away; each subscription would only repeat it.
            ConsumeError::Away { detail } => {
                tracing::debug!(subscription = %name, queue, detail, "the subscription waits for the broker");
            }
            error @ ConsumeError::Forbidden { .. } => {
                tracing::warn!(subscription = %name, queue, %error, "the subscription cannot be consumed");
            }
            error @ ConsumeError::NoQueue { .. } => {
                tracing::warn!(subscription = %name, queue, %error, "somebody has deleted a queue; it is made again");
                if let Err(error) = self.attempts.broker.restore().await {
                    tracing::warn!(subscription = %name, queue, %error, "the queue cannot be made again");
                }
            }
        }
    }

    fn note_consuming(&self, is_consuming: bool) {
        self.attempts.activity.consuming(&self.attempts.spec.name, is_consuming);
    }
}
