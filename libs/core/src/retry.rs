//! How often a failing event is tried again, and after how long.
//!
//! Delays are spent in wait queues, one per delay, so only a few different delays exist: the *ladder*. The policy computes the
//! wanted delay with jitter and takes the rung that is nearest, which spreads a burst of failures over neighbouring rungs.

use std::time::Duration;

use crate::seed::Seed;

/// How often and how fast one subscription tries again.
///
/// The default is five attempts in all: one at once, and four after 1, 4, 16 and 64 seconds, give or take half. With
/// [`immediate`](Self::immediate) attempts, the first few follow one another without a delay.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RetryPolicy {
    attempts_max: u32,
    immediate: u32,
    first_delay_ms: u64,
    factor: u32,
    delay_max_ms: u64,
    jitter_percent: u32,
}

/// Why numbers do not make a retry policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRetry {
    /// No attempt at all, or more than anybody would wait for.
    #[error("retry.attempts_max must be 1 to {ATTEMPTS_LIMIT}, not {0}")]
    Attempts(u32),
    /// A delay of nothing, or of more than a day.
    #[error(
        "retry.first_delay_ms and retry.delay_max_ms must be 1 to {DELAY_LIMIT_MS}, the first not above the second"
    )]
    Delay,
    /// Delays would shrink, or explode.
    #[error("retry.factor must be 1 to 10, not {0}")]
    Factor(u32),
    /// More attempts at once than there are attempts after the first.
    #[error("retry.immediate must be less than retry.attempts_max, not {0}")]
    Immediate(u32),
    /// More jitter than delay.
    #[error("retry.jitter_percent must be 0 to 100, not {0}")]
    Jitter(u32),
}

/// The most attempts that a policy may ask for.
pub const ATTEMPTS_LIMIT: u32 = 20;
/// The longest delay that a policy may ask for: a day.
pub const DELAY_LIMIT_MS: u64 = 24 * 60 * 60 * 1_000;

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts_max: 5,
            immediate: 0,
            first_delay_ms: 1_000,
            factor: 4,
            delay_max_ms: 5 * 60 * 1_000,
            jitter_percent: 50,
        }
    }
}

impl RetryPolicy {
    /// Makes a policy. `attempts_max` counts the first attempt; the n-th delay is `first_delay_ms * factor^(n-1)`, at most
    /// `delay_max_ms`, changed by up to `jitter_percent` of itself.
    pub fn try_new(
        attempts_max: u32,
        first_delay_ms: u64,
        factor: u32,
        delay_max_ms: u64,
        jitter_percent: u32,
    ) -> Result<Self, InvalidRetry> {
        if !(1..=ATTEMPTS_LIMIT).contains(&attempts_max) {
            return Err(InvalidRetry::Attempts(attempts_max));
        }
        if first_delay_ms == 0 || first_delay_ms > delay_max_ms || delay_max_ms > DELAY_LIMIT_MS {
            return Err(InvalidRetry::Delay);
        }
        if !(1..=10).contains(&factor) {
            return Err(InvalidRetry::Factor(factor));
        }
        if jitter_percent > 100 {
            return Err(InvalidRetry::Jitter(jitter_percent));
        }
        Ok(Self { attempts_max, immediate: 0, first_delay_ms, factor, delay_max_ms, jitter_percent })
    }

    /// The same policy, whose first `immediate` further attempts follow at once, before any delay: for handlers that lose a race now
    /// and then. They count among `attempts_max`.
    pub fn immediate(self, immediate: u32) -> Result<Self, InvalidRetry> {
        if immediate >= self.attempts_max {
            return Err(InvalidRetry::Immediate(immediate));
        }
        Ok(Self { immediate, ..self })
    }

    /// One attempt and no more: what fails is parked.
    pub fn never() -> Self {
        Self { attempts_max: 1, ..Self::default() }
    }

    /// How many attempts there are in all, the first included.
    pub fn attempts_max(&self) -> u32 {
        self.attempts_max
    }

    /// The delays that this policy can give, shortest first: the wait queues that the subscription needs.
    pub fn ladder(&self) -> Vec<Duration> {
        let delayed = self.immediate + 1..self.attempts_max;
        let mut rungs: Vec<u64> = delayed.map(|failed| self.base_ms(failed)).collect();
        rungs.dedup();
        rungs.into_iter().map(Duration::from_millis).collect()
    }

    /// Whether the attempt after `failed` failed ones follows at once.
    pub fn is_immediate(&self, failed: u32) -> bool {
        failed <= self.immediate && failed < self.attempts_max
    }

    /// What all delays add up to at their longest.
    pub fn longest(&self) -> Duration {
        let delayed = self.immediate + 1..self.attempts_max;
        let total_ms: u64 = delayed.map(|failed| self.base_ms(failed)).sum();
        Duration::from_millis(total_ms + total_ms * u64::from(self.jitter_percent) / 100)
    }

