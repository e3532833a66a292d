//! Any history that a correct fabric can bring about is clean, and one thing tampered with is found.

use std::collections::{BTreeSet, VecDeque};

use fabric_testkit::history::{Entry, Fact, Order, Phase};
use proptest::prelude::*;
use proptest::sample::{Index, Selector};

use super::story::{LOOSE, ORDERED, Story, TOPIC};

const KEYS: [&str; 3] = ["a", "b", "c"];

/// A queue of one subscription and key, and the handling of its head.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<(String, u64, bool)>,
    under_way: Option<(u64, Fact)>,
}

/// A correct fabric that lives through whatever it is told.
struct Model {
    story: Story,
    published: [u64; KEYS.len()],
    queues: [[Queue; KEYS.len()]; 2],
    in_effect: BTreeSet<String>,
    fault: Option<(u64, Fact)>,
}

/// One thing that happens, as numbers that mean something only where they are used.
type Step = (u8, Index, u8);

impl Model {
    fn live(steps: &[Step]) -> Story {
        let mut model = Self {
            story: Story::new(Order::PerKey),
            published: [0; KEYS.len()],
            queues: Default::default(),
            in_effect: BTreeSet::new(),
            fault: None,
        };
        for (what, place, how) in steps {
            let key = place.index(KEYS.len());
            match what % 8 {
                0..=2 => model.publish(key, *how),
                3 => model.break_or_heal(),
                _ => model.handle(usize::from(what % 2), key, *how),
            }
        }
        model.come_to_rest();
        model.story
    }

    fn publish(&mut self, key: usize, how: u8) {
        self.published[key] += 1;
        let (seq, name) = (self.published[key], KEYS[key]);
        let event = format!("{name}{seq}");
        let poison = how % 7 == 6;
        let fact = Fact::Publish { topic: TOPIC.into(), event: event.clone(), key: name.into(), seq, poison };
        let outcomes: &[(Phase, bool)] = match how % 7 {
            0 => &[(Phase::Fail, false)],
            1 => &[(Phase::Unknown, false)],
            2 => &[(Phase::Unknown, true)],
            3 => &[(Phase::Unknown, true), (Phase::Ok, true)],
            4 => &[(Phase::Unknown, false), (Phase::Ok, true)],
            _ => &[(Phase::Ok, true)],
        };
        for (phase, delivered) in outcomes {
            let act = self.story.begin(fact.clone());
            if *delivered {
                self.queues.iter_mut().for_each(|queues| queues[key].waiting.push_back((event.clone(), seq, poison)));
            }
            self.story.end(act, *phase);
        }
    }

    fn handle(&mut self, of: usize, key: usize, how: u8) {
        let subscription = [ORDERED, LOOSE][of];
        let queue = &mut self.queues[of][key];
        let Some((event, seq, poison)) = queue.waiting.front().cloned() else { return };
        let Some(act) = queue.under_way.take() else {
            queue.under_way = Some(self.story.begin(Fact::handle(subscription, &event, KEYS[key], seq, 1)));
            return;
        };
        match how % 5 {
            0 => {} // killed: it stays in the queue
            1 if !poison => self.story.end(act, Phase::Fail),
            _ if poison => {
                self.story.end(act, Phase::Fail);
                self.story.park(subscription, &event);
                queue.waiting.pop_front();
            }
            _ => {
                if subscription == ORDERED && self.in_effect.insert(event.clone()) {
                    self.story.done(Fact::effect(ORDERED, &event));
                }
                self.story.end(act, Phase::Ok);
                if how != 2 {
                    queue.waiting.pop_front(); // or the ack is lost, and it comes again
                }
            }
        }
    }

    fn break_or_heal(&mut self) {
        match self.fault.take() {
            Some(act) => self.story.end(act, Phase::Ok),
            None => self.fault = Some(self.story.begin(Fact::fault("broker killed"))),
        }
    }

    /// Everything is healed, each key gets two more events and a poison, and all queues run empty.
    fn come_to_rest(&mut self) {
        if self.fault.is_some() {
            self.break_or_heal();
        }
        for key in 0..KEYS.len() {
            for how in [5, 6, 5] {
                self.publish(key, how);
            }
            for of in 0..self.queues.len() {
                while !self.queues[of][key].waiting.is_empty() {
                    self.handle(of, key, 3);
                }
            }
        }
    }
}

fn stories() -> impl Strategy<Value = Story> {
    prop::collection::vec(any::<Step>(), 0..120).prop_map(|steps| Model::live(&steps))
}

