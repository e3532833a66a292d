//! One consumer on one channel, from its first delivery to its end.

use std::{collections::BTreeMap, future::poll_fn, pin::pin, sync::Arc, time::Duration};

use fabric_core::{
    ack_ledger::{AckLedger, AckPolicy, Settlement, Tag},
    breaker::Wait,
    dispatch::Dispatch,
    hold::Passage,
    message::Incoming,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    Subscriber,
    attempt::{Attempts, ChannelEnd, Delivery, Verdict},
    held::{Held, Key},
};
use crate::ports::Consumer;

/// How long the last acknowledgements may take to be written.
const CHANNEL_CLOSE_DEADLINE: Duration = Duration::from_secs(3);

/// The pause before asking again whether an event of another queue has shown that the handler works again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Why a consumer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Because it was told to.
    Stopped,
    /// An operator has paused the subscription.
    Paused,
    /// The channel is gone, or had to be closed.
    Lost,
    /// Which keys are held could not be read, so nothing could be handled.
    Unready,
}

pub(super) struct Channel<'a> {
    subscriber: &'a Subscriber,
    consumer: Box<dyn Consumer>,
    ledger: AckLedger,
    dispatch: Dispatch<Key, Delivery>,
    held: Held<'a>,
    running: JoinSet<Finished>,
    /// What is to be tried again, by when, and by the order in which it was put off.
    put_off: BTreeMap<(Duration, u64), (Option<Key>, Delivery)>,
    put_off_count: u64,
    /// When the gate lets the next one start.
    turn_at: Option<Duration>,
    /// Why the channel has to be closed, if it has to: all deliveries go back together, in their order.
    must_close: Option<Ended>,
    end: ChannelEnd,
}

struct Finished {
    delivery: Delivery,
    key: Option<Key>,
    verdict: Verdict,
}

impl<'a> Channel<'a> {
    pub fn new(subscriber: &'a Subscriber, queue: &'a str, consumer: Box<dyn Consumer>) -> Self {
        let spec = &subscriber.attempts.spec;
        // What is finished and not acknowledged takes up prefetch: no more than half of it, lest deliveries stop for want of an
        // acknowledgement that waits for more deliveries.
        let count_max = subscriber.options.ack.count_max.min(usize::from(spec.prefetch).div_ceil(2));
        Self {
            subscriber,
            consumer,
            ledger: AckLedger::new(AckPolicy { count_max, ..subscriber.options.ack }),
            dispatch: Dispatch::new(spec.concurrency_per_queue()),
            held: Held::new(&subscriber.attempts, queue),
            running: JoinSet::new(),
            put_off: BTreeMap::new(),
            put_off_count: 0,
            turn_at: None,
            must_close: None,
            end: ChannelEnd::default(),
        }
    }

