//! How parked events go back to their subscription: one after the other, not faster than asked, and as a canary in growing stages
//! that wait for what became of the last one.
//!
//! A redrive may be cut off at any moment and be done again: an event leaves its parked queue only after its copy was confirmed, and a
//! copy that is sent twice has the same message id.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rate::{RateLimit, TokenBucket};

/// How many events a canary sends in its first stages. The stage after these sends the rest.
pub const CANARY_STAGES: [usize; 6] = [1, 2, 5, 20, 100, 500];

/// The share of failures that a canary bears in a stage, in percent.
pub const FAILURES_PERCENT_MAX: u8 = 10;

/// From how many known outcomes on the share of failures among them counts before the stage is over.
const SHARE_COUNTS_FROM: usize = 20;

/// How to redrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How many events there are.
    pub total: usize,
    /// Whether to go in stages, and to stop when too many fail.
    pub canary: bool,
    /// The share of failures that a canary bears in a stage, in percent.
    pub failures_percent_max: u8,
    /// How long a canary waits for an outcome, after the last event was sent or the last outcome came.
    pub patience: Duration,
    /// How many to send in a second, if that is limited.
    pub rate: Option<RateLimit>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// It is time to look again, or the first time.
    Tick,
    /// The event was sent, and its copy confirmed.
    Sent(usize),
    /// The event could not be sent: it is still parked.
    NotSent(usize),
    /// A sent event was handled.
    Handled(usize),
    /// A sent event failed, and is parked again.
    ParkedAgain(usize),
    /// The event was sent, and the parked queue was lost: it may still be parked too.
    SentAndLost(usize),
    /// Somebody wants it to stop.
    Stop,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send this event, and say what came of it.
    Send(usize),
    /// Wait for an outcome, or until this time.
    Wait(Option<Duration>),
    /// It is over.
    Finish(Report),
}

/// What came of a redrive, or how far it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How many events there were to send.
    pub total: usize,
    /// How many were sent.
    pub sent: usize,
    /// How many of these were handled, as far as it is known.
    pub handled: usize,
    /// How many of these failed and are parked again, as far as it is known.
    pub parked_again: usize,
    /// The stage of a canary, counted from 1.
    pub stage: usize,
    /// Why it stopped before everything was sent, or before it was known what became of it.
    pub stopped: Option<Stopped>,
}

/// Why a redrive stopped early. What was not sent is still parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Too many of a stage's events failed.
    #[error("{failed} of {known} events of stage {stage} failed")]
    Failures {
        /// The stage, counted from 1.
        stage: usize,
        /// How many failed.
        failed: usize,
        /// Of how many it is known.
        known: usize,
    },
    /// What became of a stage's events did not become known in time.
    #[error("what became of {unknown} events of stage {stage} did not become known in time")]
    Unknown {
        /// The stage, counted from 1.
        stage: usize,
        /// How many.
        unknown: usize,
    },
    /// An event could not be sent.
    #[error("the broker did not take an event")]
    NotSent,
    /// The parked queue was lost. The event that was sent last may still be parked: sending it again is harmless.
    #[error("the connection to the parked queue was lost")]
    Lost,
    /// Somebody wanted it to stop.
    #[error("it was told to stop")]
    Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Parked,
    Sent,
    Known,
}

/// A redrive.
///
/// How to drive it, with `now` as the time since any fixed point:
/// 1. [`on`](Self::on) with [`Input::Tick`] says what to do first;
/// 2. do what it says, one thing at a time: after [`Effect::Send`] tell it whether the event was sent, at the time of
///    [`Effect::Wait`] tell it [`Input::Tick`];
/// 3. tell it every outcome whenever it comes, which may be before the confirm. While an event is being sent the answer is to wait for
///    the confirm; it can also be to finish, and then what was to be sent is not;
/// 4. [`Effect::Finish`] is the last one.
#[derive(Debug, Clone)]
pub struct Redrive {
    plan: Plan,
    bucket: Option<TokenBucket>,
    states: Vec<State>,
    report: Report,
    /// The first event of the stage, and the first one after it.
    stage: std::ops::Range<usize>,
    next: usize,
    sending: bool,
    /// Of this stage.
    known: usize,
    /// Of this stage.
    failed: usize,
    /// When an event was sent or an outcome came for the last time.
    moved_at: Duration,
}