/// What a subscription handled with success, as subscription, event and key.
fn handled(story: &Story) -> BTreeSet<(String, String, String)> {
    let name = |entry: &Entry| match &entry.fact {
        Fact::Handle { subscription, event, key, .. } if entry.phase == Phase::Ok => {
            Some((subscription.clone(), event.clone(), key.clone()))
        }
        _ => None,
    };
    story.entries.iter().filter_map(name).collect()
}

fn acknowledged(story: &Story) -> BTreeSet<String> {
    let name = |entry: &Entry| match &entry.fact {
        Fact::Publish { event, .. } if entry.phase == Phase::Ok => Some(event.clone()),
        _ => None,
    };
    story.entries.iter().filter_map(name).collect()
}

/// Makes the handlings of one event those of the other, and the other way round.
fn swap(story: &mut Story, whose: &str, one: &(String, u64), other: &(String, u64)) {
    for entry in &mut story.entries {
        if let Fact::Handle { subscription, event, seq, .. } = &mut entry.fact
            && subscription == whose
        {
            let swapped = [(one, other), (other, one)].into_iter().find(|(from, _)| from.0 == *event);
            if let Some((_, to)) = swapped {
                (*event, *seq) = to.clone();
            }
        }
    }
}

/// The number at the end of the names that the model gives.
fn seq(event: &str) -> u64 {
    event[1..].parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_correct_history_is_clean(story in stories()) {
        let verdict = story.check();
        prop_assert!(verdict.is_clean(), "{verdict}");
        prop_assert_eq!(verdict.counts.acknowledged + verdict.counts.unknown + verdict.counts.failed, verdict.counts.attempted);
        prop_assert!(verdict.counts.parked >= verdict.counts.poison_sent);
    }

    #[test]
    fn a_dropped_handling_is_found(mut story in stories(), which: Selector) {
        let acknowledged = acknowledged(&story);
        let candidates = handled(&story).into_iter().filter(|(_, event, _)| acknowledged.contains(event));
        let (whose, which, _) = which.select(candidates);
        story.forget(|entry| entry.phase == Phase::Ok && super::story::is_handling(entry, &whose, &which));
        prop_assert_eq!(story.check().counts.lost, 1);
    }

    #[test]
    fn a_dropped_poison_is_found(mut story in stories(), which: Selector) {
        let acknowledged = acknowledged(&story);
        let parked = story.parked.clone();
        let (whose, which) = which.select(parked.iter().filter(|(_, event)| acknowledged.contains(*event)));
        prop_assert!(story.parked.remove(whose, which));
        prop_assert_eq!(story.check().counts.lost, 1);
    }

    #[test]
    fn two_swapped_of_a_key_are_found(mut story in stories(), which: Selector, other: Selector) {
        let acknowledged = acknowledged(&story);
        let ordered = |(whose, event, _): &(String, String, String)| whose == ORDERED && acknowledged.contains(event);
        let candidates: Vec<_> = handled(&story).into_iter().filter(ordered).collect();
        let (_, one, key) = which.select(&candidates);
        let of_key = candidates.iter().filter(|(_, event, of)| of == key && event != one);
        let (_, other, _) = other.select(of_key);
        swap(&mut story, ORDERED, &(one.clone(), seq(one)), &(other.clone(), seq(other)));
        prop_assert!(story.check().counts.reordered > 0);
    }

    #[test]
    fn a_repeated_effect_is_found(mut story in stories(), which: Selector) {
        let effects = story.entries.iter().filter(|entry| matches!(entry.fact, Fact::Effect { .. }));
        let again = which.select(effects).fact.clone();
        story.done(again);
        prop_assert_eq!(story.check().counts.duplicate_effects, Some(1));
    }

    #[test]
    fn an_invented_event_is_found(mut story in stories(), which: Index, loose: bool) {
        let line = which.index(story.entries.len() + 1);
        let at_us = story.entries.get(line).map_or(story.now_us, |entry| entry.at_us);
        let fact = Fact::handle(if loose { LOOSE } else { ORDERED }, "x1", "a", 1, 1);
        let invented = Entry { at_us, process: "ghost".into(), pid: 2, act: 1, phase: Phase::Ok, fact };
        story.entries.insert(line, invented);
        let verdict = story.check();
        prop_assert_eq!(verdict.counts.unexpected, 1);
        prop_assert!(!verdict.is_clean());
    }
}
