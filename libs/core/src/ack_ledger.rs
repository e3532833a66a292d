//! Which delivery tags to acknowledge together.
//!
//! Acknowledging one by one costs more than everything else a consumer does. A broker can be told "all up to this tag", so the
//! ledger keeps which deliveries are finished and acknowledges the longest finished prefix at once: on a count, or a few
//! milliseconds after the first one. One that lags behind does not hold the others back: when the deadline comes, what is
//! finished behind it is acknowledged tag by tag.

use std::{collections::BTreeMap, time::Duration};

/// A delivery's number on the channel that it came on. It means nothing on another channel.
pub type Tag = u64;

/// What to tell the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// `basic.ack` of this tag, and with `multiple` of all unsettled ones before it.
    Ack {
        /// The tag.
        tag: Tag,
        /// Whether all before it are meant too.
        multiple: bool,
    },
    /// `basic.reject` with requeue of this one tag. Never `nack(multiple)`: it is not counted as a delivery attempt everywhere.
    GiveBack {
        /// The tag.
        tag: Tag,
    },
}

/// When to acknowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AckPolicy {
    /// After this many finished deliveries.
    pub count_max: usize,
    /// Or this long after the first finished one.
    pub delay_max: Duration,
}

impl Default for AckPolicy {
    /// 16 deliveries or 5 milliseconds: measured as past the knee of the curve on two cores.
    fn default() -> Self {
        Self { count_max: 16, delay_max: Duration::from_millis(5) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Finished,
}

/// The unsettled deliveries of one channel.
///
/// How to drive it, with `now` as the time since any fixed point:
/// 1. [`delivered`](Self::delivered) with each tag that comes in;
/// 2. [`finished`](Self::finished) or [`given_back`](Self::given_back) with each tag that is done with;
/// 3. send what these return, and what [`due`](Self::due) returns when [`deadline`](Self::deadline) has come;
/// 4. [`flush`](Self::flush) before the channel is closed. A new channel needs a new ledger.
#[derive(Debug)]
pub struct AckLedger {
    policy: AckPolicy,
    tags: BTreeMap<Tag, State>,
    finished: usize,
    oldest_finished: Option<Duration>,
}

impl AckLedger {
    /// A ledger for a new channel.
    pub fn new(policy: AckPolicy) -> Self {
        Self { policy, tags: BTreeMap::new(), finished: 0, oldest_finished: None }
    }

    /// Notes a delivery.
    pub fn delivered(&mut self, tag: Tag) {
        self.tags.insert(tag, State::Open);
    }

    /// Notes that a delivery is handled. A tag that the ledger does not know is ignored: it was settled before.
    pub fn finished(&mut self, tag: Tag, now: Duration) -> Vec<Settlement> {
        match self.tags.get_mut(&tag) {
            Some(state @ State::Open) => *state = State::Finished,
            _ => return Vec::new(),
        }
        self.finished += 1;
        self.oldest_finished.get_or_insert(now);
        if self.finished >= self.policy.count_max { self.acknowledge_prefix() } else { Vec::new() }
    }

    /// Notes that a delivery goes back to its queue. Goes out at once: another consumer may be waiting for it.
    pub fn given_back(&mut self, tag: Tag) -> Option<Settlement> {
        match self.tags.remove(&tag) {
            Some(State::Open) => Some(Settlement::GiveBack { tag }),
            Some(State::Finished) => {
                self.tags.insert(tag, State::Finished);
                None
            }
            None => None,
        }
    }

    /// When [`due`](Self::due) has something to say next.
    pub fn deadline(&self) -> Option<Duration> {
        self.oldest_finished.map(|since| since + self.policy.delay_max)
    }

    /// What to acknowledge now that time has passed.
    pub fn due(&mut self, now: Duration) -> Vec<Settlement> {
        if self.deadline().is_some_and(|deadline| deadline <= now) { self.flush() } else { Vec::new() }
    }

    /// Acknowledges everything that is finished.
    pub fn flush(&mut self) -> Vec<Settlement> {
        let mut settlements = self.acknowledge_prefix();
        self.tags.retain(|tag, state| {
            if *state == State::Finished {
                settlements.push(Settlement::Ack { tag: *tag, multiple: false });
            }
            *state == State::Open
        });
        self.finished = 0;
        self.oldest_finished = None;
        settlements
    }

    /// How many deliveries are not settled yet.
    pub fn unsettled(&self) -> usize {
        self.tags.len()
    }

    fn acknowledge_prefix(&mut self) -> Vec<Settlement> {
        let mut last = None;
        let mut count = 0;
        while let Some(entry) = self.tags.first_entry() {
            if *entry.get() == State::Open {
                break;
            }
            last = Some(*entry.key());
            count += 1;
            entry.remove();
        }
        self.finished -= count;
        if self.finished == 0 {
            self.oldest_finished = None;
        }
        last.map(|tag| Settlement::Ack { tag, multiple: count > 1 }).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn ledger(count_max: usize, tags: std::ops::RangeInclusive<Tag>) -> AckLedger {
        let mut ledger = AckLedger::new(AckPolicy { count_max, delay_max: ms(5) });
        tags.for_each(|tag| ledger.delivered(tag));
        ledger
    }

    #[test]
    fn a_full_count_acknowledges_the_finished_prefix_at_once() {
        let mut ledger = ledger(3, 1..=5);
        assert_eq!(ledger.finished(2, ms(0)), []);
        assert_eq!(ledger.finished(1, ms(1)), []);
        assert_eq!(ledger.finished(3, ms(2)), [Settlement::Ack { tag: 3, multiple: true }]);
        assert_eq!((ledger.unsettled(), ledger.deadline()), (2, None));
    }

    #[test]
    fn one_that_lags_does_not_hold_the_others_back() {
        let mut ledger = ledger(16, 1..=3);
        ledger.finished(2, ms(0));
        ledger.finished(3, ms(1));
        assert_eq!(ledger.due(ms(4)), []);
        assert_eq!(
            ledger.due(ms(5)),
            [Settlement::Ack { tag: 2, multiple: false }, Settlement::Ack { tag: 3, multiple: false }]
        );
        assert_eq!((ledger.unsettled(), ledger.deadline()), (1, None));
    }

    #[test]
    fn what_goes_back_is_rejected_alone_and_only_once() {
        let mut ledger = ledger(16, 1..=2);
        ledger.finished(1, ms(0));
        assert_eq!(ledger.given_back(1), None);
        assert_eq!(ledger.given_back(2), Some(Settlement::GiveBack { tag: 2 }));
        assert_eq!(ledger.given_back(2), None);
        assert_eq!(ledger.flush(), [Settlement::Ack { tag: 1, multiple: false }]);
    }

    proptest! {
        /// Against a model of the broker: a `multiple` settles every unsettled tag up to its own.
        #[test]
        fn nothing_is_acknowledged_before_it_is_finished_and_nothing_twice(
            steps in proptest::collection::vec((0_u8..4, 0_u64..40, 0_u64..4), 1..200), count_max in 1_usize..8,
        ) {
            let mut ledger = AckLedger::new(AckPolicy { count_max, delay_max: ms(5) });
            let (mut next_tag, mut now) = (1, ms(0));
            let (mut at_broker, mut finished) = (BTreeSet::new(), BTreeSet::new());
            for (action, pick, pause) in steps {
                now += ms(pause);
                let mut settlements = match action {
                    0 | 1 => {
                        ledger.delivered(next_tag);
                        at_broker.insert(next_tag);
                        next_tag += 1;
                        Vec::new()
                    }
                    2 => {
                        let tag = pick % next_tag;
                        if at_broker.contains(&tag) { finished.insert(tag); }
                        ledger.finished(tag, now)
                    }
                    _ => ledger.given_back(pick % next_tag).into_iter().collect(),
                };
                settlements.extend(ledger.due(now));
                for settlement in settlements {
                    match settlement {
                        Settlement::Ack { tag, multiple } => {
                            let settled: Vec<Tag> = at_broker.iter().copied().filter(|t| *t == tag || (multiple && *t < tag)).collect();
                            prop_assert!(settled.contains(&tag), "ack of a tag that the broker does not have");
                            for tag in settled {
                                prop_assert!(finished.contains(&tag), "{} was not finished", tag);
                                at_broker.remove(&tag);
                            }
                        }
                        Settlement::GiveBack { tag } => {
                            prop_assert!(!finished.contains(&tag) && at_broker.remove(&tag));
                        }
                    }
                }
            }
            for settlement in ledger.flush() {
                if let Settlement::Ack { tag, multiple } = settlement {
                    at_broker.retain(|t| !(*t == tag || (multiple && *t < tag)));
                }
            }
            prop_assert!(at_broker.is_disjoint(&finished), "finished but never acknowledged");
            prop_assert_eq!(at_broker.len(), ledger.unsettled());
        }
    }
}
