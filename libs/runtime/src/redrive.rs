//! Sending parked events back to their subscription, as [`fabric_core::redrive`] decides.
//!
//! Invariants:
//! - an event leaves its parked queue only after the copy of it was confirmed elsewhere: cut off in between it is in both places, and
//!   the copy that is sent the next time has the same message id;
//! - one event is sent after the other, so those of a key go in the order in which they were parked.

use std::{collections::HashMap, future::poll_fn, time::Duration};

use fabric_core::{
    Pattern,
    ack_ledger::Tag,
    codec,
    message::Outgoing,
    parked::{Move, redriven_copy},
    redrive::{Effect, Input, Plan, Redrive, Report},
    topology::names::{self, FABRIC_CONTEXT},
};
use futures_util::FutureExt;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{
    clock::Clock,
    parked::{ParkedError, ParkedQueue},
    ports::{Broker, ConsumeError, Consumer, PublishError, TapRequest},
    publisher::keep,
};

/// The events that tell what became of redriven ones.
const OUTCOMES: &str = "fabric.dead_letter.*";
const RESOLVED: &str = "fabric.dead_letter.resolved";
const PARKED: &str = "fabric.dead_letter.parked";

/// How many outcomes may wait to be read.
const OUTCOMES_MAX: u32 = 100_000;

/// The least time between two reports of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// A redrive that is to be carried out.
#[derive(Debug, Clone)]
pub struct Job {
    /// The id that every copy carries.
    pub redrive_id: String,
    /// What goes where, in this order.
    pub moves: Vec<Move>,
    /// How.
    pub plan: Plan,
}

/// Why an event did not leave its parked queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// The copy was not confirmed: the event is still parked.
    #[error(transparent)]
    NotTaken(#[from] PublishError),
    /// The copy was confirmed, and the event may still be parked too: doing the same again is right and harmless.
    #[error(transparent)]
    StillParked(#[from] ParkedError),
}

/// Puts a copy of a parked event where it says, and removes the event and its duplicates once that is confirmed.
pub async fn replace(
    broker: &dyn Broker,
    queue: &mut ParkedQueue,
    tags: &[Tag],
    copy: Outgoing,
) -> Result<(), MoveError> {
    keep(broker, copy).await?;
    for tag in tags {
        queue.remove(*tag).await?;
    }
    Ok(())
}

/// What becomes of redriven events, as the subscriptions tell it. Watch before anything is sent.
pub struct Outcomes(Option<Box<dyn Consumer>>);

impl Outcomes {
    /// Starts to watch. Fails when the broker is away, or nothing has declared the context `fabric` yet.
    pub async fn watch(broker: &dyn Broker) -> Result<Self, ConsumeError> {
        let bindings = Pattern::try_new(OUTCOMES).map(|pattern| (names::exchange(FABRIC_CONTEXT), pattern));
        let request = TapRequest { bindings: bindings.into_iter().collect(), backlog_max: OUTCOMES_MAX };
        Ok(Self(Some(broker.tap(request).await?)))
    }

    /// Watches nothing: for a redrive that does not ask what becomes of its events.
    pub fn unwatched() -> Self {
        Self(None)
    }

    /// The next outcome of this redrive. Never, when nothing is watched any more.
    async fn next(&mut self, redrive_id: &str, indices: &HashMap<String, usize>) -> Input {
        loop {
            let Some(tap) = &mut self.0 else { return std::future::pending().await };
            match poll_fn(|context| tap.poll_next(context)).await {
                Some(incoming) => {
                    let told = codec::decode(&incoming).ok().and_then(|received| {
                        let told: Value = serde_json::from_slice(&received.body).ok()?;
                        let index = *indices.get(told.get("eventId")?.as_str()?)?;
                        let is_ours = told.get("redriveId")?.as_str() == Some(redrive_id);
                        input_of(received.metadata.topic.as_str(), index).filter(|_| is_ours)
                    });
                    if let Some(input) = told {
                        return input;
                    }
                }
                None => self.0 = None,
            }
        }
    }
}

fn input_of(topic: &str, index: usize) -> Option<Input> {
    match topic {
        RESOLVED => Some(Input::Handled(index)),
        PARKED => Some(Input::ParkedAgain(index)),
        _ => None,
    }
}

/// Carries out a redrive, and says now and then how far it is. It stops when nobody listens to that any more.
pub async fn run(
    broker: &dyn Broker,
    queue: &mut ParkedQueue,
    job: Job,
    mut outcomes: Outcomes,
    clock: Clock,
    progress: &mpsc::Sender<Report>,
) -> Report {
    let indices: HashMap<String, usize> =
        job.moves.iter().enumerate().flat_map(|(index, step)| ids_of(step).map(move |id| (id, index))).collect();
    let mut redrive = Redrive::new(job.plan);
    let mut effect = redrive.on(Input::Tick, clock.elapsed());
    let mut told_at = Duration::ZERO;
    loop {
        while let Some(input) = outcomes.next(&job.redrive_id, &indices).now_or_never() {
            let next = redrive.on(input, clock.elapsed());
            // While an event is about to be sent, the only news is that it shall not be.
            if !matches!(effect, Effect::Send(_)) || matches!(next, Effect::Finish(_)) {
                effect = next;
            }
        }
        let input = match effect {
            Effect::Finish(report) => return report,
            Effect::Send(index) => send(broker, queue, &job, index).await,
            Effect::Wait(until) => tokio::select! {
                biased;
                () = progress.closed() => Input::Stop,
                input = outcomes.next(&job.redrive_id, &indices) => input,
                () = wait(until, clock) => Input::Tick,
            },
        };
        effect = match input {
            _ if progress.is_closed() => redrive.on(Input::Stop, clock.elapsed()),
            input => redrive.on(input, clock.elapsed()),
        };
        if clock.elapsed() >= told_at + PROGRESS_EVERY {
            told_at = clock.elapsed();
            // A listener that lags misses one: the next one says everything again.
            let _ = progress.try_send(redrive.report().clone());
        }
    }
}

/// The ids that a subscription may know the event by: foreign messages have one of their own.
fn ids_of(step: &Move) -> impl Iterator<Item = String> {
    let own = codec::decode_message(&step.entry.message.message).ok().map(|received| received.metadata.id.to_string());
    [Some(step.entry.event.id.clone()), own].into_iter().flatten()
}

async fn send(broker: &dyn Broker, queue: &mut ParkedQueue, job: &Job, index: usize) -> Input {
    let Some(step) = job.moves.get(index) else { return Input::NotSent(index) };
    let copy = redriven_copy(step, &job.redrive_id, job.plan.canary);
    match replace(broker, queue, &step.entry.tags, copy).await {
        Ok(()) => Input::Sent(index),
        Err(MoveError::NotTaken(error)) => {
            tracing::warn!(redrive_id = job.redrive_id, %error, "a parked event was not sent back");
            Input::NotSent(index)
        }
        Err(MoveError::StillParked(error)) => {
            tracing::warn!(redrive_id = job.redrive_id, %error, "a parked event was sent back, and may still be parked");
            Input::SentAndLost(index)
        }
    }
}

async fn wait(until: Option<Duration>, clock: Clock) {
    match until {
        Some(until) => tokio::time::sleep_until(clock.instant_at(until)).await,
        None => std::future::pending().await,
    }
}
