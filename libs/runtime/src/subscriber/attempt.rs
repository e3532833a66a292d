//! One attempt at one delivery: run the handler, let the core decide, carry the decision out.

use std::{panic::AssertUnwindSafe, sync::Arc};

use fabric_core::{
    Fault, Metadata,
    codec::{Poison, Received},
    delivery::{Disposition, Outcome, decide},
    message::{Incoming, Outgoing},
    resend,
    seed::Seed,
    service::SubscriptionSpec,
};
use futures_util::FutureExt;

use crate::{
    activity::Activity,
    clock::Clock,
    handler::{Failure, Handle},
    metric::SubscriptionMetrics,
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
    pub clock: Clock,
    pub metrics: SubscriptionMetrics,
    pub log_events: bool,
}

/// What is to be told to the broker about the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is handled, or a confirmed copy of it is in the right queue.
    Finished,
    /// It must come again: neither was it handled nor is there a confirmed copy.
    GiveBack,
}

impl Attempts {
    /// Makes one attempt. A delivery that cannot be read comes with its poison.
    pub async fn make(&self, incoming: &Incoming, read: Result<Received, Poison>) -> Verdict {
        let metadata = read.as_ref().ok().map(|received| received.metadata.clone());
        let outcome = match read {
            Ok(received) => self.run(received).await,
            Err(poison) => Outcome::Unreadable(poison),
        };
        self.metrics.failed(&outcome);
        let attempt = resend::attempt_of(&incoming.message);
        let disposition = decide(outcome.clone(), attempt, &self.spec.retry, jitter_seed(incoming, attempt));
        let verdict = match self.carry_out(&disposition, &outcome, incoming).await {
            Ok(()) => Verdict::Finished,
            Err(error) => {
                tracing::warn!(subscription = %self.spec.name, %error, "a copy could not be kept; the delivery goes back to its queue");
                return Verdict::GiveBack;
            }
        };
        self.note(&disposition, attempt, metadata.as_ref());
        verdict
    }

    async fn run(&self, received: Received) -> Outcome {
        let (started, made) = (self.clock.elapsed(), received.metadata.time);
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

    async fn carry_out(
        &self,
        disposition: &Disposition,
        outcome: &Outcome,
        incoming: &Incoming,
    ) -> Result<(), PublishError> {
        let (name, now) = (&self.spec.name, self.clock.now());
        let copy = match disposition {
            Disposition::Ack => return Ok(()),
            Disposition::RetryAfter(delay) => resend::retry_copy(incoming, name, &fault_of(outcome), *delay, now),
            Disposition::Park(reason) => resend::parked_copy(incoming, name, reason, now),
        };
        self.keep_patiently(copy).await
    }

    /// The broker may be away for a moment: trying a few times is cheaper than having the delivery come again at once.
    async fn keep_patiently(&self, copy: Outgoing) -> Result<(), PublishError> {
        let mut tries = 1;
        loop {
            match keep(self.broker.as_ref(), copy.clone()).await {
                Err(_) if tries < COPY_TRIES_MAX => tokio::time::sleep(pause_after(tries)).await,
                result => return result,
            }
            tries += 1;
        }
    }

    fn note(&self, disposition: &Disposition, attempt: u32, metadata: Option<&Metadata>) {
        let topic = metadata.map_or("unreadable", |metadata| metadata.topic.as_str());
        self.metrics.settled(topic, disposition);
        self.activity.settle(&self.spec.name, disposition, attempt, metadata);
        let event_id = metadata.map(|metadata| metadata.id.to_string()).unwrap_or_default();
        let outcome = match disposition {
            Disposition::Ack => "handled",
            Disposition::RetryAfter(_) => "to be retried",
            Disposition::Park(_) => "parked",
        };
        if let Disposition::Park(reason) = disposition {
            let reason = reason.code();
            tracing::warn!(subscription = %self.spec.name, topic, event_id, attempt, outcome, reason, "event parked");
        } else if self.log_events {
            tracing::info!(subscription = %self.spec.name, topic, event_id, attempt, outcome, "event delivered");
        }
    }
}

/// The same delivery and attempt always get the same jitter: a simulation can repeat it.
fn jitter_seed(incoming: &Incoming, attempt: u32) -> Seed {
    let id = incoming.message.properties.message_id.as_deref().unwrap_or_default();
    Seed::of_bytes(format!("{id}/{attempt}").as_bytes())
}

fn fault_of(outcome: &Outcome) -> Fault {
    match outcome {
        Outcome::Failed(fault) => fault.clone(),
        Outcome::Panicked => Fault::transient("the handler panicked"),
        Outcome::TimedOut => Fault::transient("the handler did not come back in time"),
        Outcome::Handled | Outcome::Unreadable(_) => Fault::permanent("not retried"),
    }
}