    /// The rung for the next attempt after `failed` failed ones (1 after the first). The seed decides the jitter.
    /// None when there is no rung: the policy has no further attempts.
    pub fn delay(&self, failed: u32, seed: Seed) -> Option<Duration> {
        let wanted = jittered(self.base_ms(failed), self.jitter_percent, seed);
        self.nearest_rung(Duration::from_millis(wanted))
    }

    /// The rung nearest to a delay, measured by ratio, since rungs grow by a factor.
    pub fn nearest_rung(&self, delay: Duration) -> Option<Duration> {
        self.ladder().into_iter().min_by_key(|rung| {
            let (small, large) = if *rung < delay { (*rung, delay) } else { (delay, *rung) };
            large.as_nanos() * 1_000 / small.as_nanos().max(1)
        })
    }

    fn base_ms(&self, failed: u32) -> u64 {
        let growth = u64::from(self.factor).saturating_pow(failed.saturating_sub(self.immediate + 1));
        self.first_delay_ms.saturating_mul(growth).min(self.delay_max_ms)
    }
}

/// `base` changed by a number between minus and plus `percent` of it.
fn jittered(base: u64, percent: u32, mut seed: Seed) -> u64 {
    let spread = base.saturating_mul(u64::from(percent)) / 100;
    base - spread + seed.below(spread.saturating_mul(2).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ladder_has_one_rung_per_different_delay() {
        let seconds = |policy: RetryPolicy| policy.ladder().iter().map(Duration::as_secs).collect::<Vec<_>>();
        assert_eq!(seconds(RetryPolicy::default()), [1, 4, 16, 64]);
        assert_eq!(seconds(RetryPolicy::try_new(5, 1_000, 10, 20_000, 0).unwrap()), [1, 10, 20]);
        assert_eq!(seconds(RetryPolicy::try_new(4, 2_000, 1, 2_000, 0).unwrap()), [2]);
        assert_eq!(seconds(RetryPolicy::never()), [0_u64; 0]);
    }

    #[test]
    fn immediate_attempts_come_before_the_ladder() {
        let policy = RetryPolicy::default().immediate(2).unwrap();
        assert_eq!([1, 2, 3, 4].map(|failed| policy.is_immediate(failed)), [true, true, false, false]);
        assert_eq!(policy.ladder(), [1, 4].map(Duration::from_secs));
        assert_eq!(policy.longest(), Duration::from_millis(7_500));
        assert_eq!(RetryPolicy::default().immediate(5), Err(InvalidRetry::Immediate(5)));
        let only = RetryPolicy::default().immediate(4).unwrap();
        assert_eq!((only.ladder(), only.is_immediate(4), only.is_immediate(5)), (Vec::new(), true, false));
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let table = [
            ((0, 1, 2, 10, 0), InvalidRetry::Attempts(0)),
            ((21, 1, 2, 10, 0), InvalidRetry::Attempts(21)),
            ((2, 0, 2, 10, 0), InvalidRetry::Delay),
            ((2, 11, 2, 10, 0), InvalidRetry::Delay),
            ((2, 1, 0, 10, 0), InvalidRetry::Factor(0)),
            ((2, 1, 2, 10, 101), InvalidRetry::Jitter(101)),
        ];
        for ((attempts, first, factor, cap, jitter), expected) in table {
            assert_eq!(RetryPolicy::try_new(attempts, first, factor, cap, jitter), Err(expected));
        }
    }

    proptest! {
        #[test]
        fn every_delay_is_a_rung(
            attempts in 2_u32..=20, first in 1_u64..10_000, factor in 1_u32..=10, extra in 0_u64..100_000, jitter in 0_u32..=100,
            failed in 1_u32..40, seed: u64,
        ) {
            let policy = RetryPolicy::try_new(attempts, first, factor, first + extra, jitter).unwrap();
            let ladder = policy.ladder();
            prop_assert!(ladder.is_sorted_by(|a, b| a < b));
            prop_assert!(ladder.contains(&policy.delay(failed, Seed::new(seed)).unwrap()));
        }

        #[test]
        fn without_jitter_the_delay_is_the_base(failed in 1_u32..5, seed: u64) {
            let policy = RetryPolicy::try_new(5, 1_000, 4, 300_000, 0).unwrap();
            prop_assert_eq!(policy.delay(failed, Seed::new(seed)), policy.ladder().get(failed as usize - 1).copied());
        }
    }

    #[test]
    fn jitter_spreads_a_burst_over_neighbouring_rungs() {
        let policy = RetryPolicy::try_new(5, 1_000, 2, 300_000, 50).unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..1_000 {
            *counts.entry(policy.delay(2, Seed::new(seed)).unwrap().as_secs()).or_insert(0) += 1;
        }
        assert!(counts.len() >= 2 && counts[&2] > 400, "{counts:?}");
    }
}
