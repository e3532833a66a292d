//! The circuit breaker of a subscription: when nearly every attempt fails, whatever the handler needs is away, and going on would
//! only spend the attempts of one event after the other.

use std::{collections::VecDeque, time::Duration};

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct BreakerPolicy {
    window: u32,
    failures_percent: u32,
    open_ms: u64,
    open_max_ms: u64,
}

/// Why numbers do not make a breaker's policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBreaker {
    /// A window that holds nothing, or too much.
    #[error("breaker.window must be 1 to {WINDOW_LIMIT}, not {0}")]
    Window(u32),
    /// A share that is none, or more than all.
    #[error("breaker.failures_percent must be 1 to 100, not {0}")]
    Failures(u32),
    /// A pause of nothing, of more than an hour, or one that would shrink.
    #[error("breaker.open_ms and breaker.open_max_ms must be 1 to {OPEN_LIMIT_MS}, the first not above the second")]
    Open,
}

/// The most attempts that a breaker may look back at.
pub const WINDOW_LIMIT: u32 = 10_000;
/// The longest that a breaker may stay open: an hour.
pub const OPEN_LIMIT_MS: u64 = 60 * 60 * 1_000;

impl Default for BreakerPolicy {
    /// Opens when 90 of the last 100 attempts failed, for 5 seconds, and for up to a minute when the probes fail too.
    fn default() -> Self {
        Self { window: 100, failures_percent: 90, open_ms: 5_000, open_max_ms: 60_000 }
    }
}

impl BreakerPolicy {
    /// Makes a policy: the breaker opens when `failures_percent` of the last `window` attempts failed, stays open for `open_ms`,
    /// and twice as long after each probe that fails, up to `open_max_ms`.
    pub fn try_new(window: u32, failures_percent: u32, open_ms: u64, open_max_ms: u64) -> Result<Self, InvalidBreaker> {
        if !(1..=WINDOW_LIMIT).contains(&window) {
            return Err(InvalidBreaker::Window(window));
        }
        if !(1..=100).contains(&failures_percent) {
            return Err(InvalidBreaker::Failures(failures_percent));
        }
        if open_ms == 0 || open_ms > open_max_ms || open_max_ms > OPEN_LIMIT_MS {
            return Err(InvalidBreaker::Open);
        }
        Ok(Self { window, failures_percent, open_ms, open_max_ms })
    }
}

/// What a breaker lets through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// Everything.
    #[default]
    Closed,
    /// Nothing, until its time is over.
    Open,
    /// One event at a time, to see whether it works again.
    HalfOpen,
}

/// What an attempt says about the handler's surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// They work.
    Good,
    /// They may not: a transient fault, a panic, a handler that did not come back.
    Bad,
    /// Nothing: the event itself was the problem.
    None,
}

/// Why an attempt has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Until then.
    Until(Duration),
    /// Until those that are under way have ended.
    Others,
}

/// A circuit breaker.
///
/// How to drive it, with `now` as the time since any fixed point:
/// 1. before each attempt, ask [`admit`](Self::admit), and wait for what it says;
/// 2. tell [`attempted`](Self::attempted) the sign of every attempt; it gives the new circuit whenever that changes.
#[derive(Debug)]
pub struct Breaker {
    policy: BreakerPolicy,
    state: State,
    /// The last attempts, true for those that failed.
    recent: VecDeque<bool>,
    failed: u32,
    /// How often it has opened without closing in between.
    openings: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    /// Open until then, and half open from then on.
    OpenUntil(Duration),
}

