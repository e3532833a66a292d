//! What is going on in this process: what health pages show, and what a test or an import waits for.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use fabric_core::{
    EventId, Metadata, SubscriptionName, Topic, breaker::Circuit, delivery::Disposition, rate::RateWindow,
};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::clock::Clock;

/// Counts of one process since its start.
#[derive(Debug)]
pub struct Activity {
    clock: Clock,
    published: AtomicU64,
    in_hand: AtomicUsize,
    settled: watch::Sender<u64>,
    subscriptions: Mutex<BTreeMap<SubscriptionName, SubscriptionActivity>>,
    missing: Mutex<Option<String>>,
    draining: AtomicBool,
    recorded: Mutex<Option<Vec<SettledDelivery>>>,
}

/// How one delivery was settled.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledDelivery {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// The event, if it could be read.
    pub event: Option<(Topic, EventId)>,
    /// Which attempt it was, counted from 1.
    pub attempt: u32,
    /// What became of it.
    pub disposition: Disposition,
}

/// Counts of one subscription in this process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionActivity {
    /// Whether this process has a consumer on each of the subscription's queues now.
    pub is_consuming: bool,
    /// Whether an operator has paused it.
    pub is_paused: bool,
    /// What its circuit breaker lets through.
    pub circuit: Circuit,
    /// Deliveries that were handled.
    pub handled: u64,
    /// Attempts that were followed by another one.
    pub retried: u64,
    /// Deliveries that were parked.
    pub parked: u64,
    /// Deliveries that came to an end per second, over the last ten seconds.
    pub rate: RateWindow,
    /// When the last delivery was settled.
    pub last_at: Option<Timestamp>,
    /// From the making of the last event to the end of its handling, in milliseconds.
    pub lag_ms: i64,
}

/// All counts of one process at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivitySnapshot {
    /// Events confirmed by the broker.
    pub published: u64,
    /// Each subscription's counts.
    pub subscriptions: BTreeMap<SubscriptionName, SubscriptionActivity>,
}

impl ActivitySnapshot {
    /// Deliveries handled by all subscriptions.
    pub fn handled(&self) -> u64 {
        self.subscriptions.values().map(|subscription| subscription.handled).sum()
    }

    /// Deliveries parked by all subscriptions.
    pub fn parked(&self) -> u64 {
        self.subscriptions.values().map(|subscription| subscription.parked).sum()
    }
}

impl Activity {
    /// Nothing has happened yet.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            published: AtomicU64::new(0),
            in_hand: AtomicUsize::new(0),
            settled: watch::Sender::new(0),
            subscriptions: Mutex::default(),
            missing: Mutex::default(),
            draining: AtomicBool::new(false),
            recorded: Mutex::new(None),
        }
    }

    /// The counts now.
    pub fn snapshot(&self) -> ActivitySnapshot {
        ActivitySnapshot { published: self.published.load(Relaxed), subscriptions: self.lock().clone() }
    }

    /// Changes whenever a delivery has been settled: what to wait on instead of asking again and again.
    pub fn settled(&self) -> watch::Receiver<u64> {
        self.settled.subscribe()
    }

    /// What has to stand on the broker and does not, as far as it is known.
    pub fn missing(&self) -> Option<String> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what is missing on the broker, or that nothing is.
    pub fn set_missing(&self, missing: Option<String>) {
        *self.missing.lock().unwrap_or_else(PoisonError::into_inner) = missing;
    }

    /// Whether the process is on its way out.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    /// Says that the process is on its way out.
    pub fn drain(&self) {
        self.draining.store(true, Relaxed);
    }

    /// From now on every settled delivery is recorded, without bound: for tests.
    pub fn start_recording(&self) {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// What was recorded so far.
    pub fn recorded(&self) -> Vec<SettledDelivery> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    /// How many deliveries this process has taken and not come to an end with.
    pub fn in_hand(&self) -> usize {
        self.in_hand.load(Relaxed)
    }

    pub(crate) fn took_in_hand(&self) {
        self.in_hand.fetch_add(1, Relaxed);
    }

    pub(crate) fn out_of_hand(&self, count: usize) {
        self.in_hand.fetch_sub(count, Relaxed);
    }

    pub(crate) fn confirmed(&self) {
        self.published.fetch_add(1, Relaxed);
    }

    pub(crate) fn consuming(&self, subscription: &SubscriptionName, is_consuming: bool) {
        self.lock().entry(subscription.clone()).or_default().is_consuming = is_consuming;
    }

    pub(crate) fn paused(&self, subscription: &SubscriptionName, is_paused: bool) {
        self.lock().entry(subscription.clone()).or_default().is_paused = is_paused;
    }

    pub(crate) fn circuit(&self, subscription: &SubscriptionName, circuit: Circuit) {
        self.lock().entry(subscription.clone()).or_default().circuit = circuit;
    }

    pub(crate) fn settle(
        &self,
        subscription: &SubscriptionName,
        disposition: &Disposition,
        attempt: u32,
        metadata: Option<&Metadata>,
    ) {
        let now = self.clock.now();
        {
            let mut subscriptions = self.lock();
            let activity = subscriptions.entry(subscription.clone()).or_default();
            match disposition {
                Disposition::Ack => activity.handled += 1,
                Disposition::RetryNow | Disposition::RetryAfter(_) => activity.retried += 1,
                Disposition::Park(_) => activity.parked += 1,
            }
            activity.rate.count(self.clock.elapsed());
            activity.last_at = Some(now);
            if let Some(metadata) = metadata {
                activity.lag_ms = now.duration_since(metadata.time).as_millis().try_into().unwrap_or(i64::MAX);
            }
        }
        if let Some(recorded) = self.recorded.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let event = metadata.map(|metadata| (metadata.topic.clone(), metadata.id));
            recorded.push(SettledDelivery {
                subscription: subscription.clone(),
                event,
                attempt,
                disposition: disposition.clone(),
            });
        }
        self.settled.send_modify(|count| *count += 1);
    }

    /// A panic while the lock was held cannot leave counts half written: go on with them.
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<SubscriptionName, SubscriptionActivity>> {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
