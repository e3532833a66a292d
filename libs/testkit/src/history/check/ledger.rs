//! The entries of a history put together by act, by event and by delivery.

use std::collections::{BTreeMap, HashMap};

use crate::history::entry::{Entry, Fact, Phase};

/// A subscription and an event id.
pub(super) type Delivery<'a> = (&'a str, &'a str);

/// A beginning and its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Act<'a> {
    pub fact: &'a Fact,
    pub begun_us: u64,
    /// `None` for one of a process that died.
    pub end: Option<(u64, Phase)>,
}

/// Everything that is known of one event's publishing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Published<'a> {
    pub topic: &'a str,
    pub key: &'a str,
    pub seq: u64,
    pub poison: bool,
    pub first_begun_us: u64,
    /// When it was first confirmed.
    pub acknowledged_us: Option<u64>,
    /// Whether some publish of it may have succeeded without a confirm.
    pub uncertain: bool,
    /// Whether the same id was published as something else, too.
    pub contradicted: bool,
}

/// What a subscription's handlers did with one event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Handled {
    pub successes: usize,
    pub first_success_us: Option<u64>,
    pub altered: bool,
}

#[derive(Debug, Default)]
pub(super) struct Ledger<'a> {
    pub acts: Vec<Act<'a>>,
    pub published: BTreeMap<&'a str, Published<'a>>,
    pub handled: BTreeMap<Delivery<'a>, Handled>,
    pub effects: BTreeMap<Delivery<'a>, usize>,
    /// When an event was first recorded as parked.
    pub parked_us: BTreeMap<Delivery<'a>, u64>,
}

impl Act<'_> {
    /// When it ended well.
    pub fn ok_us(&self) -> Option<u64> {
        self.end.and_then(|(at_us, phase)| (phase == Phase::Ok).then_some(at_us))
    }

    fn certainly_failed(&self) -> bool {
        matches!(self.end, Some((_, Phase::Fail)))
    }
}

impl Published<'_> {
    /// Whether a copy of it may have come to the broker.
    pub fn may_exist(&self) -> bool {
        self.acknowledged_us.is_some() || self.uncertain
    }

    /// Whether it was confirmed before the other was published at all. Only then does their order mean anything.
    pub fn precedes(&self, other: &Self) -> bool {
        self.acknowledged_us.is_some_and(|at_us| at_us <= other.first_begun_us)
    }

    fn is_the_same(&self, other: &Self) -> bool {
        (self.topic, self.key, self.seq, self.poison) == (other.topic, other.key, other.seq, other.poison)
    }
}

impl<'a> Ledger<'a> {
    pub fn new(entries: &'a [Entry]) -> Self {
        let mut ledger = Self { acts: pair(entries), ..Self::default() };
        for act in &ledger.acts {
            if let Fact::Publish { topic, event, key, seq, poison } = act.fact {
                let published = Published {
                    topic,
                    key,
                    seq: *seq,
                    poison: *poison,
                    first_begun_us: act.begun_us,
                    acknowledged_us: act.ok_us(),
                    uncertain: act.ok_us().is_none() && !act.certainly_failed(),
                    contradicted: false,
                };
                ledger.published.entry(event).and_modify(|known| merge(known, published)).or_insert(published);
            }
        }
        for act in &ledger.acts {
            match act.fact {
                Fact::Publish { .. } | Fact::Fault { .. } => {}
                Fact::Handle { subscription, event, key, seq, .. } => {
                    let sent = ledger.published.get(event.as_str());
                    let handled = ledger.handled.entry((subscription, event)).or_default();
                    handled.altered |= sent.is_some_and(|sent| (sent.key, sent.seq) != (key, *seq));
                    handled.successes += usize::from(act.ok_us().is_some());
                    handled.first_success_us = earliest(handled.first_success_us, act.ok_us());
                }
                Fact::Effect { subscription, event } => {
                    *ledger.effects.entry((subscription, event)).or_default() += usize::from(act.ok_us().is_some());
                }
                Fact::Park { subscription, event } => {
                    if let Some(at_us) = act.ok_us() {
                        let first = ledger.parked_us.entry((subscription, event)).or_insert(at_us);
                        *first = at_us.min(*first);
                    }
                }
            }
        }
        ledger
    }
}

/// Puts ends to their beginnings, in the order of the beginnings. What was recorded as done has no beginning of its own.
fn pair(entries: &[Entry]) -> Vec<Act<'_>> {
    let mut acts: Vec<Act<'_>> = Vec::new();
    let mut under_way = HashMap::new();
    for entry in entries {
        let identity = (entry.process.as_str(), entry.pid, entry.act);
        let Entry { at_us, phase, fact, .. } = entry;
        if *phase == Phase::Invoke {
            under_way.insert(identity, acts.len());
            acts.push(Act { fact, begun_us: *at_us, end: None });
        } else if let Some(begun) = under_way.remove(&identity) {
            acts[begun].end = Some((*at_us, *phase));
        } else {
            acts.push(Act { fact, begun_us: *at_us, end: Some((*at_us, *phase)) });
        }
    }
    acts
}

fn merge<'a>(known: &mut Published<'a>, again: Published<'a>) {
    known.contradicted |= !known.is_the_same(&again);
    known.first_begun_us = known.first_begun_us.min(again.first_begun_us);
    known.acknowledged_us = earliest(known.acknowledged_us, again.acknowledged_us);
    known.uncertain |= again.uncertain;
}

fn earliest(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    left.into_iter().chain(right).min()
}