impl Redrive {
    /// A redrive of which nothing has been sent.
    pub fn new(plan: Plan) -> Self {
        let report = Report { total: plan.total, stage: 1, ..Report::default() };
        Self {
            bucket: plan.rate.map(TokenBucket::new),
            states: vec![State::Parked; plan.total],
            stage: 0..stage_end(&plan, 0, 0),
            report,
            plan,
            next: 0,
            sending: false,
            known: 0,
            failed: 0,
            moved_at: Duration::ZERO,
        }
    }

    /// Takes in what happened, and says what to do next.
    pub fn on(&mut self, input: Input, now: Duration) -> Effect {
        match input {
            Input::Tick => {}
            Input::Sent(index) => self.sent(index, now),
            Input::NotSent(_) => return self.stop(Stopped::NotSent),
            Input::Handled(index) => self.outcome(index, true, now),
            Input::ParkedAgain(index) => self.outcome(index, false, now),
            Input::SentAndLost(index) => {
                self.sent(index, now);
                return self.stop(Stopped::Lost);
            }
            Input::Stop => return self.stop(Stopped::Told),
        }
        self.next(now)
    }

    /// How far it is.
    pub fn report(&self) -> &Report {
        &self.report
    }

    fn sent(&mut self, index: usize, now: Duration) {
        self.sending = false;
        self.report.sent += 1;
        self.moved_at = now;
        if let Some(state) = self.states.get_mut(index).filter(|state| **state == State::Parked) {
            *state = State::Sent;
        }
    }

    fn outcome(&mut self, index: usize, handled: bool, now: Duration) {
        let is_out = index < self.next;
        let Some(state) = self.states.get_mut(index).filter(|state| is_out && **state != State::Known) else { return };
        *state = State::Known;
        self.moved_at = now;
        if handled {
            self.report.handled += 1;
        } else {
            self.report.parked_again += 1;
        }
        if self.stage.contains(&index) {
            self.known += 1;
            self.failed += usize::from(!handled);
        }
    }

    fn next(&mut self, now: Duration) -> Effect {
        if self.plan.canary && self.fails_too_often() {
            let (failed, known) = (self.failed, self.known);
            return self.stop(Stopped::Failures { stage: self.report.stage, failed, known });
        }
        if self.sending {
            return Effect::Wait(None);
        }
        if self.next == self.stage.end {
            let unknown = self.stage.len() - self.known;
            if self.plan.canary && unknown > 0 {
                let until = self.moved_at + self.plan.patience;
                if now < until {
                    return Effect::Wait(Some(until));
                }
                return self.stop(Stopped::Unknown { stage: self.report.stage, unknown });
            }
            if self.next == self.plan.total {
                return Effect::Finish(self.report.clone());
            }
            self.begin_stage();
        }
        if let Some(Err(later)) = self.bucket.as_mut().map(|bucket| bucket.take(now)) {
            return Effect::Wait(Some(later));
        }
        self.sending = true;
        self.next += 1;
        Effect::Send(self.next - 1)
    }

    fn begin_stage(&mut self) {
        self.stage = self.next..stage_end(&self.plan, self.report.stage, self.next);
        self.report.stage += 1;
        (self.known, self.failed) = (0, 0);
    }

    /// Whether more of the stage failed than it bears: of the whole stage, or of what is known once that is enough to tell.
    fn fails_too_often(&self) -> bool {
        let of = if self.known >= SHARE_COUNTS_FROM { self.known } else { self.stage.len() };
        self.failed * 100 > usize::from(self.plan.failures_percent_max) * of
    }

    fn stop(&mut self, reason: Stopped) -> Effect {
        self.report.stopped = Some(reason);
        Effect::Finish(self.report.clone())
    }
}

