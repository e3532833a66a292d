//! How many per second, over the last few seconds.

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

#[cfg(test)]
mod tests {
    use super::*;

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
