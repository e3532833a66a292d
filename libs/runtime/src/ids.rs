//! Where event ids come from.

use std::sync::{Arc, Mutex, PoisonError};

use fabric_core::{EventId, seed::Seed};
use jiff::Timestamp;

/// A source of ids of version 7: from the system's randomness, or from a seed for tests that repeat exactly.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    seed: Option<Arc<Mutex<Seed>>>,
}

impl Ids {
    /// Ids from the system's randomness, ascending within a process.
    pub fn system() -> Self {
        Self::default()
    }

    /// Ids from a seed: the same calls give the same ids.
    pub fn seeded(seed: Seed) -> Self {
        Self { seed: Some(Arc::new(Mutex::new(seed))) }
    }

    /// The next id. `now` is what a seeded id has as its time.
    pub fn next(&self, now: Timestamp) -> EventId {
        match &self.seed {
            None => EventId::from(uuid::Uuid::now_v7()),
            Some(seed) => {
                let mut seed = seed.lock().unwrap_or_else(PoisonError::into_inner);
                let mut random = [0; 10];
                let numbers = [seed.next_u64().to_be_bytes(), seed.next_u64().to_be_bytes()];
                random.iter_mut().zip(numbers.as_flattened()).for_each(|(to, from)| *to = *from);
                EventId::from_parts(u64::try_from(now.as_millisecond()).unwrap_or_default(), random)
            }
        }
    }

    /// A number to start a trace or a jitter with.
    pub fn number(&self, now: Timestamp) -> Seed {
        Seed::of_bytes(self.next(now).uuid().as_bytes())
    }
}
