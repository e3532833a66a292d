//! Numbers that look random, from a seed that is given: the same seed gives the same numbers on every machine.

/// A `SplitMix64` generator (Steele, Lea and Flood 2014): tiny, fast, and good enough for jitter and simulation, not for secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// Starts from a number.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Starts from bytes, such as an event's id: the same bytes give the same numbers.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(stable_hash(bytes))
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// The next number below `bound`; 0 when the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // Multiply and shift: biased by less than bound / 2^64, which nobody can see.
        u64::try_from((u128::from(self.next_u64()) * u128::from(bound)) >> 64).unwrap_or_default()
    }

    /// True in `per_mille` of 1,000 cases.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }
}

/// A hash that never changes between versions, machines or restarts: FNV-1a over the bytes, then `SplitMix64`'s finaliser, so
/// that short keys spread over all bits.
pub fn stable_hash(bytes: &[u8]) -> u64 {
    let fnv = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    mix(fnv)
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_pinned_for_ever() {
        // Changing the hash would move keys between partitions and break their order.
        assert_eq!(stable_hash(b""), 0xf52a_15e9_a9b5_e89b_u64);
        assert_eq!(stable_hash(b"student-1"), stable_hash(b"student-1"));
        assert_ne!(stable_hash(b"student-1"), stable_hash(b"student-2"));
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_every_value() {
        let mut seed = Seed::new(7);
        let mut counts = [0_u32; 10];
        for _ in 0..1_000 {
            counts[usize::try_from(seed.below(10)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (50..200).contains(count)), "{counts:?}");
        assert_eq!(seed.below(0), 0);
    }
}
