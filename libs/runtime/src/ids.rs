//! Where event ids come from.

use std::sync::{Arc, Mutex, PoisonError};

use fabric_core::{EventId, seed::Seed};
use jiff::Timestamp;

/// A source of ids of version 7: from the system's randomness, or from a seed for tests that repeat exactly.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    seeded: Option<Arc<Mutex<Seeded>>>,
}

#[derive(Debug)]
struct Seeded {
    seed: Seed,
    given: u32,
}

impl Ids {
    /// Ids from the system's randomness, ascending within a process.
    pub fn system() -> Self {
        Self::default()
    }

    /// Ids from a seed: the same calls give the same ids, ascending as the system's are.
    pub fn seeded(seed: Seed) -> Self {
        Self { seeded: Some(Arc::new(Mutex::new(Seeded { seed, given: 0 }))) }
    }

    /// The next id. `now` is what a seeded id has as its time.
    pub fn next(&self, now: Timestamp) -> EventId {
        match &self.seeded {
            None => EventId::from(uuid::Uuid::now_v7()),
            Some(seeded) => {
                let mut seeded = seeded.lock().unwrap_or_else(PoisonError::into_inner);
                seeded.given = seeded.given.wrapping_add(1);
                // Behind the three bytes that share their place with the version and the variant: these must not change the order.
                let mut random = [0; 10];
                let numbers =
                    [seeded.given, u32::try_from(seeded.seed.below(1 << 32)).unwrap_or_default()].map(u32::to_be_bytes);
                random.iter_mut().skip(3).zip(numbers.as_flattened()).for_each(|(to, from)| *to = *from);
                EventId::from_parts(u64::try_from(now.as_millisecond()).unwrap_or_default(), random)
            }
        }
    }

    /// A number to start a trace or a jitter with.
    pub fn number(&self, now: Timestamp) -> Seed {
        Seed::of_bytes(self.next(now).uuid().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_and_seeded_ones_repeat() {
        let now = Timestamp::UNIX_EPOCH;
        let some = |ids: &Ids| (0..1_000).map(|_| ids.next(now)).collect::<Vec<_>>();
        for ids in [Ids::system(), Ids::seeded(Seed::new(7))] {
            assert!(some(&ids).is_sorted_by(|one, next| one < next));
        }
        assert_eq!(some(&Ids::seeded(Seed::new(7))), some(&Ids::seeded(Seed::new(7))));
        assert_ne!(some(&Ids::seeded(Seed::new(7))), some(&Ids::seeded(Seed::new(8))));
    }
}
