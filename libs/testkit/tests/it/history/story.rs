//! Histories made up for the checker.

use fabric_testkit::history::{Entry, Expected, Fact, Order, Parked, Phase, Verdict, check};

pub const TOPIC: &str = "academic.grade.posted";
/// Ordered, and it records its effects.
pub const ORDERED: &str = "academic.transcript";
/// Neither.
pub const LOOSE: &str = "social.feed";

/// A history that is being told; the clock moves a millisecond with every line.
#[derive(Clone, Debug)]
pub struct Story {
    pub now_us: u64,
    acts: u64,
    pub entries: Vec<Entry>,
    pub expected: Expected,
    pub parked: Parked,
}

impl Story {
    pub fn new(order: Order) -> Self {
        let expected = Expected::default().route(TOPIC, [ORDERED, LOOSE]).order(ORDERED, order);
        Self { now_us: 0, acts: 0, entries: Vec::new(), expected, parked: Parked::default() }
    }

    /// Two keys, a poison, a fault, a retry, a transport duplicate: everything that is allowed, and all of it clean.
    pub fn sound() -> Self {
        let mut story = Self::new(Order::PerKey);
        story.publish("a1", "a", 1, Phase::Ok);
        story.publish("b1", "b", 1, Phase::Ok);
        story.arrive("a1", "a", 1);
        let fault = story.begin(Fact::fault("broker killed"));
        story.publish("a2", "a", 2, Phase::Unknown);
        story.publish("b2", "b", 2, Phase::Fail);
        story.end(fault, Phase::Ok);
        story.publish("a2", "a", 2, Phase::Ok);
        story.publish("a3", "a", 3, Phase::Ok);
        story.arrive("b1", "b", 1);
        story.handle(ORDERED, "a2", "a", 2, Phase::Fail);
        story.arrive("a2", "a", 2);
        story.handle(LOOSE, "a2", "a", 2, Phase::Ok);
        story.arrive("a3", "a", 3);
        story.publish_poison("b3", "b", 3);
        for subscription in [ORDERED, LOOSE] {
            story.handle(subscription, "b3", "b", 3, Phase::Fail);
            story.park(subscription, "b3");
        }
        story
    }

    pub fn check(&self) -> Verdict {
        check(&self.entries, &self.expected, &self.parked)
    }

    pub fn begin(&mut self, fact: Fact) -> (u64, Fact) {
        self.acts += 1;
        self.line(self.acts, Phase::Invoke, fact.clone());
        (self.acts, fact)
    }

    pub fn end(&mut self, (act, fact): (u64, Fact), phase: Phase) {
        self.line(act, phase, fact);
    }

    pub fn done(&mut self, fact: Fact) {
        self.acts += 1;
        self.line(self.acts, Phase::Ok, fact);
    }

    pub fn publish(&mut self, event: &str, key: &str, seq: u64, phase: Phase) {
        let act = self.begin(Fact::publish(TOPIC, event, key, seq));
        self.end(act, phase);
    }

    pub fn publish_poison(&mut self, event: &str, key: &str, seq: u64) {
        let act = self.begin(Fact::publish_poison(TOPIC, event, key, seq));
        self.end(act, Phase::Ok);
    }

    pub fn handle(&mut self, subscription: &str, event: &str, key: &str, seq: u64, phase: Phase) {
        let act = self.begin(Fact::handle(subscription, event, key, seq, 1));
        self.end(act, phase);
    }

    /// Handled with success by both subscriptions.
    pub fn arrive(&mut self, event: &str, key: &str, seq: u64) {
        self.done(Fact::effect(ORDERED, event));
        self.handle(ORDERED, event, key, seq, Phase::Ok);
        self.handle(LOOSE, event, key, seq, Phase::Ok);
    }

    pub fn park(&mut self, subscription: &str, event: &str) {
        self.done(Fact::park(subscription, event));
        self.parked.add(subscription, [event]);
    }

    /// Forgets the lines that say so.
    pub fn forget(&mut self, is_meant: impl Fn(&Entry) -> bool) {
        let lines = self.entries.len();
        self.entries.retain(|entry| !is_meant(entry));
        assert_ne!(self.entries.len(), lines, "nothing to forget");
    }

    fn line(&mut self, act: u64, phase: Phase, fact: Fact) {
        self.now_us += 1_000;
        self.entries.push(Entry { at_us: self.now_us, process: "p".into(), pid: 1, act, phase, fact });
    }
}

/// Whether a line is about the handling of an event by a subscription.
pub fn is_handling(entry: &Entry, whose: &str, of: &str) -> bool {
    matches!(&entry.fact, Fact::Handle { subscription, event, .. } if subscription == whose && event == of)
}