impl Breaker {
    /// A closed breaker.
    pub fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: State::Closed, recent: VecDeque::new(), failed: 0, openings: 0 }
    }

    /// What is let through now.
    pub fn circuit(&self, now: Duration) -> Circuit {
        match self.state {
            State::Closed => Circuit::Closed,
            State::OpenUntil(until) if now < until => Circuit::Open,
            State::OpenUntil(_) => Circuit::HalfOpen,
        }
    }

    /// Whether an attempt may begin while so many are under way. One alone shows whether it works again.
    pub fn admit(&self, under_way: usize, now: Duration) -> Result<(), Wait> {
        match self.state {
            State::OpenUntil(until) if now < until => Err(Wait::Until(until)),
            State::OpenUntil(_) if under_way > 0 => Err(Wait::Others),
            State::OpenUntil(_) | State::Closed => Ok(()),
        }
    }

    /// Notes an attempt, and gives the new circuit if it changed. An attempt that began before the breaker opened and ends while it is
    /// open changes nothing.
    pub fn attempted(&mut self, sign: Sign, now: Duration) -> Option<Circuit> {
        match (self.circuit(now), sign) {
            (_, Sign::None) | (Circuit::Open, _) => None,
            (Circuit::Closed, sign) => {
                self.remember(sign == Sign::Bad);
                self.is_over_the_limit().then(|| self.open(now))
            }
            (Circuit::HalfOpen, Sign::Bad) => Some(self.open(now)),
            (Circuit::HalfOpen, Sign::Good) => {
                *self = Self::new(self.policy);
                Some(Circuit::Closed)
            }
        }
    }

    fn remember(&mut self, failed: bool) {
        if self.recent.len() >= self.policy.window as usize && self.recent.pop_front() == Some(true) {
            self.failed -= 1;
        }
        self.recent.push_back(failed);
        self.failed += u32::from(failed);
    }

    /// A few attempts prove nothing: the window has to be full.
    fn is_over_the_limit(&self) -> bool {
        self.recent.len() >= self.policy.window as usize
            && u64::from(self.failed) * 100 >= u64::from(self.policy.window) * u64::from(self.policy.failures_percent)
    }

    fn open(&mut self, now: Duration) -> Circuit {
        let open_ms = self.policy.open_ms.saturating_mul(1 << self.openings.min(20)).min(self.policy.open_max_ms);
        self.openings = self.openings.saturating_add(1);
        self.state = State::OpenUntil(now + Duration::from_millis(open_ms));
        self.recent.clear();
        self.failed = 0;
        Circuit::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn breaker() -> Breaker {
        Breaker::new(BreakerPolicy::try_new(4, 75, 100, 300).unwrap())
    }

    #[test]
    fn it_opens_when_the_window_is_full_of_failures() {
        use Sign::{Bad, Good, None as Neither};
        let table: &[(&[Sign], Circuit)] = &[
            (&[Bad, Bad, Bad], Circuit::Closed),
            (&[Bad, Bad, Bad, Bad], Circuit::Open),
            (&[Good, Bad, Bad, Bad], Circuit::Open),
            (&[Good, Good, Bad, Bad], Circuit::Closed),
            (&[Good, Good, Bad, Bad, Bad], Circuit::Open),
            (&[Bad, Bad, Good, Good, Bad, Bad], Circuit::Closed),
            (&[Bad, Bad, Bad, Neither, Neither, Neither], Circuit::Closed),
        ];
        for (signs, expected) in table {
            let mut breaker = breaker();
            for sign in *signs {
                breaker.attempted(*sign, ms(0));
            }
            assert_eq!(breaker.circuit(ms(0)), *expected, "{signs:?}");
        }
    }

    #[test]
    fn it_probes_after_its_time_and_waits_longer_after_each_failed_probe() {
        let mut breaker = breaker();
        let mut now = ms(1_000);
        let opened = [Sign::Bad; 4].map(|sign| breaker.attempted(sign, now));
        assert_eq!(opened, [None, None, None, Some(Circuit::Open)]);
        for open_ms in [100, 200, 300, 300] {
            assert_eq!(breaker.admit(0, now), Err(Wait::Until(now + ms(open_ms))));
            assert_eq!(breaker.attempted(Sign::Good, now), None, "a latecomer changes nothing");
            assert_eq!(breaker.circuit(now + ms(open_ms - 1)), Circuit::Open);
            now += ms(open_ms);
            assert_eq!(breaker.circuit(now), Circuit::HalfOpen);
            assert_eq!([0, 1].map(|under_way| breaker.admit(under_way, now)), [Ok(()), Err(Wait::Others)]);
            assert_eq!(breaker.attempted(Sign::None, now), None);
            assert_eq!(breaker.attempted(Sign::Bad, now), Some(Circuit::Open));
        }
        now += ms(300);
        assert_eq!(breaker.attempted(Sign::Good, now), Some(Circuit::Closed));
        assert_eq!(breaker.admit(9, now), Ok(()));
        let again = [Sign::Bad; 4].map(|sign| breaker.attempted(sign, now)).into_iter().flatten().last();
        let next = Err(Wait::Until(now + ms(100)));
        assert_eq!((again, breaker.admit(0, now)), (Some(Circuit::Open), next), "and it starts anew");
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let table = [
            ((0, 50, 1, 1), InvalidBreaker::Window(0)),
            ((1, 0, 1, 1), InvalidBreaker::Failures(0)),
            ((1, 101, 1, 1), InvalidBreaker::Failures(101)),
            ((1, 50, 0, 1), InvalidBreaker::Open),
            ((1, 50, 2, 1), InvalidBreaker::Open),
        ];
        for ((window, failures, open, max), expected) in table {
            assert_eq!(BreakerPolicy::try_new(window, failures, open, max), Err(expected));
        }
    }
}
