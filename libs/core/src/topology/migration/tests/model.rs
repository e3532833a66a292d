//! A broker on which events are published, consumed and moved.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::*, is_wait_queue};
use crate::{
    Pattern, resend,
    topology::{Argument, wanted::dead_letters_of},
};

/// An event by number.
pub(super) type Number = u32;

/// A broker with events on it, and consumers.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) actual: Actual,
    pub(super) ready: BTreeMap<String, Vec<Number>>,
    /// Out with consumers, by queue.
    out: Vec<(String, Number)>,
    pub(super) published: Number,
    pub(super) handled: BTreeSet<Number>,
}

impl Model {
    pub(super) fn new(actual: Actual) -> Self {
        Self { actual, ready: BTreeMap::new(), out: Vec::new(), published: 0, handled: BTreeSet::new() }
    }

    /// The queues that an event gets to.
    fn reached(&self, exchange: &str, key: &str, number: Number) -> BTreeSet<String> {
        let standing = &self.actual.definitions;
        let Some(definition) = standing.exchanges.get(exchange) else { return BTreeSet::new() };
        let slot = Argument::Number(i64::from(number % 64));
        let matches = |binding: &&BindingDefinition| match definition.kind.as_str() {
            "topic" => Pattern::try_new(&binding.key).unwrap().matches(key),
            "headers" => binding.arguments.get(resend::SLOT) == Some(&slot),
            _ => binding.key == key,
        };
        let matching = standing.bindings.iter().filter(|binding| binding.source == exchange).filter(matches);
        matching
            .flat_map(|binding| match &binding.destination {
                Destination::Queue(queue) => BTreeSet::from([queue.clone()]),
                Destination::Exchange(exchange) => self.reached(exchange, key, number),
            })
            .collect()
    }

    fn put(&mut self, queue: &str, number: Number) {
        assert!(self.actual.definitions.queues.contains_key(queue), "{queue} does not stand");
        self.ready.entry(queue.to_owned()).or_default().push(number);
    }

    pub(super) fn publish(&mut self) {
        let number = self.published;
        self.published += 1;
        let queues = self.reached("events.gradebook", "gradebook.grade.posted", number);
        assert!(!queues.is_empty(), "nothing is bound");
        for queue in queues {
            self.put(&queue, number);
        }
    }

    pub(super) fn take(&mut self, index: usize) {
        let work = |name: &&String| {
            let queue = &self.actual.definitions.queues[*name];
            dead_letters_of(queue).is_some() && !is_wait_queue(queue) && !name.ends_with(".standby")
        };
        let full = self.ready.iter().filter(|(_, events)| !events.is_empty()).map(|(name, _)| name);
        let full: Vec<String> = full.filter(work).cloned().collect();
        if !full.is_empty() {
            let queue = full[index % full.len()].clone();
            let number = self.ready.get_mut(&queue).unwrap().remove(0);
            self.out.push((queue, number));
        }
    }

    /// Lets a consumer handle what it has, or try it again later, or lose its connection.
    pub(super) fn settle(&mut self, index: usize, outcome: u8) {
        if self.out.is_empty() {
            return;
        }
        let (queue, number) = self.out.remove(index % self.out.len());
        let copies = self.reached("queues.academic", "academic.audit.retry.1000", number);
        match outcome {
            0 => drop(self.handled.insert(number)),
            1 if !copies.is_empty() => {
                for queue in &copies {
                    self.put(queue, number);
                }
            }
            _ => self.put(&queue, number),
        }
    }

    /// Everybody who has events out ends at some time.
    pub(super) fn give_back(&mut self) {
        while !self.out.is_empty() {
            self.settle(0, 2);
        }
    }

    /// What waits long enough goes back to its queue, if that stands.
    pub(super) fn expire(&mut self) {
        for (name, queue) in self.actual.definitions.queues.clone() {
            let back = dead_letters_of(&queue).filter(|_| is_wait_queue(&queue)).map(str::to_owned);
            if let Some(back) = back.filter(|back| self.actual.definitions.queues.contains_key(back)) {
                for number in self.ready.remove(&name).unwrap_or_default() {
                    self.put(&back, number);
                }
            }
        }
    }

    /// What a reader of the broker sees.
    pub(super) fn seen(&mut self) -> &Actual {
        let out = |queue: &str| self.out.iter().filter(|(from, _)| from == queue).count();
        for queue in self.actual.definitions.queues.keys() {
            let state = self.actual.queues.entry(queue.clone()).or_default();
            state.ready = self.ready.get(queue).map_or(0, Vec::len) as u64;
            state.unacknowledged = out(queue) as u64;
        }
        &self.actual
    }

    /// Moves events, and crashes after `most` of them: the last one is then at both places.
    fn move_events(&mut self, from: &str, to: &Destination, most: usize) {
        let events = self.ready.get(from).cloned().unwrap_or_default();
        for (moved, number) in events.into_iter().enumerate() {
            let queues = match to {
                Destination::Queue(queue) => BTreeSet::from([queue.clone()]),
                Destination::Exchange(exchange) => self.reached(exchange, "gradebook.grade.posted", number),
            };
            assert!(!queues.is_empty(), "{to:?} takes nothing");
            for queue in &queues {
                self.put(queue, number);
            }
            if moved == most {
                return;
            }
            self.ready.get_mut(from).unwrap().remove(0);
        }
    }

    fn carry_out(&mut self, step: &Step, most: usize) {
        let standing = &mut self.actual.definitions;
        match step {
            Step::MakeQueue { name, .. } => assert!(!standing.queues.contains_key(name), "{name} stands already"),
            Step::Bind(binding) => assert!(!standing.bindings.contains(binding), "{binding} stands already"),
            Step::Unbind(binding) => assert!(standing.bindings.contains(binding), "{binding} does not stand"),
            Step::Move { from, to } => self.move_events(from, to, most),
            Step::Delete { name } => {
                let gone = Destination::Queue(name.clone());
                assert!(standing.bindings.iter().all(|binding| binding.destination != gone), "{name} is bound");
                assert!(self.ready.remove(name).unwrap_or_default().is_empty(), "{name} holds events");
                assert!(self.out.iter().all(|(from, _)| from != name), "events of {name} are out");
                assert!(standing.queues.remove(name).is_some(), "{name} does not stand");
                self.actual.queues.remove(name);
            }
            Step::Done => {}
        }
        step.write_down(&mut self.actual.definitions);
    }

    pub(super) fn step(&mut self, wanted: &Definitions, name: &str, most: usize) -> Step {
        let step = next(wanted, self.seen(), name, Reordering::Accepted).unwrap();
        self.carry_out(&step, most);
        step
    }
}
