//! What happened under all seeds together: a simulation in which nothing happens proves nothing.

use fabric::runtime::ports::PublishError;
use fabric_memory::model::Answer;

use super::promises::History;

/// How often each thing happened.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub events: u64,
    pub handled: u64,
    pub failed: u64,
    pub cut_off: u64,
    pub again: u64,
    pub parked: u64,
    pub held: u64,
    pub redriven: u64,
    pub unknown: u64,
    pub not_sent: u64,
    pub unrouted: u64,
    pub handled_twice: u64,
}

impl Tally {
    pub fn of(history: &History) -> Self {
        let count = |number: usize| number as u64;
        let calls =
            |is_meant: &dyn Fn(&&super::world::Call) -> bool| count(history.calls.iter().filter(is_meant).count());
        let sent = |is_meant: &dyn Fn(&&fabric_memory::model::Recorded) -> bool| {
            count(history.sent.iter().filter(is_meant).count())
        };
        let answers = || history.fates.iter().flat_map(|fate| &fate.answers);
        let cause = |sent: &fabric_memory::model::Recorded, causes: &[&str]| {
            let cause = sent.content.message.headers.text("fabric-fault-type");
            sent.content.routing_key.ends_with(".parked") && cause.is_some_and(|cause| causes.contains(&cause))
        };
        let handled: Vec<_> =
            history.calls.iter().filter(|call| call.is_handled).map(|call| (call.kind, call.id)).collect();
        let different: std::collections::BTreeSet<_> = handled.iter().collect();
        Self {
            events: count(history.fates.len()),
            handled: count(different.len()),
            handled_twice: count(handled.len() - different.len()),
            failed: calls(&|call| !call.is_handled),
            cut_off: calls(&|call| history.town.world.was_cut(call)),
            again: sent(&|sent| sent.content.routing_key.contains(".retry.")),
            parked: sent(&|sent| cause(sent, &["exhausted", "permanent"])),
            held: sent(&|sent| cause(sent, &["held"])),
            redriven: sent(&|sent| sent.content.message.headers.get("fabric-redrive-oldest").is_some()),
            unknown: count(answers().filter(|answer| matches!(answer, Err(PublishError::Unknown { .. }))).count()),
            not_sent: count(answers().filter(|answer| matches!(answer, Err(PublishError::NotSent { .. }))).count()),
            unrouted: sent(&|sent| sent.answer == Answer::Unrouted && sent.content.exchange == "events.office"),
        }
    }

    fn all(&mut self) -> [&mut u64; 12] {
        [
            &mut self.events,
            &mut self.handled,
            &mut self.failed,
            &mut self.cut_off,
            &mut self.again,
            &mut self.parked,
            &mut self.held,
            &mut self.redriven,
            &mut self.unknown,
            &mut self.not_sent,
            &mut self.unrouted,
            &mut self.handled_twice,
        ]
    }

    pub fn add(&mut self, other: &Self) {
        for (sum, one) in self.all().into_iter().zip(other.clone().all()) {
            *sum += *one;
        }
    }

    /// Checks that nothing hardly ever happens.
    pub fn assert_worth_running(&self, schedules: u64) {
        let rare = self.clone().all().into_iter().any(|count| *count < schedules / 100);
        assert!(!rare, "something hardly ever happens: {self:?}");
    }
}