/// Where the stage ends that begins with the event `begin`, after `done` stages.
fn stage_end(plan: &Plan, done: usize, begin: usize) -> usize {
    let size = if plan.canary { CANARY_STAGES.get(done).copied() } else { None };
    size.map_or(plan.total, |size| begin.saturating_add(size).min(plan.total))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn plan(total: usize) -> Plan {
        Plan { total, canary: false, failures_percent_max: FAILURES_PERCENT_MAX, patience: PATIENCE, rate: None }
    }

    fn canary(total: usize) -> Redrive {
        Redrive::new(Plan { canary: true, ..plan(total) })
    }

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    /// Sends until there is something to wait for, and gives how many were sent and what came then.
    fn send(redrive: &mut Redrive, input: Input, now: Duration) -> (usize, Effect) {
        let (mut sent, mut effect) = (0, redrive.on(input, now));
        while let Effect::Send(index) = effect {
            sent += 1;
            effect = redrive.on(Input::Sent(index), now);
        }
        (sent, effect)
    }

    #[test]
    fn without_a_canary_everything_goes_at_once() {
        for total in [0, 1, 1_000] {
            let (sent, effect) = send(&mut Redrive::new(plan(total)), Input::Tick, at(0));
            assert_eq!(sent, total);
            assert_eq!(effect, Effect::Finish(Report { total, sent, stage: 1, ..Report::default() }));
        }
    }

    #[test]
    fn a_canary_grows_from_stage_to_stage() {
        let mut redrive = canary(1_000);
        let (mut stages, mut from, mut input) = (Vec::new(), 0, Input::Tick);
        let finish = loop {
            let (sent, effect) = send(&mut redrive, input, at(0));
            if let Effect::Finish(report) = effect {
                break report;
            }
            assert_eq!(effect, Effect::Wait(Some(PATIENCE)));
            stages.push(sent);
            for index in from..from + sent - 1 {
                assert_eq!(redrive.on(Input::Handled(index), at(0)), Effect::Wait(Some(PATIENCE)));
            }
            from += sent;
            // The last outcome of the stage begins the next one.
            input = Input::Handled(from - 1);
        };
        assert_eq!(stages, [1, 2, 5, 20, 100, 500, 372]);
        assert_eq!((finish.stage, finish.sent, finish.stopped), (7, 1_000, None));
    }

    #[test]
    fn a_canary_stops_by_itself() {
        // How many of the first stages' events fail, and what it comes to.
        let stopped = |failures: &[usize]| {
            let mut redrive = canary(100);
            let (mut from, mut effect) = (0, redrive.on(Input::Tick, at(0)));
            for (stage, failures) in failures.iter().enumerate() {
                let size = CANARY_STAGES[stage].min(100 - from);
                for _ in 0..size {
                    let Effect::Send(index) = effect else { panic!("{effect:?}") };
                    effect = redrive.on(Input::Sent(index), at(0));
                }
                for index in from..from + size {
                    let fails = index < from + failures;
                    effect = redrive.on(if fails { Input::ParkedAgain(index) } else { Input::Handled(index) }, at(1));
                    if let Effect::Finish(report) = effect {
                        return report.stopped.map(|stopped| (stopped, report.sent));
                    }
                }
                from += size;
            }
            None
        };
        let failures = |stage, failed, known| Stopped::Failures { stage, failed, known };
        assert_eq!(stopped(&[1]), Some((failures(1, 1, 1), 1)));
        assert_eq!(stopped(&[0, 1]), Some((failures(2, 1, 1), 3)));
        assert_eq!(stopped(&[0, 0, 1]), Some((failures(3, 1, 1), 8)));
        assert_eq!(stopped(&[0, 0, 0, 3]), Some((failures(4, 3, 3), 28)));
        assert_eq!(stopped(&[0, 0, 0, 2]), None, "a tenth is borne");
        assert_eq!(stopped(&[0, 0, 0, 0, 8]), Some((failures(5, 8, 8), 100)), "the last stage is no exception");
    }

    #[test]
    fn a_large_stage_stops_as_soon_as_enough_is_known() {
        let mut redrive = canary(10_000);
        redrive.report.stage = 7;
        (redrive.stage, redrive.next) = (628..10_000, 628);
        let (mut effect, mut sent) = (redrive.on(Input::Tick, at(0)), 0);
        while let Effect::Send(index) = effect {
            sent += 1;
            redrive.on(Input::ParkedAgain(index), at(0));
            effect = redrive.on(Input::Sent(index), at(0));
        }
        assert!(matches!(effect, Effect::Finish(Report { stopped: Some(Stopped::Failures { known: 20, .. }), .. })));
        assert_eq!(sent, 20);
    }

    #[test]
    fn outcomes_that_stay_unknown_stop_a_canary() {
        let mut redrive = canary(10);
        assert_eq!(send(&mut redrive, Input::Tick, at(5)), (1, Effect::Wait(Some(at(35)))));
        assert_eq!(redrive.on(Input::Tick, at(34)), Effect::Wait(Some(at(35))));
        let Effect::Finish(report) = redrive.on(Input::Tick, at(35)) else { panic!("it goes on") };
        assert_eq!(report.stopped, Some(Stopped::Unknown { stage: 1, unknown: 1 }));

        let mut redrive = canary(10);
        send(&mut redrive, Input::Tick, at(0));
        assert_eq!(redrive.on(Input::Handled(0), at(9)), Effect::Send(1));
        redrive.on(Input::Sent(1), at(9));
        assert_eq!(redrive.on(Input::Sent(2), at(10)), Effect::Wait(Some(at(40))));
        assert_eq!(redrive.on(Input::Handled(2), at(20)), Effect::Wait(Some(at(50))), "each outcome gives more time");
    }

    #[test]
    fn what_cannot_be_sent_and_a_word_end_it() {
        let mut redrive = Redrive::new(plan(3));
        assert_eq!(redrive.on(Input::Tick, at(0)), Effect::Send(0));
        assert_eq!(redrive.on(Input::Sent(0), at(0)), Effect::Send(1));
        let stopped = |effect| match effect {
            Effect::Finish(report) => (report.sent, report.stopped),
            effect => panic!("{effect:?}"),
        };
        assert_eq!(stopped(redrive.clone().on(Input::NotSent(1), at(0))), (1, Some(Stopped::NotSent)));
        assert_eq!(stopped(redrive.clone().on(Input::SentAndLost(1), at(0))), (2, Some(Stopped::Lost)));
        assert_eq!(stopped(redrive.on(Input::Stop, at(0))), (1, Some(Stopped::Told)));
    }

    #[test]
    fn a_rate_is_kept() {
        let rate = RateLimit::try_new(2, 1).unwrap();
        let mut redrive = Redrive::new(Plan { rate: Some(rate), ..plan(3) });
        let ms = Duration::from_millis;
        assert_eq!(redrive.on(Input::Tick, ms(0)), Effect::Send(0));
        assert_eq!(redrive.on(Input::Sent(0), ms(10)), Effect::Wait(Some(ms(500))));
        assert_eq!(redrive.on(Input::Tick, ms(500)), Effect::Send(1));
        assert_eq!(redrive.on(Input::Sent(1), ms(510)), Effect::Wait(Some(ms(1_000))));
    }

    proptest! {
        /// Whatever comes in whatever order: each event is sent at most once, in order, and it ends with everything sent or a reason.
        #[test]
        fn it_always_ends_and_never_sends_twice(
            total in 0_usize..60,
            canary: bool,
            per_second in 0_u32..5,
            steps in proptest::collection::vec((0_u8..8, 0_usize..60, 0_u64..2_000), 0..300),
        ) {
            let rate = RateLimit::try_new(per_second, 1).ok();
            let mut redrive = Redrive::new(Plan { canary, rate, ..plan(total) });
            let (mut now, mut sent, mut out) = (Duration::ZERO, 0, None);
            let mut inputs = steps.into_iter();
            let mut input = Input::Tick;
            let mut finished = None;
            for _ in 0..2_000 {
                let effect = redrive.on(input, now);
                match &effect {
                    Effect::Send(index) => {
                        prop_assert_eq!(*index, sent);
                        prop_assert!(out.replace(*index).is_none(), "one at a time");
                        sent += 1;
                    }
                    Effect::Wait(until) => prop_assert!(until.is_none_or(|until| until > now) && (until.is_some() || out.is_some())),
                    Effect::Finish(report) => {
                        finished = Some(report.clone());
                        break;
                    }
                }
                let any = inputs.next();
                now += Duration::from_millis(any.map_or(0, |(_, _, pause)| pause));
                input = match (any, out, &effect) {
                    (Some((0, index, _)), _, _) => Input::Handled(index),
                    (Some((1, index, _)), _, _) => Input::ParkedAgain(index),
                    (Some((2, _, _)), _, _) => Input::Tick,
                    (_, Some(index), _) => { out = None; Input::Sent(index) }
                    (_, None, Effect::Wait(Some(until))) => { now = now.max(*until); Input::Tick }
                    _ => Input::Tick,
                };
            }
            let report = finished.expect("it ends");
            prop_assert!(report.sent <= total && report.handled + report.parked_again <= total);
            prop_assert!(report.stopped.is_some() || report.sent == total);
            prop_assert!(canary || report.stopped.is_none());
            if canary && report.stopped.is_none() {
                prop_assert_eq!(report.handled + report.parked_again, total);
            }
        }
    }
}
