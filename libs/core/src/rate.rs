//! How many per second: measured over the last few seconds, and limited.

use std::time::Duration;

/// How many whole seconds the rate looks back.
pub const WINDOW_S: u64 = 10;

const SLOTS: usize = 10;

/// Counts per second in a ring: bounded, and exact to a second.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateWindow {
    counts: [u64; SLOTS],
    newest_s: u64,
}

impl RateWindow {
    /// Counts one at `now`, the time since any fixed point. Time that goes backwards counts into the newest second.
    pub fn count(&mut self, now: Duration) {
        self.advance(now.as_secs());
        if let Some(slot) = self.slot(self.newest_s) {
            *slot += 1;
        }
    }

    /// The mean number per second over the window that ends at `now`.
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown to people")]
    pub fn per_second(&mut self, now: Duration) -> f64 {
        self.advance(now.as_secs());
        self.counts.iter().sum::<u64>() as f64 / WINDOW_S as f64
    }

    fn advance(&mut self, now_s: u64) {
        let passed = now_s.saturating_sub(self.newest_s).min(WINDOW_S);
        for second in 0..passed {
            if let Some(slot) = self.slot(now_s - second) {
                *slot = 0;
            }
        }
        self.newest_s = self.newest_s.max(now_s);
    }

    fn slot(&mut self, second: u64) -> Option<&mut u64> {
        self.counts.get_mut(usize::try_from(second % WINDOW_S).unwrap_or_default())
    }
}

/// How many events may be handled in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct RateLimit {
    per_second: u32,
    burst: u32,
}

/// A limit that would let nothing through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate limit needs at least 1 event per second and a burst of at least 1")]
pub struct InvalidRateLimit;

impl RateLimit {
    /// At most `per_second` in the long run, and at most `burst` at once after a quiet time.
    pub fn try_new(per_second: u32, burst: u32) -> Result<Self, InvalidRateLimit> {
        if per_second == 0 || burst == 0 { Err(InvalidRateLimit) } else { Ok(Self { per_second, burst }) }
    }
}

/// A token bucket: it holds `burst` tokens, gets `per_second` of them every second, and each event takes one.
///
/// It counts in nanoseconds of refill instead of fractions of tokens, so nothing is lost to rounding.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    token: Duration,
    room: Duration,
    /// When the bucket would be full if nothing was taken any more.
    full_at: Duration,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(limit: RateLimit) -> Self {
        let token = Duration::from_secs(1) / limit.per_second;
        Self { token, room: token * limit.burst, full_at: Duration::ZERO }
    }

    /// Takes a token at `now`, the time since any fixed point. Without one, the answer is when there will be one.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let full_at = self.full_at.max(now) + self.token;
        let earliest = full_at.saturating_sub(self.room);
        if earliest > now {
            return Err(earliest);
        }
        self.full_at = full_at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = TokenBucket::new(RateLimit::try_new(4, 2).unwrap());
        let ms = Duration::from_millis;
        assert_eq!([0, 0].map(|at| bucket.take(ms(at))), [Ok(()), Ok(())]);
        assert_eq!(bucket.take(ms(0)), Err(ms(250)));
        assert_eq!(bucket.take(ms(249)), Err(ms(250)));
        assert_eq!(bucket.take(ms(250)), Ok(()));
        assert_eq!(bucket.take(ms(250)), Err(ms(500)));
        assert_eq!([9_000, 9_000].map(|at| bucket.take(ms(at))), [Ok(()), Ok(())], "a quiet time fills it");
        assert_eq!(bucket.take(ms(9_000)), Err(ms(9_250)), "but not beyond the burst");
        assert_eq!(RateLimit::try_new(0, 1), Err(InvalidRateLimit));
    }

    proptest::proptest! {
        #[test]
        fn no_second_sees_more_than_rate_and_burst(
            per_second in 1_u32..50, burst in 1_u32..20, steps in proptest::collection::vec(0_u64..400, 1..200),
        ) {
            let mut bucket = TokenBucket::new(RateLimit::try_new(per_second, burst).unwrap());
            let (mut now, mut taken) = (Duration::ZERO, Vec::new());
            for step in steps {
                now += Duration::from_millis(step);
                if bucket.take(now).is_ok() {
                    taken.push(now);
                }
            }
            for start in &taken {
                let second = taken.iter().filter(|at| **at >= *start && **at < *start + Duration::from_secs(1)).count();
                proptest::prop_assert!(second <= (per_second + burst) as usize);
            }
        }
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let at = Duration::from_secs;
        let mut window = RateWindow::default();
        for second in [0, 0, 3, 5] {
            window.count(at(second));
        }
        for (now, expected) in [(5, 0.4), (9, 0.4), (10, 0.2), (13, 0.1), (14, 0.1), (15, 0.0), (1_000, 0.0)] {
            assert!((window.per_second(at(now)) - expected).abs() < 1e-9, "at {now}: {}", window.per_second(at(now)));
        }
    }
}
