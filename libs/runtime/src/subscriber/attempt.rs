//! One attempt at one delivery: run the handler, let the core decide, carry the decision out.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use fabric_core::{
    Fault, Metadata, TenantId,
    codec::{self, Poison, Received},
    delivery::{Disposition, Outcome, ParkReason, decide},
    message::{Incoming, Message, Outgoing},
    resend::{self, Trial},
    retry::RetryPolicy,
    seed::Seed,
    service::SubscriptionSpec,
};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::gate::Gate;
use crate::{
    activity::Activity,
    clock::Clock,
    handler::{Failure, Handle},
    metric::SubscriptionMetrics,
    notice::{Notice, Notices, What},
    ports::{Broker, PublishError},
    publisher::{keep, pause_after},
};

/// How often the copy of a delivery is offered to the broker before the delivery itself goes back to its queue.
const COPY_TRIES_MAX: u32 = 5;

/// What all attempts of one subscription share.
pub(super) struct Attempts {
    pub spec: SubscriptionSpec,
    pub handler: Arc<dyn Handle>,
    pub broker: Arc<dyn Broker>,
    pub activity: Arc<Activity>,
    pub notices: Notices,
    pub gate: Gate,
    pub clock: Clock,
    pub metrics: SubscriptionMetrics,
    /// The tenants that are served; none named means all.
    pub tenants: BTreeSet<TenantId>,
    pub log_events: bool,
}

/// A delivery in this process, from its arrival to its end.
#[derive(Debug)]
pub(super) struct Delivery {
    pub incoming: Incoming,
    pub read: Result<Received, Poison>,
    pub trial: Trial,
    /// How it is with the channel that it came by.
    pub channel: ChannelEnd,
}

/// The end of a channel, as those see it who are still at work on its deliveries.
#[derive(Debug, Clone, Default)]
pub(super) struct ChannelEnd {
    /// Nothing is begun any more.
    pub near: CancellationToken,
    /// The channel is gone: its deliveries come again, to whoever consumes then.
    pub here: CancellationToken,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is handled.
    Handled,
    /// A confirmed copy of it waits for the next attempt.
    Waits,
    /// A confirmed copy of it is in the parked queue.
    Parked,
    /// It stays here, and is to be tried again after this long.
    Later(Duration),
    /// It must come again: neither was it handled nor is there a confirmed copy.
    GiveBack,
}

impl Attempts {
    /// Reads a delivery, as far as this subscription may.
    pub fn read(&self, mut incoming: Incoming, channel: ChannelEnd) -> Delivery {
        resend::strip_claims(&mut incoming);
        let read = self.decode(&incoming);
        Delivery { trial: Trial::of(&incoming), incoming, read, channel }
    }

    fn decode(&self, incoming: &Incoming) -> Result<Received, Poison> {
        let received = codec::decode(incoming)?;
        let is_served = self.tenants.is_empty() || self.tenants.contains(&received.metadata.tenant);
        if is_served { Ok(received) } else { Err(Poison::WrongTenant) }
    }

    /// Makes one attempt, and those that follow it at once. None follows when the channel is about to end: it may be lost unnoticed
    /// meanwhile, and another process be at it.
    pub async fn make(&self, delivery: &mut Delivery) -> Verdict {
        if !self.spec.order.is_strict()
            && let Some(rest) = delivery.trial.rest(self.clock.now())
        {
            return self.wait_on(delivery, rest).await;
        }
        loop {
            let outcome = self.run(delivery).await;
            self.metrics.failed(&outcome);
            self.gate.attempted(outcome.sign(), &self.metrics);
            let disposition = self.decide(outcome.clone(), delivery);
            if disposition == Disposition::RetryNow {
                if delivery.channel.near.is_cancelled() {
                    return Verdict::GiveBack;
                }
                self.note(&disposition, delivery);
                delivery.trial = delivery.trial.failed(self.clock.now());
                continue;
            }
            let verdict = self.carry_out(&disposition, &outcome.fault(), delivery).await;
            if verdict != Verdict::GiveBack {
                self.note(&disposition, delivery);
            }
            if let Verdict::Later(_) = verdict {
                delivery.trial = delivery.trial.failed(self.clock.now());
            }
            return verdict;
        }
    }

    /// Parks a delivery without an attempt, behind an earlier event of its key.
    pub async fn hold(&self, delivery: &Delivery, behind: String) -> Verdict {
        let disposition = Disposition::Park(ParkReason::Held { behind });
        let verdict = self.carry_out(&disposition, &Fault::transient("held"), delivery).await;
        if verdict != Verdict::GiveBack {
            self.note(&disposition, delivery);
        }
        verdict
    }

    /// A handler has asked for longer than any wait queue lasts.
    async fn wait_on(&self, delivery: &Delivery, rest: Duration) -> Verdict {
        let copy = resend::waiting_copy(&delivery.incoming, &self.spec, delivery.trial, rest);
        match self.keep_patiently(copy, &delivery.channel.here).await {
            Ok(()) => Verdict::Waits,
            Err(error) => self.not_kept(&error),
        }
    }

    fn decide(&self, outcome: Outcome, delivery: &Delivery) -> Disposition {
        let attempt = delivery.trial.attempt;
        let once = RetryPolicy::never();
        let policy = if delivery.trial.once { &once } else { &self.spec.retry };
        decide(outcome, attempt, policy, jitter_seed(&delivery.incoming, attempt))
    }

