//! From delivery to acknowledgement: the loop that consumes one subscription.
//!
//! Invariants:
//! - a delivery is acknowledged only after its handler succeeded, or after a copy of it was confirmed in a wait queue or the parked queue;
//! - deliveries of one key are handled one at a time, in order; nothing of a key is handled while an earlier channel's handler for it still runs;
//! - tags never cross channels: a new consumer has a new ledger.

mod attempt;

use std::{collections::BTreeSet, future::poll_fn, pin::pin, sync::Arc, time::Duration};

use fabric_core::{
    PartitionKey, TenantId,
    ack_ledger::{AckLedger, AckPolicy, Settlement, Tag},
    codec::{self, Poison, Received},
    dispatch::Dispatch,
    message::Incoming,
    service::SubscriptionSpec,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    activity::Activity,
    clock::Clock,
    handler::Handle,
    metric::SubscriptionMetrics,
    ports::{Broker, ConsumeError, ConsumeRequest, Consumer},
    publisher::pause_after,
};
use attempt::{Attempts, Verdict};

/// How long the last acknowledgements may take to be written.
const CHANNEL_CLOSE_DEADLINE: Duration = Duration::from_secs(3);

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

/// Consumes one subscription.
pub struct Subscriber {
    attempts: Arc<Attempts>,
    broker: Arc<dyn Broker>,
    options: SubscriberOptions,
}

/// What is kept in order: a key of one tenant.
type Key = (TenantId, PartitionKey);

type Delivery = (Incoming, Result<Received, Poison>);

struct Finished {
    tag: Tag,
    key: Option<Key>,
    verdict: Verdict,
}

impl Subscriber {
    /// A subscriber of the subscription `spec` that gives its events to `handler`.
    pub fn new(
        spec: SubscriptionSpec,
        handler: Arc<dyn Handle>,
        broker: Arc<dyn Broker>,
        activity: Arc<Activity>,
        clock: Clock,
        options: SubscriberOptions,
    ) -> Self {
        let metrics = SubscriptionMetrics::new(spec.name.as_str());
        let log_events = options.log_events;
        let attempts =
            Arc::new(Attempts { spec, handler, broker: Arc::clone(&broker), activity, clock, metrics, log_events });
        Self { attempts, broker, options }
    }

    /// Consumes until it is told to stop, then drains: finishes and acknowledges what is in hand and gives back the rest.
    pub async fn run(self, stop: CancellationToken) {
        let spec = &self.attempts.spec;
        let mut failures = 0;
        while !stop.is_cancelled() {
            let request = ConsumeRequest {
                queue: spec.name.as_str().to_owned(),
                prefetch: spec.prefetch,
                consumer_name: spec.name.as_str().to_owned(),
            };
            let consumer = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                consumer = self.broker.consume(request) => consumer,
            };
            match consumer {
                Ok(consumer) => {
                    failures = 0;
                    self.attempts.activity.consuming(&spec.name, true);
                    Channel::new(&self, consumer).consume(&stop).await;
                    self.attempts.activity.consuming(&spec.name, false);
                }
                Err(ConsumeError::Away { detail }) => {
                    failures += 1;
                    // The adapter says once that the broker is away; each subscription would only repeat it.
                    tracing::debug!(subscription = %spec.name, detail, "the subscription waits for the broker");
                }
                Err(error @ (ConsumeError::NoQueue { .. } | ConsumeError::Forbidden { .. })) => {
                    failures += 1;
                    tracing::warn!(subscription = %spec.name, %error, "the subscription cannot be consumed");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause_after(failures)) => {}
            }
        }
    }

    /// Reads a delivery, as far as this subscription may.
    fn read(&self, incoming: &Incoming) -> Result<Received, Poison> {
        let received = codec::decode(incoming)?;
        let is_served = self.options.tenants.is_empty() || self.options.tenants.contains(&received.metadata.tenant);
        if is_served { Ok(received) } else { Err(Poison::WrongTenant) }
    }
}

/// One consumer on one channel, from its first delivery to its end.
struct Channel<'a> {
    subscriber: &'a Subscriber,
    consumer: Box<dyn Consumer>,
    ledger: AckLedger,
    dispatch: Dispatch<Key, Delivery>,
    running: JoinSet<Finished>,
}

impl<'a> Channel<'a> {
    fn new(subscriber: &'a Subscriber, consumer: Box<dyn Consumer>) -> Self {
        let SubscriptionSpec { prefetch, concurrency, .. } = subscriber.attempts.spec;
        // What is finished and not acknowledged takes up prefetch: no more than half of it, lest deliveries stop for want of an
        // acknowledgement that waits for more deliveries.
        let count_max = subscriber.options.ack.count_max.min(usize::from(prefetch).div_ceil(2));
        Self {
            subscriber,
            consumer,
            ledger: AckLedger::new(AckPolicy { count_max, ..subscriber.options.ack }),
            dispatch: Dispatch::new(usize::from(concurrency)),
            running: JoinSet::new(),
        }
    }

