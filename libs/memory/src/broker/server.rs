//! The model behind its lock, and the carrying out of its effects.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use fabric_core::message::Outgoing;
use fabric_runtime::{clock::Clock, ports::BrokerStatus};
use tokio::sync::{oneshot, watch};

use super::timer::Timer;
use crate::{
    announced::Announced,
    model::{Answer, ChannelId, ClientId, CloseReason, Delivery, Effect, GivenUp, Model, PublishId, Publishing},
    options::BrokerOptions,
};

/// What the clients of one broker share. The lock is held for single steps of the model only, never across an `await`.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) clock: Clock,
    pub(super) timer: Timer,
    pub(super) deadline: Duration,
    pub(super) flow_max: usize,
    /// The names that somebody has claimed.
    pub claims: Mutex<BTreeSet<String>>,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) model: Model,
    readers: BTreeMap<ChannelId, Reader>,
    answers: BTreeMap<PublishId, oneshot::Sender<Answer>>,
    statuses: BTreeMap<ClientId, Announced<BrokerStatus>>,
    idle: Announced<bool>,
}

/// What waits for the reader of a channel. The prefetch limits how much that is.
#[derive(Debug, Default)]
pub(super) struct Reader {
    deliveries: VecDeque<Delivery>,
    waker: Option<Waker>,
}

/// What a client gets for its publish.
#[derive(Debug)]
pub(super) enum Promise {
    /// The broker has answered.
    Answered { answer: Answer, backlog: usize },
    /// It will.
    Held(PublishId, oneshot::Receiver<Answer>),
    /// It was not even tried.
    NotSent { reason: &'static str },
}

impl Server {
    pub(super) fn new(clock: Clock, options: BrokerOptions) -> Arc<Self> {
        Arc::new(Self {
            clock,
            timer: Timer::default(),
            deadline: options.deadline,
            flow_max: options.flow_max,
            claims: Mutex::default(),
            state: Mutex::new(State {
                model: Model::new(options),
                readers: BTreeMap::new(),
                answers: BTreeMap::new(),
                statuses: BTreeMap::new(),
                idle: Announced::new(true),
            }),
        })
    }

    /// One step: lets time pass, acts, carries out the effects.
    pub(super) fn step<T>(self: &Arc<Self>, act: impl FnOnce(&mut State) -> T) -> T {
        let now = self.clock.elapsed();
        let mut woken = Vec::new();
        let (result, deadline) = {
            let mut state = self.lock();
            state.model.pass_time(now);
            let result = act(&mut state);
            state.carry_out(&mut woken);
            let is_idle = state.model.is_idle();
            state.idle.tell(is_idle);
            (result, state.model.deadline())
        };
        woken.into_iter().for_each(Waker::wake);
        if let Some(deadline) = deadline {
            self.timer.arm(self, deadline);
        }
        result
    }

    /// Looks at the model without changing it.
    pub(super) fn look<T>(&self, at: impl FnOnce(&Model) -> T) -> T {
        at(&self.lock().model)
    }

    /// Whether nothing is under way, now and whenever it changes.
    pub(super) fn idle(&self) -> watch::Receiver<bool> {
        self.lock().idle.watch()
    }

    /// How a client sees the broker, now and whenever it changes. After the client has left, how it sees it for good.
    pub(super) fn status(&self, client: ClientId) -> watch::Receiver<BrokerStatus> {
        let State { model, statuses, .. } = &mut *self.lock();
        let gone = || watch::channel(model.status(client)).1;
        statuses.get_mut(&client).map_or_else(gone, Announced::watch)
    }

