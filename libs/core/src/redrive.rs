//! How parked events go back to their subscription: one after the other, not faster than asked, and as a canary in growing stages
//! that wait for what became of the last one.
//!
//! A redrive may be cut off at any moment and be done again: an event leaves its parked queue only after its copy was confirmed, and a
//! copy that is sent twice has the same message id.
//!
//! Where the order of events counts, an event leaves its parked queue only when it is known what became of its copy. Until then it
//! counts as parked for everybody who reads the queue: later ones of its key do not overtake a copy that is on its way.

use std::{collections::VecDeque, time::Duration};

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
    /// How long to wait for an outcome, where outcomes are waited for, after the last event was sent or the last outcome came.
    pub patience: Duration,
    /// How many to send in a second, if that is limited.
    pub rate: Option<RateLimit>,
    /// Whether an event stays parked until it is known what became of its copy. Then the end waits for every outcome, and what does
    /// not become known stays parked.
    pub keep_until_known: bool,
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
    /// The event that was kept was removed from its parked queue.
    Removed(usize),
    /// The event that was kept could not be removed, since the parked queue was lost: it may still be parked.
    NotRemoved(usize),
    /// Somebody wants it to stop.
    Stop,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send this event, and say what came of it. It is removed from its parked queue by that, unless it is kept until its outcome is
    /// known.
    Send(usize),
    /// Remove this event, which was kept, from its parked queue: what became of its copy is known. Say what came of it.
    Remove(usize),
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
    /// How many were sent and are still parked too, since it is not known what became of them.
    #[serde(default)]
    pub kept: usize,
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
    /// The parked queue was lost. What was sent last may still be parked: sending it again is harmless.
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
/// 2. do what it says, one thing at a time: after [`Effect::Send`] tell it whether the event was sent, after [`Effect::Remove`] whether
///    it was removed, at the time of [`Effect::Wait`] tell it [`Input::Tick`];
/// 3. tell it every outcome whenever it comes, which may be before the confirm. While an event is being sent or removed the answer is to
///    wait for that. It can also be to finish, or to remove another one before that: then what was to be sent is not;
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
    removing: bool,
    /// What was kept and is to be removed, since its outcome is known.
    to_remove: VecDeque<usize>,
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
            removing: false,
            to_remove: VecDeque::new(),
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
            Input::NotSent(_) => self.stop(Stopped::NotSent),
            Input::Handled(index) => self.outcome(index, true, now),
            Input::ParkedAgain(index) => self.outcome(index, false, now),
            Input::SentAndLost(index) => {
                self.sent(index, now);
                self.lose();
            }
            Input::Removed(_) => {
                self.removing = false;
                self.report.kept = self.report.kept.saturating_sub(1);
            }
            Input::NotRemoved(_) => self.lose(),
            Input::Stop => self.stop(Stopped::Told),
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
        self.report.kept += usize::from(self.plan.keep_until_known);
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
        if self.plan.keep_until_known {
            self.to_remove.push_back(index);
        }
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
            self.stop(Stopped::Failures { stage: self.report.stage, failed, known });
        }
        if self.sending || self.removing {
            return Effect::Wait(None);
        }
        if let Some(index) = self.to_remove.pop_front() {
            self.removing = true;
            return Effect::Remove(index);
        }
        if self.report.stopped.is_some() {
            return Effect::Finish(self.report.clone());
        }
        if self.next == self.stage.end {
            let unknown = self.stage.len() - self.known;
            if self.waits_for_outcomes() && unknown > 0 {
                let until = self.moved_at + self.plan.patience;
                if now < until {
                    return Effect::Wait(Some(until));
                }
                self.stop(Stopped::Unknown { stage: self.report.stage, unknown });
                return Effect::Finish(self.report.clone());
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

    fn waits_for_outcomes(&self) -> bool {
        self.plan.canary || self.plan.keep_until_known
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

    /// Nothing more is sent. What is known by now is still removed.
    fn stop(&mut self, reason: Stopped) {
        self.report.stopped.get_or_insert(reason);
        self.sending = false;
    }

    /// Nothing can be removed any more.
    fn lose(&mut self) {
        self.removing = false;
        self.to_remove.clear();
        self.stop(Stopped::Lost);
    }
}

/// Where the stage ends that begins with the event `begin`, after `done` stages.
fn stage_end(plan: &Plan, done: usize, begin: usize) -> usize {
    let size = if plan.canary { CANARY_STAGES.get(done).copied() } else { None };
    size.map_or(plan.total, |size| begin.saturating_add(size).min(plan.total))
}

#[cfg(test)]
mod tests;
