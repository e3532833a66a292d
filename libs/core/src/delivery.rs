//! What becomes of a delivery: the one place that decides between acknowledging, trying again and parking.

use std::{fmt, time::Duration};

use crate::{
    codec::Poison,
    fault::{Fault, FaultClass},
    retry::RetryPolicy,
    seed::Seed,
};

/// How handling a delivery ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The handler returned Ok.
    Handled,
    /// The handler returned a fault.
    Failed(Fault),
    /// The handler panicked.
    Panicked,
    /// The handler did not come back in time.
    TimedOut,
    /// The delivery never reached a handler: it could not be read or may not be read here.
    Unreadable(Poison),
}

/// What to do with the delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Disposition {
    /// Done: acknowledge it.
    Ack,
    /// Put a copy into the wait queue of this delay, then acknowledge it.
    RetryAfter(Duration),
    /// Put a copy into the parked queue with its cause, then acknowledge it.
    Park(ParkReason),
}

/// Why a delivery is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkReason {
    /// Every attempt failed.
    Exhausted(Fault),
    /// The handler said that trying again cannot help.
    Permanent(Fault),
    /// It cannot be read, or may not be read here.
    Poison(Poison),
}

impl ParkReason {
    /// The reason as it stands in headers and metrics: few different values.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exhausted(_) => "exhausted",
            Self::Permanent(_) => "permanent",
            Self::Poison(_) => "poison",
        }
    }
}

impl fmt::Display for ParkReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted(fault) | Self::Permanent(fault) => fault.fmt(f),
            Self::Poison(poison) => poison.fmt(f),
        }
    }
}

/// Decides what becomes of a delivery after its `attempt`-th attempt (counted from 1). The seed decides the jitter of a retry.
///
/// ```
/// use fabric_core::{Fault, delivery::{Disposition, Outcome, decide}, retry::RetryPolicy, seed::Seed};
/// let policy = RetryPolicy::default();
/// assert_eq!(decide(Outcome::Handled, 1, &policy, Seed::new(0)), Disposition::Ack);
/// let failed = Outcome::Failed(Fault::transient("no connection"));
/// assert!(matches!(decide(failed.clone(), 1, &policy, Seed::new(0)), Disposition::RetryAfter(_)));
/// assert!(matches!(decide(failed, 5, &policy, Seed::new(0)), Disposition::Park(_)));
/// ```
pub fn decide(outcome: Outcome, attempt: u32, policy: &RetryPolicy, seed: Seed) -> Disposition {
    let fault = match outcome {
        Outcome::Handled => return Disposition::Ack,
        Outcome::Unreadable(poison) => return Disposition::Park(ParkReason::Poison(poison)),
        Outcome::Failed(fault) => fault,
        Outcome::Panicked => Fault::transient("the handler panicked"),
        Outcome::TimedOut => Fault::transient("the handler did not come back in time"),
    };
    if fault.class() == FaultClass::Permanent {
        return Disposition::Park(ParkReason::Permanent(fault));
    }
    if attempt >= policy.attempts_max() {
        return Disposition::Park(ParkReason::Exhausted(fault));
    }
    let delay = match fault.delay() {
        Some(asked) => policy.nearest_rung(asked),
        None => policy.delay(attempt.max(1), seed),
    };
    delay.map_or(Disposition::Park(ParkReason::Exhausted(fault)), Disposition::RetryAfter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn outcomes_and_attempts_decide() {
        let policy = RetryPolicy::try_new(3, 1_000, 10, 60_000, 0).unwrap();
        let transient = Fault::transient("down");
        let permanent = Fault::permanent("no such class");
        let asked = Fault::retry_after(seconds(9), "busy");
        let poison = Poison::BodyTooLarge { bytes: 1 };
        let retry = |s| Disposition::RetryAfter(seconds(s));
        let table = [
            (Outcome::Handled, 1, Disposition::Ack),
            (Outcome::Handled, 99, Disposition::Ack),
            (Outcome::Failed(transient.clone()), 1, retry(1)),
            (Outcome::Failed(transient.clone()), 2, retry(10)),
            (Outcome::Failed(transient.clone()), 3, Disposition::Park(ParkReason::Exhausted(transient))),
            (Outcome::Failed(permanent.clone()), 1, Disposition::Park(ParkReason::Permanent(permanent))),
            (Outcome::Failed(asked.clone()), 1, retry(10)),
            (Outcome::Failed(asked.clone()), 3, Disposition::Park(ParkReason::Exhausted(asked))),
            (Outcome::Panicked, 1, retry(1)),
            (Outcome::TimedOut, 2, retry(10)),
            (Outcome::Unreadable(poison.clone()), 1, Disposition::Park(ParkReason::Poison(poison))),
        ];
        for (outcome, attempt, expected) in table {
            assert_eq!(
                decide(outcome.clone(), attempt, &policy, Seed::new(1)),
                expected,
                "{outcome:?}, attempt {attempt}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_failing_event_is_parked_after_exactly_the_attempts_of_its_policy(attempts in 1_u32..=20, seed: u64) {
            let policy = RetryPolicy::try_new(attempts, 10, 2, 1_000, 50).unwrap();
            let fault = Outcome::Failed(Fault::transient("x"));
            for attempt in 1..attempts {
                let decided = decide(fault.clone(), attempt, &policy, Seed::new(seed));
                prop_assert!(matches!(decided, Disposition::RetryAfter(_)), "attempt {}: {:?}", attempt, decided);
            }
            prop_assert!(matches!(decide(fault, attempts, &policy, Seed::new(seed)), Disposition::Park(ParkReason::Exhausted(_))));
        }
    }
}
