//! Keeps the last known events, off the publishing path.
//!
//! Offering costs a map insert: the newest event of each tenant and topic waits in a room of bounded size, where it takes the place
//! of an older one. A task writes what waits at most a few milliseconds later. When the cache is away, the room
//! keeps the newest of each topic and the task tries again; publishing never waits for the cache.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use fabric_core::{Metadata, TenantId, Topic, codec, recency::Recency};
use tokio::{sync::Notify, task::JoinHandle, time::Instant};

use crate::{
    metric,
    ports::{Cache, CacheEntry, Offered},
    publisher::pause_after,
};

/// Limits of the waiting room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastKnownOptions {
    /// The longest that an event waits before it is written, while the cache answers.
    pub delay_max: Duration,
    /// How many tenants' topics may wait at a time.
    pub pending_max: usize,
    /// The generation of the log: see [`Recency`].
    pub epoch: u64,
}

impl Default for LastKnownOptions {
    fn default() -> Self {
        Self { delay_max: Duration::from_millis(10), pending_max: 10_000, epoch: 0 }
    }
}

/// A handle to offer events through. Cheap to clone.
#[derive(Clone)]
pub struct LastKnown {
    room: Arc<Room>,
}

struct Room {
    waiting: Mutex<HashMap<(TenantId, Topic), Waiting>>,
    arrived: Notify,
    closing: AtomicBool,
    options: LastKnownOptions,
}

struct Waiting {
    recency: Recency,
    metadata: Metadata,
    body: Bytes,
}

/// How many entries go to the cache in one call.
const BATCH_MAX: usize = 256;

impl LastKnown {
    /// Starts the task that writes to the cache. It ends, with everything written that can be, when [`LastKnownTask::drain`] is called.
    pub fn start(cache: Arc<dyn Cache>, options: LastKnownOptions) -> (Self, LastKnownTask) {
        let room = Arc::new(Room {
            waiting: Mutex::default(),
            arrived: Notify::new(),
            closing: AtomicBool::new(false),
            options,
        });
        let task = tokio::spawn(write_until_closed(Arc::clone(&room), cache));
        (Self { room: Arc::clone(&room) }, LastKnownTask { task, room })
    }

    /// Offers an event. Never waits.
    pub fn offer(&self, metadata: Metadata, body: &Bytes) {
        let recency = Recency::of(&metadata, self.room.options.epoch);
        let key = (metadata.tenant.clone(), metadata.topic.clone());
        self.room.put(key, Waiting { recency, metadata, body: body.clone() });
        self.room.arrived.notify_one();
    }
}

/// The task that writes to the cache.
pub struct LastKnownTask {
    task: JoinHandle<()>,
    room: Arc<Room>,
}

impl LastKnownTask {
    /// Writes what still waits and ends the task, within the deadline. What is lost then comes back with later events.
    pub async fn drain(mut self, deadline: Duration) {
        self.room.closing.store(true, Relaxed);
        self.room.arrived.notify_one();
        if tokio::time::timeout(deadline, &mut self.task).await.is_err() {
            tracing::warn!("the cache did not take the last events in time");
            self.task.abort();
        }
    }
}

impl Room {
    /// Puts an event in, in the place of an older one of its topic.
    fn put(&self, key: (TenantId, Topic), event: Waiting) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = waiting.len() >= self.options.pending_max;
        match waiting.entry(key) {
            std::collections::hash_map::Entry::Occupied(mut old) => {
                metric::cache_coalesced();
                if event.recency > old.get().recency {
                    old.insert(event);
                }
            }
            std::collections::hash_map::Entry::Vacant(_) if is_full => metric::cache_dropped(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(event);
            }
        }
    }

    fn take(&self) -> Vec<((TenantId, Topic), Waiting)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<_> = waiting.keys().take(BATCH_MAX).cloned().collect();
        keys.into_iter().filter_map(|key| waiting.remove_entry(&key)).collect()
    }

    fn put_back(&self, batch: Vec<((TenantId, Topic), Waiting)>) {
        for (key, event) in batch {
            self.put(key, event);
        }
    }
}

async fn write_until_closed(room: Arc<Room>, cache: Arc<dyn Cache>) {
    let mut failures = 0;
    while !room.closing.load(Relaxed) {
        room.arrived.notified().await;
        // Half of the allowed delay is spent collecting, so that the other half is left for writing.
        let mut wake = Instant::now() + room.options.delay_max / 2;
        loop {
            tokio::time::sleep_until(wake).await;
            let batch = room.take();
            if batch.is_empty() {
                break;
            }
            match write(cache.as_ref(), &batch).await {
                Ok(()) => {
                    failures = 0;
                    wake = Instant::now();
                }
                // Nobody waits for a cache that is away when the process ends.
                Err(()) if room.closing.load(Relaxed) => return,
                Err(()) => {
                    room.put_back(batch);
                    failures += 1;
                    wake = Instant::now() + pause_after(failures);
                }
            }
        }
    }
}

async fn write(cache: &dyn Cache, batch: &[((TenantId, Topic), Waiting)]) -> Result<(), ()> {
    let entries: Vec<CacheEntry> = batch
        .iter()
        .filter_map(|((tenant, topic), waiting)| {
            let event = codec::encode_structured(&waiting.metadata, &waiting.body)?;
            Some(CacheEntry { tenant: tenant.clone(), topic: topic.clone(), recency: waiting.recency, event })
        })
        .collect();
    match cache.offer(entries).await {
        Ok(Offered { written, stale }) => {
            metric::cache_offered(written, stale);
            Ok(())
        }
        Err(error) => {
            metric::cache_failed();
            tracing::warn!(%error, "the cache did not take the last known events; they wait");
            Err(())
        }
    }
}