    async fn consume(mut self, stop: &CancellationToken) {
        let clock = self.subscriber.attempts.clock;
        let mut timer = pin!(tokio::time::sleep(Duration::ZERO));
        let mut timer_for = None;
        loop {
            self.start_ready();
            let deadline = self.ledger.deadline();
            if deadline != timer_for
                && let Some(deadline) = deadline
            {
                timer.as_mut().reset(clock.instant_at(deadline));
            }
            timer_for = deadline;
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.drain().await,
                Some(done) = self.running.join_next() => self.finished(done).await,
                () = &mut timer, if deadline.is_some() => {
                    let due = self.ledger.due(clock.elapsed());
                    self.settle(due).await;
                    timer_for = None;
                }
                incoming = poll_fn(|context| self.consumer.poll_next(context)) => match incoming {
                    Some(incoming) => self.arrived(incoming),
                    None => return self.lost(stop).await,
                },
            }
        }
    }

    fn arrived(&mut self, incoming: Incoming) {
        self.ledger.delivered(incoming.tag);
        self.subscriber.attempts.activity.took_in_hand();
        let read = self.subscriber.read(&incoming);
        let key = read.as_ref().ok().and_then(|received| {
            let metadata = &received.metadata;
            metadata.key.clone().map(|key| (metadata.tenant.clone(), key))
        });
        self.dispatch.arrived(key, (incoming, read));
    }

    fn start_ready(&mut self) {
        while let Some((key, (incoming, read))) = self.dispatch.start() {
            let attempts = Arc::clone(&self.subscriber.attempts);
            self.running.spawn(async move {
                let verdict = attempts.make(&incoming, read).await;
                Finished { tag: incoming.tag, key, verdict }
            });
        }
    }

    async fn finished(&mut self, done: Result<Finished, tokio::task::JoinError>) {
        self.subscriber.attempts.activity.out_of_hand(1);
        let Ok(Finished { tag, key, verdict }) = done else {
            // Attempts catch their handlers' panics, so only an aborted task ends like this: its delivery stays unsettled and
            // goes back to the queue with the channel.
            return;
        };
        self.dispatch.finished(key);
        let settlements = match verdict {
            Verdict::Finished => self.ledger.finished(tag, self.subscriber.attempts.clock.elapsed()),
            Verdict::GiveBack => self.ledger.given_back(tag).into_iter().collect(),
        };
        self.settle(settlements).await;
    }

    async fn settle(&mut self, settlements: Vec<Settlement>) {
        if settlements.is_empty() {
            return;
        }
        // What was to be given back and is lost comes again as well.
        let acknowledges = settlements.iter().any(|settlement| matches!(settlement, Settlement::Ack { .. }));
        let settled = self.consumer.settle(settlements).await;
        if acknowledges && settled.lost > 0 {
            self.subscriber.attempts.metrics.acks_lost(settled.lost);
        }
    }

    /// The channel is gone. What runs is let finish before anything is consumed again: the same events come again, and
    /// must not be handled beside themselves.
    async fn lost(mut self, stop: &CancellationToken) {
        let Attempts { spec, activity, .. } = self.subscriber.attempts.as_ref();
        tracing::warn!(subscription = %spec.name, running = self.running.len(), "the consumer ended; it will be started again");
        activity.consuming(&spec.name, false);
        activity.out_of_hand(self.dispatch.take_waiting().len());
        let drain_deadline = self.subscriber.options.drain_deadline;
        self.finish_running(async {
            stop.cancelled().await;
            tokio::time::sleep(drain_deadline).await;
        })
        .await;
        let rest = self.ledger.flush();
        self.settle(rest).await;
    }

    async fn drain(mut self) {
        let waiting = self.dispatch.take_waiting();
        self.subscriber.attempts.activity.out_of_hand(waiting.len());
        let given_back = waiting.iter().filter_map(|(incoming, _)| self.ledger.given_back(incoming.tag)).collect();
        self.settle(given_back).await;
        self.finish_running(tokio::time::sleep(self.subscriber.options.drain_deadline)).await;
        let rest = self.ledger.flush();
        self.settle(rest).await;
        self.consumer.close(CHANNEL_CLOSE_DEADLINE).await;
    }

    /// Waits for the handlers that run. Those that still run when the deadline comes are ended: their events come again.
    async fn finish_running(&mut self, deadline: impl Future<Output = ()>) {
        let mut deadline = pin!(deadline);
        loop {
            tokio::select! {
                biased;
                done = self.running.join_next() => match done {
                    Some(done) => self.finished(done).await,
                    None => return,
                },
                () = &mut deadline => break,
            }
        }
        let Attempts { spec, activity, .. } = self.subscriber.attempts.as_ref();
        tracing::warn!(subscription = %spec.name, "handlers did not finish in time; their events come again");
        activity.out_of_hand(self.running.len());
        self.running.abort_all();
    }
}
