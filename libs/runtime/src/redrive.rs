//! Sending parked events back to their subscription, as [`fabric_core::redrive`] decides.
//!
//! Invariants:
//! - an event leaves its parked queue only after the copy of it was confirmed elsewhere, or after it is known what became of that: cut
//!   off in between it is in both places, and the copy that is sent the next time has the same message id;
//! - one event is sent after the other, so those of a key go in the order in which they were parked.

use std::{collections::HashMap, future::poll_fn, time::Duration};

use fabric_core::{
    Pattern,
    ack_ledger::Tag,
    codec,
    message::Outgoing,
    parked::{Move, ParkedEvent, redriven_copy},
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

/// How long nothing may come before the parked queue is lent the first time; each further time it is twice as long. A consumer that has
/// just started may have to read what is parked before it can handle what was sent, and would wait for this redrive, which waits for it.
const LEND_AFTER: Duration = Duration::from_secs(2);

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
    remove(queue, tags).await?;
    Ok(())
}

/// Removes a parked event and its duplicates for good. Whoever waits for it is told before, by the copy that
/// [`dropped_copy`](fabric_core::parked::dropped_copy) makes for them.
pub async fn give_up(
    broker: &dyn Broker,
    queue: &mut ParkedQueue,
    tags: &[Tag],
    told: Option<Outgoing>,
) -> Result<(), MoveError> {
    match told {
        Some(copy) => replace(broker, queue, tags, copy).await,
        None => Ok(remove(queue, tags).await?),
    }
}

async fn remove(queue: &mut ParkedQueue, tags: &[Tag]) -> Result<(), ParkedError> {
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
    let mut kept = Kept::of(queue, &job);
    let mut redrive = Redrive::new(job.plan);
    let mut effect = redrive.on(Input::Tick, clock.elapsed());
    let mut told_at = Duration::ZERO;
    loop {
        while let Some(input) = outcomes.next(&job.redrive_id, &indices).now_or_never() {
            effect = newer(effect, redrive.on(input, clock.elapsed()));
        }
        let input = match effect {
            Effect::Finish(report) => return report,
            Effect::Send(index) => send(broker, kept.queue, &job, index).await,
            Effect::Remove(index) => kept.remove(broker, &job, &indices, index).await,
            Effect::Wait(until) => tokio::select! {
                biased;
                () = progress.closed() => Input::Stop,
                input = outcomes.next(&job.redrive_id, &indices) => input,
                () = wait(until, clock) => Input::Tick,
                () = tokio::time::sleep(kept.lend_after), if job.plan.keep_until_known && !kept.queue.is_lent() => {
                    kept.lend().await;
                    Input::Tick
                }
            },
        };
        effect = redrive.on(input, clock.elapsed());
        if progress.is_closed() {
            effect = newer(effect, redrive.on(Input::Stop, clock.elapsed()));
        }
        if clock.elapsed() >= told_at + PROGRESS_EVERY {
            told_at = clock.elapsed();
            // A listener that lags misses one: the next one says everything again.
            let _ = progress.try_send(redrive.report().clone());
        }
    }
}

/// What is to be done when there is news before the last effect was carried out. What was to be sent or removed still is, unless the
/// news is that it shall not be.
fn newer(effect: Effect, news: Effect) -> Effect {
    match (effect, news) {
        (Effect::Finish(report), _) => Effect::Finish(report),
        (effect @ (Effect::Send(_) | Effect::Remove(_)), Effect::Wait(_)) => effect,
        (_, news) => news,
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
    let sent = if job.plan.keep_until_known {
        keep(broker, copy).await.map_err(MoveError::from)
    } else {
        replace(broker, queue, &step.entry.tags, copy).await
    };
    match sent {
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

/// What stays parked until it is known what became of it.
struct Kept<'q> {
    queue: &'q mut ParkedQueue,
    /// The tags of each event and its duplicates, as they were read last.
    tags: Vec<Vec<Tag>>,
    lend_after: Duration,
}

impl<'q> Kept<'q> {
    fn of(queue: &'q mut ParkedQueue, job: &Job) -> Self {
        let tags = job.moves.iter().map(|step| step.entry.tags.clone()).collect();
        Self { queue, tags, lend_after: LEND_AFTER }
    }

    async fn lend(&mut self) {
        self.queue.lend().await;
        self.lend_after *= 2;
    }

    async fn remove(
        &mut self,
        broker: &dyn Broker,
        job: &Job,
        indices: &HashMap<String, usize>,
        index: usize,
    ) -> Input {
        match self.try_remove(broker, job, indices, index).await {
            Ok(()) => Input::Removed(index),
            Err(error) => {
                tracing::warn!(redrive_id = job.redrive_id, %error, "a redriven event may still be parked");
                Input::NotRemoved(index)
            }
        }
    }

    async fn try_remove(
        &mut self,
        broker: &dyn Broker,
        job: &Job,
        indices: &HashMap<String, usize>,
        index: usize,
    ) -> Result<(), ParkedError> {
        if self.queue.is_lent() {
            self.queue.reopen(broker).await?;
            self.read(job, indices).await?;
        }
        let tags = self.tags.get_mut(index).map(std::mem::take).unwrap_or_default();
        remove(self.queue, &tags).await
    }

    /// Finds again what is kept. What this redrive has parked again is another copy, which stays; so is what was edited meanwhile.
    async fn read(&mut self, job: &Job, indices: &HashMap<String, usize>) -> Result<(), ParkedError> {
        self.tags.iter_mut().for_each(Vec::clear);
        while let Some(incoming) = self.queue.next().await? {
            let event = ParkedEvent::of(&incoming);
            let own = codec::decode_message(&incoming.message).ok().map(|received| received.metadata.id.to_string());
            let index = [Some(&event.id), own.as_ref()].into_iter().flatten().find_map(|id| indices.get(id)).copied();
            let Some((index, step)) = index.and_then(|index| Some((index, job.moves.get(index)?))) else { continue };
            let is_new = event.redrive_id.as_ref() == Some(&job.redrive_id);
            if !is_new && event.edited_at == step.entry.event.edited_at {
                self.tags.get_mut(index).into_iter().for_each(|tags| tags.push(incoming.tag));
            }
        }
        Ok(())
    }
}

async fn wait(until: Option<Duration>, clock: Clock) {
    match until {
        Some(until) => tokio::time::sleep_until(clock.instant_at(until)).await,
        None => std::future::pending().await,
    }
}