    async fn run(&self, delivery: &Delivery) -> Outcome {
        let received = match &delivery.read {
            Ok(received) => received.clone(),
            Err(poison) => return Outcome::Unreadable(poison.clone()),
        };
        let made = received.metadata.time;
        let started = self.clock.elapsed();
        let at_work = self.metrics.started();
        // A handler may panic before it gives a future, too.
        let handling = AssertUnwindSafe(async { self.handler.handle(received).await }).catch_unwind();
        let outcome = match tokio::time::timeout(self.spec.handler_timeout, handling).await {
            Ok(Ok(Ok(()))) => Outcome::Handled,
            Ok(Ok(Err(Failure::Fault(fault)))) => Outcome::Failed(fault),
            Ok(Ok(Err(Failure::Poison(poison)))) => Outcome::Unreadable(poison),
            Ok(Err(_panic)) => Outcome::Panicked,
            Err(_elapsed) => Outcome::TimedOut,
        };
        drop(at_work);
        if !matches!(outcome, Outcome::Unreadable(_)) {
            self.metrics.ended(self.clock.elapsed().saturating_sub(started));
        }
        if outcome == Outcome::Handled {
            self.metrics.handled(self.clock.now().duration_since(made).try_into().unwrap_or_default());
        }
        outcome
    }

    async fn carry_out(&self, disposition: &Disposition, fault: &Fault, delivery: &Delivery) -> Verdict {
        let Delivery { incoming, trial, .. } = delivery;
        let now = self.clock.now();
        let (copy, verdict) = match disposition {
            Disposition::Ack => return Verdict::Handled,
            Disposition::RetryNow => return Verdict::Later(Duration::ZERO),
            Disposition::RetryAfter(delay) if self.spec.order.is_strict() => return Verdict::Later(*delay),
            Disposition::RetryAfter(delay) => {
                (resend::retry_copy(incoming, &self.spec, *trial, fault, *delay, now), Verdict::Waits)
            }
            Disposition::Park(reason) => {
                (Some(resend::parked_copy(incoming, &self.spec, *trial, reason, now)), Verdict::Parked)
            }
        };
        match self.keep_patiently(copy, &delivery.channel.here).await {
            Ok(()) => verdict,
            Err(error) => self.not_kept(&error),
        }
    }

    fn not_kept(&self, error: &PublishError) -> Verdict {
        tracing::warn!(subscription = %self.spec.name, %error, "a copy could not be kept; the delivery goes back to its queue");
        Verdict::GiveBack
    }

    /// The broker may be away for a moment: trying a few times is cheaper than having the delivery come again at once. When it comes
    /// again anyway, a late copy would only be parked, and hold its key, though somebody else has handled it.
    async fn keep_patiently(&self, copy: Option<Outgoing>, gone: &CancellationToken) -> Result<(), PublishError> {
        let copy = copy.ok_or(PublishError::NotSent { reason: "the retry policy has no wait queue" })?;
        let mut tries = 1;
        loop {
            let kept = keep(self.broker.as_ref(), copy.clone()).await;
            if kept.is_ok() || tries >= COPY_TRIES_MAX {
                return kept;
            }
            tokio::select! {
                biased;
                () = gone.cancelled() => return kept,
                () = tokio::time::sleep(pause_after(tries)) => {}
            }
            tries += 1;
        }
    }

    fn note(&self, disposition: &Disposition, delivery: &Delivery) {
        let metadata = delivery.read.as_ref().ok().map(|received| &received.metadata);
        let attempt = delivery.trial.attempt;
        let topic = metadata.map_or("unreadable", |metadata| metadata.topic.as_str());
        self.metrics.settled(topic, disposition);
        self.activity.settle(&self.spec.name, disposition, attempt, metadata);
        self.leave_notice(disposition, delivery, metadata);
        let event_id = metadata.map(|metadata| metadata.id.to_string()).unwrap_or_default();
        let outcome = match disposition {
            Disposition::Ack => "handled",
            Disposition::RetryNow | Disposition::RetryAfter(_) => "to be retried",
            Disposition::Park(_) => "parked",
        };
        if let Disposition::Park(reason) = disposition {
            let reason = reason.code();
            tracing::warn!(subscription = %self.spec.name, topic, event_id, attempt, outcome, reason, "event parked");
        } else if self.log_events {
            tracing::info!(subscription = %self.spec.name, topic, event_id, attempt, outcome, "event delivered");
        }
    }

    fn leave_notice(&self, disposition: &Disposition, delivery: &Delivery, metadata: Option<&Metadata>) {
        let message = &delivery.incoming.message;
        let redrive_id = message.headers.text(resend::REDRIVE_ID).map(str::to_owned);
        let what = match disposition {
            Disposition::Park(reason) => What::Parked { cause: reason.code(), attempts: delivery.trial.attempt },
            Disposition::Ack if redrive_id.is_some() => What::Resolved,
            Disposition::Ack | Disposition::RetryNow | Disposition::RetryAfter(_) => return,
        };
        self.notices.leave(Notice {
            subscription: self.spec.name.clone(),
            message_id: message_id_of(message, metadata),
            event: metadata.map(|metadata| (metadata.tenant.clone(), metadata.topic.clone())),
            what,
            redrive_id,
        });
    }
}

/// What the event is called in notices: foreign producers may send no message id, and then the event's own has to do.
fn message_id_of(message: &Message, metadata: Option<&Metadata>) -> String {
    let own = message.properties.message_id.clone().filter(|id| !id.is_empty());
    own.or_else(|| metadata.map(|metadata| metadata.id.to_string())).unwrap_or_else(|| "unreadable".to_owned())
}

/// The same delivery and attempt always get the same jitter: a simulation can repeat it.
fn jitter_seed(incoming: &Incoming, attempt: u32) -> Seed {
    let id = incoming.message.properties.message_id.as_deref().unwrap_or_default();
    Seed::of_bytes(format!("{id}/{attempt}").as_bytes())
}
