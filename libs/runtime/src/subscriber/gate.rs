//! What lets a subscription consume or not: an operator's pause, its circuit breaker, its rate limit.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use fabric_core::{
    SubscriptionName,
    breaker::{Breaker, Circuit, Sign, Wait},
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

/// The right to call a handler, for as long as it is held.
pub(super) struct Turn(Arc<AtomicUsize>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// The gate of one subscription, shared by the consumers of all its queues.
///
/// A pause ends the consumers, so that what they have goes back to the queues. An open circuit or a rate limit does not: what is out
/// stays out, unacknowledged, and waits for its turn. Giving it back would count as a failure of events that nobody has tried.
pub(super) struct Gate {
    name: SubscriptionName,
    clock: Clock,
    pauses: Pauses,
    breaker: Mutex<Breaker>,
    bucket: Option<Mutex<TokenBucket>>,
    /// How many turns are held, for all queues together.
    under_way: Arc<AtomicUsize>,
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
            under_way: Arc::default(),
            activity,
        }
    }

    /// Waits until the subscription is not paused, or is.
    pub async fn becomes(&self, paused: bool, metrics: &SubscriptionMetrics) {
        loop {
            // Whatever changes from here on wakes this, also before it is awaited.
            let mut changed = pin!(self.pauses.0.changed.notified());
            changed.as_mut().enable();
            let is_paused = self.pauses.contains(&self.name);
            self.activity.paused(&self.name, is_paused == Some(true));
            metrics.paused(is_paused == Some(true));
            if is_paused == Some(paused) {
                return;
            }
            changed.await;
        }
    }

    /// Takes the right to call a handler, or says what to wait for.
    pub fn take_turn(&self, metrics: &SubscriptionMetrics) -> Result<Turn, Wait> {
        let now = self.clock.elapsed();
        let circuit = {
            let breaker = lock(&self.breaker);
            breaker.admit(self.under_way.load(Relaxed), now)?;
            breaker.circuit(now)
        };
        if let Some(bucket) = &self.bucket {
            lock(bucket).take(now).map_err(Wait::Until)?;
        }
        if circuit == Circuit::HalfOpen {
            self.note(circuit, metrics);
        }
        self.under_way.fetch_add(1, Relaxed);
        Ok(Turn(Arc::clone(&self.under_way)))
    }

    /// Tells the breaker how an attempt ended.
    pub fn attempted(&self, sign: Sign, metrics: &SubscriptionMetrics) {
        let changed = lock(&self.breaker).attempted(sign, self.clock.elapsed());
        let Some(circuit) = changed else { return };
        match circuit {
            Circuit::Closed => {
                tracing::info!(subscription = %self.name, "the handler works again: the circuit is closed");
            }
            Circuit::Open | Circuit::HalfOpen => {
                tracing::warn!(subscription = %self.name, "nearly every attempt fails: the circuit is open for a while");
            }
        }
        self.note(circuit, metrics);
    }

    fn note(&self, circuit: Circuit, metrics: &SubscriptionMetrics) {
        self.activity.circuit(&self.name, circuit);
        metrics.circuit(circuit);
    }
}

/// A panic while the lock was held cannot leave the value half written: go on with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