    /// The next delivery of a channel, as a stream gives it.
    pub(super) fn poll_delivery(&self, channel: ChannelId, context: &Context<'_>) -> Poll<Option<Delivery>> {
        let mut state = self.lock();
        let State { model, readers, .. } = &mut *state;
        let Some(reader) = readers.get_mut(&channel) else { return Poll::Ready(None) };
        if let Some(delivery) = reader.deliveries.pop_front().or_else(|| model.take(channel)) {
            return Poll::Ready(Some(delivery));
        }
        let is_known = reader.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker()));
        let before = if is_known { None } else { reader.waker.replace(context.waker().clone()) };
        // A waker may own a task and so a consumer, whose end needs the lock.
        drop(state);
        drop(before);
        Poll::Pending
    }

    /// Nothing panics under the lock. Should it ever happen, going on is better than failing every other client.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.timer.end();
    }
}

impl State {
    /// A new client.
    pub(super) fn connect(&mut self) -> ClientId {
        let client = self.model.connect();
        self.statuses.insert(client, Announced::new(self.model.status(client)));
        client
    }

    /// A client leaves for good: its status ends.
    pub(super) fn leave(&mut self, client: ClientId) {
        self.model.leave(client);
        self.note_statuses();
        self.statuses.remove(&client);
    }

    /// Tells every client how it sees the broker now.
    pub(super) fn note_statuses(&mut self) {
        for (client, status) in &mut self.statuses {
            status.tell(self.model.status(*client));
        }
    }

    pub(super) fn publish(&mut self, client: ClientId, outgoing: Outgoing) -> Promise {
        match self.model.publish(client, outgoing) {
            Publishing::Answered { answer, backlog } => Promise::Answered { answer, backlog },
            Publishing::NotSent { reason } => Promise::NotSent { reason },
            Publishing::Held(publish) => {
                let (sender, receiver) = oneshot::channel();
                self.answers.insert(publish, sender);
                Promise::Held(publish, receiver)
            }
        }
    }

    /// A client does not wait any longer. What is not sent will never be answered.
    pub(super) fn give_up(&mut self, publish: PublishId) -> GivenUp {
        let given_up = self.model.give_up(publish);
        if given_up == GivenUp::NotSent {
            self.answers.remove(&publish);
        }
        given_up
    }

    /// Makes room for the deliveries of a new channel, before the first one is carried out.
    pub(super) fn add_reader(&mut self, channel: ChannelId) {
        self.readers.insert(channel, Reader::default());
    }

    /// Closes a channel for its consumer. Gives what waited for the reader, to be dropped without the lock.
    pub(super) fn close_channel(&mut self, channel: ChannelId) -> Option<Reader> {
        self.model.close_channel(channel);
        self.readers.remove(&channel)
    }

    fn carry_out(&mut self, woken: &mut Vec<Waker>) {
        while let Some(effect) = self.model.next_effect() {
            match effect {
                Effect::Deliver { channel, delivery } => {
                    if let Some(reader) = self.readers.get_mut(&channel) {
                        reader.deliveries.push_back(delivery);
                        woken.extend(reader.waker.take());
                    }
                }
                Effect::Available { channel } => {
                    woken.extend(self.readers.get_mut(&channel).and_then(|reader| reader.waker.take()));
                }
                Effect::Closed { channel, reason } => {
                    woken.extend(self.readers.remove(&channel).and_then(|reader| reader.waker));
                    log_closed(reason);
                }
                Effect::Answered { publish, answer } => {
                    // Whoever does not wait any longer has been told that the outcome is unknown.
                    let waiting = self.answers.remove(&publish);
                    if waiting.is_some_and(|sender| sender.send(answer).is_err()) {
                        tracing::debug!(?answer, "an answer came too late");
                    }
                }
                Effect::StaysAway { client, error } => {
                    tracing::warn!(?client, %error, "a client stays away: it cannot declare again what it had declared");
                }
            }
        }
    }
}

fn log_closed(reason: CloseReason) {
    match reason {
        CloseReason::ConnectionLost => tracing::debug!("a channel ended with its connection"),
        CloseReason::QueueDeleted => tracing::debug!("a channel ended with its queue"),
        CloseReason::UnknownTag(tag) => {
            tracing::warn!(tag, "a channel was closed: it settled a delivery that was not out");
        }
    }
}