    pub async fn consume(mut self, stop: &CancellationToken) -> Ended {
        let subscriber = self.subscriber;
        let clock = subscriber.attempts.clock;
        let mut timer = pin!(tokio::time::sleep(Duration::ZERO));
        let mut paused = pin!(subscriber.attempts.gate.becomes(true, &subscriber.attempts.metrics));
        let mut timer_for = None;
        loop {
            self.start_ready().await;
            if let Some(ended) = self.must_close {
                self.drain(stop).await;
                return ended;
            }
            let deadline = self.deadline();
            if deadline != timer_for
                && let Some(deadline) = deadline
            {
                timer.as_mut().reset(clock.instant_at(deadline));
            }
            timer_for = deadline;
            tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.drain(stop).await;
                    return Ended::Stopped;
                }
                () = &mut paused => {
                    self.drain(stop).await;
                    return Ended::Paused;
                }
                Some(done) = self.running.join_next() => self.finished(done).await,
                () = &mut timer, if deadline.is_some() => {
                    self.time_passed(clock.elapsed()).await;
                    timer_for = None;
                }
                incoming = poll_fn(|context| self.consumer.poll_next(context)) => {
                    let Some(incoming) = incoming else {
                        self.lost(stop).await;
                        return Ended::Lost;
                    };
                    self.arrived(incoming, stop).await;
                }
            }
        }
    }

    fn deadline(&self) -> Option<Duration> {
        let next_put_off = self.put_off.first_key_value().map(|((at, _), _)| *at);
        [self.ledger.deadline(), next_put_off, self.turn_at].into_iter().flatten().min()
    }

    async fn time_passed(&mut self, now: Duration) {
        let due = self.ledger.due(now);
        self.settle(due).await;
        while let Some(entry) = self.put_off.first_entry()
            && entry.key().0 <= now
        {
            let (key, delivery) = entry.remove();
            self.dispatch.again(key, delivery);
        }
    }

    async fn arrived(&mut self, incoming: Incoming, stop: &CancellationToken) {
        self.take_in(incoming);
        // The first delivery shows that this consumer is the active one: from now on nobody else parks events of this queue.
        if self.held.must_learn() {
            self.learn(stop).await;
        }
    }

    fn take_in(&mut self, incoming: Incoming) {
        self.ledger.delivered(incoming.tag);
        let attempts = &self.subscriber.attempts;
        attempts.activity.took_in_hand();
        let delivery = attempts.read(incoming, self.end.clone());
        let key = delivery.read.as_ref().ok().and_then(|received| {
            let metadata = &received.metadata;
            metadata.key.clone().map(|key| (metadata.tenant.clone(), key))
        });
        self.dispatch.arrived(key, delivery);
    }

    /// Learns which keys are held. That can take its time; deliveries are taken in meanwhile, and above all the end of the channel is
    /// noticed, after which another consumer is the active one.
    async fn learn(&mut self, stop: &CancellationToken) {
        let mut arrivals = Vec::new();
        let ended = {
            let (held, consumer) = (&mut self.held, &mut self.consumer);
            let mut learning = pin!(held.learn());
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => break Some(Ended::Stopped),
                    incoming = poll_fn(|context| consumer.poll_next(context)) => match incoming {
                        Some(incoming) => arrivals.push(incoming),
                        None => break Some(Ended::Lost),
                    },
                    learnt = &mut learning => match learnt {
                        Ok(()) => break None,
                        Err(error) => {
                            let name = &self.subscriber.attempts.spec.name;
                            tracing::warn!(subscription = %name, %error, "which keys are held cannot be read; nothing is handled yet");
                            break Some(Ended::Unready);
                        }
                    },
                }
            }
        };
        self.must_close = ended;
        for incoming in arrivals {
            self.take_in(incoming);
        }
    }

    async fn start_ready(&mut self) {
        self.turn_at = None;
        while self.must_close.is_none() && self.dispatch.can_start() {
            let Attempts { gate, metrics, .. } = self.subscriber.attempts.as_ref();
            let turn = match gate.take_turn(metrics) {
                Ok(turn) => turn,
                Err(Wait::Until(at)) => {
                    self.turn_at = Some(at);
                    return;
                }
                // Those of this queue wake it when they end; those of another one do not, hence the second look.
                Err(Wait::Others) => {
                    self.turn_at = Some(self.subscriber.attempts.clock.elapsed() + LOOK_AGAIN_AFTER);
                    return;
                }
            };
            let Some((key, delivery)) = self.dispatch.start() else { return };
            if self.held.drops(key.as_ref(), &delivery) {
                self.done(key, delivery.incoming.tag).await;
                continue;
            }
            let passage = self.held.passage(key.as_ref(), &delivery);
            if passage == Passage::Parked {
                self.done(key, delivery.incoming.tag).await;
                continue;
            }
            let attempts = Arc::clone(&self.subscriber.attempts);
            self.running.spawn(async move {
                let mut delivery = delivery;
                let _turn = turn;
                let verdict = match passage {
                    Passage::Behind(oldest) => attempts.hold(&delivery, oldest).await,
                    Passage::Pass | Passage::Parked => attempts.make(&mut delivery).await,
                };
                Finished { delivery, key, verdict }
            });
        }
    }

    async fn finished(&mut self, done: Result<Finished, tokio::task::JoinError>) {
        let Ok(Finished { delivery, key, verdict }) = done else {
            // Attempts catch their handlers' panics, so only an aborted task ends like this: its delivery stays unsettled and
            // goes back to the queue with the channel.
            self.subscriber.attempts.activity.out_of_hand(1);
            return;
        };
        match verdict {
            Verdict::Later(delay) => return self.put_off(key, delivery, delay),
            Verdict::Handled => self.held.resolved(key.as_ref(), &delivery),
            Verdict::Parked => self.held.parked(key.as_ref(), &delivery),
            Verdict::Waits | Verdict::GiveBack => {}
        }
        if verdict == Verdict::GiveBack {
            self.give_back(key, delivery.incoming.tag).await;
        } else {
            self.done(key, delivery.incoming.tag).await;
        }
    }

    async fn done(&mut self, key: Option<Key>, tag: Tag) {
        self.subscriber.attempts.activity.out_of_hand(1);
        self.dispatch.finished(key);
        let settlements = self.ledger.finished(tag, self.subscriber.attempts.clock.elapsed());
        self.settle(settlements).await;
    }

    async fn give_back(&mut self, key: Option<Key>, tag: Tag) {
        if self.subscriber.attempts.spec.order.is_strict() {
            // One that goes back alone comes behind those that follow it. The key stays taken, and the channel's end gives back all.
            self.subscriber.attempts.activity.out_of_hand(1);
            self.must_close = Some(Ended::Lost);
            return;
        }
        self.subscriber.attempts.activity.out_of_hand(1);
        self.dispatch.finished(key);
        let settlements = self.ledger.given_back(tag).into_iter().collect();
        self.settle(settlements).await;
    }

    fn put_off(&mut self, key: Option<Key>, delivery: Delivery, delay: Duration) {
        self.dispatch.put_off();
        let at = self.subscriber.attempts.clock.elapsed() + self.subscriber.attempts.spec.put_off(delay);
        self.put_off_count += 1;
        self.put_off.insert((at, self.put_off_count), (key, delivery));
    }

    async fn settle(&mut self, settlements: Vec<Settlement>) {
        if settlements.is_empty() {
            return;
        }
        // What was to be given back and is lost comes again as well.
        let acknowledges = settlements.iter().any(|settlement| matches!(settlement, Settlement::Ack { .. }));
        let settled = self.consumer.settle(settlements).await;
        if acknowledges && settled.lost > 0 {
            self.subscriber.attempts.metrics.acks_lost(settled.lost);
        }
    }

    /// The channel is gone. What runs is let finish before anything is consumed again: the same events come again, and
    /// must not be handled beside themselves.
    async fn lost(mut self, stop: &CancellationToken) {
        self.end.near.cancel();
        self.end.here.cancel();
        let Attempts { spec, activity, .. } = self.subscriber.attempts.as_ref();
        tracing::warn!(subscription = %spec.name, running = self.running.len(), "the consumer ended; it will be started again");
        activity.out_of_hand(self.take_waiting().len());
        self.finish_running(stop).await;
        let rest = self.ledger.flush();
        self.settle(rest).await;
    }

    /// Finishes and acknowledges what is in hand, and gives back the rest. What a strict subscription gives back goes with the end of
    /// the channel, all together, since only then its order is kept.
    async fn drain(mut self, stop: &CancellationToken) {
        self.end.near.cancel();
        let waiting = self.take_waiting();
        self.subscriber.attempts.activity.out_of_hand(waiting.len());
        if !self.subscriber.attempts.spec.order.is_strict() {
            let given_back = waiting.iter().filter_map(|tag| self.ledger.given_back(*tag)).collect();
            self.settle(given_back).await;
        }
        self.finish_running(stop).await;
        let rest = self.ledger.flush();
        self.settle(rest).await;
        self.consumer.close(CHANNEL_CLOSE_DEADLINE).await;
    }

    /// The tags of everything that has not started, or is put off, in their order.
    fn take_waiting(&mut self) -> Vec<Tag> {
        let put_off = std::mem::take(&mut self.put_off).into_values().map(|(_, delivery)| delivery);
        let mut tags: Vec<Tag> =
            self.dispatch.take_waiting().into_iter().chain(put_off).map(|delivery| delivery.incoming.tag).collect();
        tags.sort_unstable();
        tags
    }

    /// Waits for the handlers that run. Those that still run at the deadline after the stop signal are ended: their events come again.
    async fn finish_running(&mut self, stop: &CancellationToken) {
        let drain_deadline = self.subscriber.options.drain_deadline;
        let mut deadline = pin!(async {
            stop.cancelled().await;
            tokio::time::sleep(drain_deadline).await;
        });
        loop {
            tokio::select! {
                biased;
                done = self.running.join_next() => match done {
                    Some(done) => self.finished(done).await,
                    None => break,
                },
                () = &mut deadline => {
                    let name = &self.subscriber.attempts.spec.name;
                    tracing::warn!(subscription = %name, "handlers did not finish in time; their events come again");
                    break;
                }
            }
        }
        // What was put off at the very end is not tried again here either.
        self.subscriber.attempts.activity.out_of_hand(self.running.len() + self.put_off.len());
        self.put_off.clear();
        self.running.abort_all();
    }
}
