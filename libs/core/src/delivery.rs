//! What becomes of a delivery: the one place that decides between acknowledging, trying again and parking.

use std::{fmt, time::Duration};

use crate::{
    breaker::Sign,
    codec::Poison,
    fault::{Fault, FaultClass},
    retry::{DELAY_LIMIT_MS, RetryPolicy},
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
    /// Try again at once.
    RetryNow,
    /// Try again after this delay, which is the policy's or the one that the handler asked for, up to a day: of a loose subscription,
    /// put a copy into the wait queue whose delay is nearest, then acknowledge it; of a strict one, keep it and let the later ones of
    /// its key wait.
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
    /// An earlier event of its key is parked, and the subscription keeps the order.
    Held {
        /// The id of the oldest parked event of the key.
        behind: String,
    },
}

impl ParkReason {
    /// The reason as it stands in headers and metrics: few different values.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exhausted(_) => "exhausted",
            Self::Permanent(_) => "permanent",
            Self::Poison(_) => "poison",
            Self::Held { .. } => "held",
        }
    }
}

impl Outcome {
    /// What the outcome says about the handler's surroundings: see [`Breaker`](crate::breaker::Breaker).
    pub fn sign(&self) -> Sign {
        match self {
            Self::Handled => Sign::Good,
            Self::Failed(fault) if fault.class() == FaultClass::Permanent => Sign::None,
            Self::Failed(_) | Self::Panicked | Self::TimedOut => Sign::Bad,
            Self::Unreadable(_) => Sign::None,
        }
    }

    /// The fault that is kept with the event.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Failed(fault) => fault.clone(),
            Self::Panicked => Fault::transient("the handler panicked"),
            Self::TimedOut => Fault::transient("the handler did not come back in time"),
            Self::Unreadable(poison) => Fault::permanent(poison),
            Self::Handled => Fault::permanent("none"),
        }
    }
}

impl fmt::Display for ParkReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted(fault) | Self::Permanent(fault) => fault.fmt(f),
            Self::Poison(poison) => poison.fmt(f),
            Self::Held { behind } => write!(f, "the event {behind} of the same key is parked before it"),
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
        failed => failed.fault(),
    };
    if fault.class() == FaultClass::Permanent {
        return Disposition::Park(ParkReason::Permanent(fault));
    }
    if attempt >= policy.attempts_max() {
        return Disposition::Park(ParkReason::Exhausted(fault));
    }
    if fault.delay().is_none() && policy.is_immediate(attempt) {
        return Disposition::RetryNow;
    }
    match (policy.delay(attempt.max(1), seed), fault.delay()) {
        // A policy whose further attempts are all immediate has no delays to give.
        (None, _) => Disposition::RetryNow,
        (Some(_), Some(asked)) => Disposition::RetryAfter(asked.min(Duration::from_millis(DELAY_LIMIT_MS))),
        (Some(rung), None) => Disposition::RetryAfter(rung),
    }
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
            (Outcome::Failed(asked.clone()), 1, retry(9)),
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

    #[test]
    fn immediate_attempts_come_first_and_a_handler_that_asks_for_a_delay_gets_it() {
        let policy = RetryPolicy::try_new(4, 1_000, 10, 60_000, 0).unwrap().immediate(1).unwrap();
        let down = || Outcome::Failed(Fault::transient("down"));
        let busy = || Outcome::Failed(Fault::retry_after(seconds(9), "busy"));
        let table = [
            (down(), 1, Disposition::RetryNow),
            (down(), 2, Disposition::RetryAfter(seconds(1))),
            (down(), 3, Disposition::RetryAfter(seconds(10))),
            (busy(), 1, Disposition::RetryAfter(seconds(9))),
        ];
        for (outcome, attempt, expected) in table {
            assert_eq!(decide(outcome, attempt, &policy, Seed::new(1)), expected, "attempt {attempt}");
        }
        let only_now = RetryPolicy::never();
        assert!(matches!(decide(down(), 1, &only_now, Seed::new(1)), Disposition::Park(ParkReason::Exhausted(_))));
        let no_ladder = RetryPolicy::default().immediate(4).unwrap();
        assert_eq!(decide(busy(), 1, &no_ladder, Seed::new(1)), Disposition::RetryNow, "there is no rung to wait on");
    }

    #[test]
    fn only_what_may_be_the_surroundings_is_a_bad_sign() {
        let table = [
            (Outcome::Handled, Sign::Good),
            (Outcome::Failed(Fault::transient("down")), Sign::Bad),
            (Outcome::Failed(Fault::permanent("no")), Sign::None),
            (Outcome::Panicked, Sign::Bad),
            (Outcome::TimedOut, Sign::Bad),
            (Outcome::Unreadable(Poison::WrongTenant), Sign::None),
        ];
        for (outcome, expected) in table {
            assert_eq!(outcome.sign(), expected, "{outcome:?}");
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
