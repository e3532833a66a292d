//! Partition keys to slots: which of 64 slots a key falls into, the same for ever.

use crate::{name::PartitionKey, seed::stable_hash};

/// How many slots there are. Partitions are made of whole slots, so their number can change without moving keys between slots.
pub const SLOTS: u8 = 64;

/// The slot of a key, 0 to 63.
pub fn slot_of(key: &PartitionKey) -> u8 {
    u8::try_from(stable_hash(key.as_str().as_bytes()) % u64::from(SLOTS)).unwrap_or_default()
}

/// Over how many queues a subscription's events are spread, 1 to 64. Each takes a run of neighbouring slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Partitions(u8);

/// A number of partitions that the slots cannot be spread over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("partitions must be 1 to {SLOTS}, not {0}")]
pub struct InvalidPartitions(pub u8);

impl Partitions {
    /// All slots in one queue.
    pub const ONE: Self = Self(1);

    /// Checks the number.
    pub fn try_new(partitions: u8) -> Result<Self, InvalidPartitions> {
        if (1..=SLOTS).contains(&partitions) { Ok(Self(partitions)) } else { Err(InvalidPartitions(partitions)) }
    }

    /// How many there are.
    pub fn count(self) -> u8 {
        self.0
    }

    /// The partition that a slot belongs to, counted from 0.
    ///
    /// ```
    /// use fabric_core::partition::Partitions;
    /// let four = Partitions::try_new(4).unwrap();
    /// assert_eq!([0, 15, 16, 63].map(|slot| four.of_slot(slot)), [0, 0, 1, 3]);
    /// ```
    pub fn of_slot(self, slot: u8) -> u8 {
        let slot = u16::from(slot % SLOTS);
        u8::try_from(slot * u16::from(self.0) / u16::from(SLOTS)).unwrap_or_default()
    }

    /// The slots of a partition.
    pub fn slots_of(self, partition: u8) -> impl Iterator<Item = u8> {
        (0..SLOTS).filter(move |slot| self.of_slot(*slot) == partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_belongs_to_one_partition_and_no_partition_is_empty() {
        assert_eq!(Partitions::try_new(0), Err(InvalidPartitions(0)));
        assert_eq!(Partitions::try_new(65), Err(InvalidPartitions(65)));
        for count in 1..=SLOTS {
            let partitions = Partitions::try_new(count).unwrap();
            let sizes: Vec<usize> = (0..count).map(|partition| partitions.slots_of(partition).count()).collect();
            assert_eq!(sizes.iter().sum::<usize>(), usize::from(SLOTS), "{count}");
            let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
            assert!(*least >= 1 && most - least <= 1, "{count}: {sizes:?}");
        }
    }

    #[test]
    fn keys_spread_evenly_over_the_slots() {
        let mut counts = [0_u32; SLOTS as usize];
        for student in 0..64_000 {
            counts[usize::from(slot_of(&PartitionKey::try_new(&format!("u-{student}")).unwrap()))] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
