//! Partition keys to slots: which of 64 slots a key falls into, the same for ever.

use crate::{name::PartitionKey, seed::stable_hash};

/// How many slots there are. Partitions are made of whole slots, so their number can change without moving keys between slots.
pub const SLOTS: u8 = 64;

/// The slot of a key, 0 to 63.
pub fn slot_of(key: &PartitionKey) -> u8 {
    u8::try_from(stable_hash(key.as_str().as_bytes()) % u64::from(SLOTS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_spread_evenly_over_the_slots() {
        let mut counts = [0_u32; SLOTS as usize];
        for student in 0..64_000 {
            counts[usize::from(slot_of(&PartitionKey::try_new(&format!("u-{student}")).unwrap()))] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
