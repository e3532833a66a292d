//! What lets a subscription consume or not: an operator's pause, its circuit breaker, its rate limit.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fabric_core::{
    SubscriptionName,
    breaker::{Breaker, Circuit, Sign},
    rate::TokenBucket,
    service::SubscriptionSpec,
};
use tokio::sync::Notify;

use crate::{activity::Activity, clock::Clock, metric::SubscriptionMetrics};

/// The subscriptions that operators have paused. As long as nobody has said which, all wait.
#[derive(Debug, Clone, Default)]
pub struct Pauses(Arc<PausesInner>);

#[derive(Debug, Default)]
struct PausesInner {
    paused: Mutex<Option<BTreeSet<SubscriptionName>>>,
    /// Wakes those who wait in the order in which they began to, so that a simulation can repeat it.
    changed: Notify,
}

impl Pauses {
    /// Nothing is paused, and it is known.
    pub fn none() -> Self {
        let pauses = Self::default();
        pauses.set(BTreeSet::new());
        pauses
    }

    /// Pauses these subscriptions, and resumes all others.
    pub fn set(&self, paused: BTreeSet<SubscriptionName>) {
        let before = lock(&self.0.paused).replace(paused.clone());
        if before != Some(paused) {
            self.0.changed.notify_waiters();
        }
    }

    /// The subscriptions that are paused now; none while that is not known.
    pub fn get(&self) -> Option<BTreeSet<SubscriptionName>> {
        lock(&self.0.paused).clone()
    }

    /// Whether a subscription is paused, if that is known.
    fn contains(&self, name: &SubscriptionName) -> Option<bool> {
        lock(&self.0.paused).as_ref().map(|paused| paused.contains(name))
    }
}

/// How much may be consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// As much as the subscription's limits allow.
    Full,
    /// One event at a time, to see whether the handler works again.
    Probe,
    /// Nothing, until then, or until somebody resumes it.
    Shut { until: Option<Duration> },
}

/// The gate of one subscription, shared by the consumers of all its queues.
pub(super) struct Gate {
    name: SubscriptionName,
    clock: Clock,
    pauses: Pauses,
    breaker: Mutex<Breaker>,
    bucket: Option<Mutex<TokenBucket>>,
    /// Wakes those who wait for a change of the breaker.
    changed: Notify,
    activity: Arc<Activity>,
}

impl Gate {
    pub fn new(spec: &SubscriptionSpec, clock: Clock, pauses: Pauses, activity: Arc<Activity>) -> Self {
        Self {
            name: spec.name.clone(),
            clock,
            pauses,
            breaker: Mutex::new(Breaker::new(spec.breaker)),
            bucket: spec.rate.map(|limit| Mutex::new(TokenBucket::new(limit))),
            changed: Notify::new(),
            activity,
        }
    }

    /// How much may be consumed now.
    pub fn admission(&self) -> Admission {
        if self.pauses.contains(&self.name) != Some(false) {
            return Admission::Shut { until: None };
        }
        let breaker = lock(&self.breaker);
        match breaker.circuit(self.clock.elapsed()) {
            Circuit::Closed => Admission::Full,
            Circuit::HalfOpen => Admission::Probe,
            Circuit::Open => Admission::Shut { until: breaker.opens_until() },
        }
    }

    /// Waits until something may be consumed.
    pub async fn opened(&self, metrics: &SubscriptionMetrics) -> Admission {
        loop {
            // Whatever changes from here on wakes this, also before it is awaited.
            let mut paused = pin!(self.pauses.0.changed.notified());
            paused.as_mut().enable();
            let is_paused = self.pauses.contains(&self.name) == Some(true);
            self.activity.paused(&self.name, is_paused);
            metrics.paused(is_paused);
            match self.admission() {
                Admission::Shut { until: Some(until) } => tokio::select! {
                    biased;
                    () = paused => {}
                    () = tokio::time::sleep_until(self.clock.instant_at(until)) => {}
                },
                Admission::Shut { until: None } => paused.await,
                admission @ (Admission::Full | Admission::Probe) => {
                    self.note_circuit(metrics);
                    return admission;
                }
            }
        }
    }

    /// Waits until the admission is another one than it was.
    pub async fn changed_from(&self, admission: Admission) {
        loop {
            let mut paused = pin!(self.pauses.0.changed.notified());
            let mut tripped = pin!(self.changed.notified());
            paused.as_mut().enable();
            tripped.as_mut().enable();
            if self.admission() != admission {
                return;
            }
            tokio::select! {
                biased;
                () = paused => {}
                () = tripped => {}
            }
        }
    }

    /// Tells the breaker how an attempt ended.
    pub fn attempted(&self, sign: Sign, metrics: &SubscriptionMetrics) {
        let changed = lock(&self.breaker).attempted(sign, self.clock.elapsed());
        let Some(circuit) = changed else { return };
        match circuit {
            Circuit::Closed => {
                tracing::info!(subscription = %self.name, "the handler works again: the circuit is closed")
            }
            Circuit::Open | Circuit::HalfOpen => {
                tracing::warn!(subscription = %self.name, "nearly every attempt fails: the circuit is open for a while");
            }
        }
        self.note_circuit(metrics);
        self.changed.notify_waiters();
    }

    /// Takes the right to start a handler. Without one, the answer is when to ask again.
    pub fn take_turn(&self) -> Result<(), Duration> {
        self.bucket.as_ref().map_or(Ok(()), |bucket| lock(bucket).take(self.clock.elapsed()))
    }

    fn note_circuit(&self, metrics: &SubscriptionMetrics) {
        let circuit = lock(&self.breaker).circuit(self.clock.elapsed());
        self.activity.circuit(&self.name, circuit);
        metrics.circuit(circuit);
    }
}

/// A panic while the lock was held cannot leave the value half written: go on with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
