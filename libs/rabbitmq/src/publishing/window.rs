//! A window of publishes on one confirm channel: written together, answered when every confirm is in.

use std::{collections::VecDeque, pin::pin, time::Duration};

use fabric_core::confirm_ledger::{Answer, ConfirmLedger, Verdict};
use fabric_runtime::ports::{Confirmed, PublishError};
use lapin::{Channel, Confirmation, message::BasicReturnMessage, options::BasicPublishOptions};
use tokio::time::{Instant, sleep_until};

use super::ticket::{Job, Outcome, Reply};
use crate::{
    error::{Refusal, RefusalKind},
    flaw::Flaws,
    in_order::{self, Started},
    link::Link,
    wire::{self, Prepared},
};

const MANDATORY: BasicPublishOptions = BasicPublishOptions { mandatory: true, immediate: false };

/// How much fits into a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct WindowLimits {
    pub count_max: usize,
    pub bytes_max: usize,
}

/// The publishes of a window, claimed and not yet written.
#[derive(Default)]
pub(super) struct Window {
    ledger: ConfirmLedger,
    prepared: Vec<Prepared>,
    replies: Vec<Reply>,
}

/// How a window ended. Each of its callers has an answer in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WindowEnd {
    /// Every confirm came: the channel owes nothing.
    Answered,
    /// The broker refused one of them and closed the channel.
    ChannelClosed(Refusal),
    /// The connection was lost, or confirms are overdue. A late one would be taken for another's.
    Broken(&'static str),
}

impl Window {
    /// Takes publishes from the front of `waiting`, in their order, as many as fit. Those whose callers have given up are left out.
    /// The same message id twice ends the window early: returns are matched by it.
    pub fn take(waiting: &mut VecDeque<Job>, limits: WindowLimits) -> Self {
        let mut window = Self::default();
        let mut bytes = 0_usize;
        while window.len() < limits.count_max
            && let Some(job) = waiting.pop_front()
        {
            if !job.claim() {
                continue;
            }
            bytes = bytes.saturating_add(job.prepared.body.len());
            let fits = window.len() == 0 || bytes <= limits.bytes_max;
            if !fits || window.ledger.published(job.prepared.message_id()).is_none() {
                waiting.push_front(job);
                break;
            }
            window.prepared.push(job.prepared);
            window.replies.push(job.reply);
        }
        window
    }

    /// How many publishes it has.
    pub fn len(&self) -> usize {
        self.replies.len()
    }

    /// Writes all of them, waits for all confirms, and answers every caller. No confirm may take longer than `patience`; time in
    /// which the broker takes no messages does not count.
    pub async fn publish(self, channel: &Channel, link: &mut Link, patience: Duration, flaws: Flaws) -> WindowEnd {
        let Self { mut ledger, prepared, mut replies } = self;
        // Of several, nobody knows which one a refusal is about.
        let alone = if let [one] = prepared.as_slice() { Some(one.exchange.to_string()) } else { None };
        let mut flights = Vec::with_capacity(prepared.len());
        for (index, prepared) in prepared.into_iter().enumerate() {
            match in_order::start(fly(channel, prepared, flaws)) {
                Started::AtOnce(Err(error)) => {
                    tracing::debug!(%error, "the channel was gone before all of a window was written");
                    for reply in replies.split_off(index) {
                        reply.answer(Err(PublishError::NotSent {
                            reason: "the connection was lost before it was written",
                        }));
                    }
                    break;
                }
                flight => flights.push(flight),
            }
        }
        let mut clock = PatienceClock { link, patience, until: Instant::now() + patience };
        let mut end = WindowEnd::Answered;
        for (index, flight) in flights.into_iter().enumerate() {
            match clock.wait(flight.outcome()).await {
                Some(Ok(confirmation)) => note(&mut ledger, index, confirmation),
                Some(Err(error)) => end = broken_by(end, &error),
                None => {
                    end = WindowEnd::Broken("the broker did not confirm in time");
                    break;
                }
            }
        }
        if ledger.stray_returns() > 0 {
            tracing::warn!(count = ledger.stray_returns(), "the broker returned messages that nobody waits for");
        }
        if end == WindowEnd::Answered && !ledger.is_complete() {
            end = WindowEnd::Broken("the connection was lost");
        }
        let refused = match (alone, &end) {
            (Some(exchange), WindowEnd::ChannelClosed(refusal)) => Some(refused(exchange, refusal)),
            _ => None,
        };
        for (reply, verdict) in replies.into_iter().zip(ledger.verdicts()) {
            reply.answer(refused.clone().map_or_else(|| outcome(verdict), Err));
        }
        end
    }
}

/// Publishes one message and waits for its confirm.
async fn fly(channel: &Channel, prepared: Prepared, flaws: Flaws) -> lapin::Result<Confirmation> {
    let Prepared { exchange, routing_key, properties, body } = prepared;
    let (options, paired_with) = (flaws.publish_options(MANDATORY), flaws.paired_with(&properties));
    let confirm = channel.basic_publish(exchange, routing_key, options, &body, properties).await?;
    flaws.confirmation(confirm, paired_with).await
}

/// Counts the time that a window has, except while the broker takes no messages.
struct PatienceClock<'a> {
    link: &'a mut Link,
    patience: Duration,
    until: Instant,
}

impl PatienceClock<'_> {
    /// Waits for one confirm. None when it is overdue.
    async fn wait(
        &mut self,
        confirm: impl Future<Output = lapin::Result<Confirmation>>,
    ) -> Option<lapin::Result<Confirmation>> {
        let mut confirm = pin!(confirm);
        loop {
            tokio::select! {
                biased;
                confirmed = &mut confirm => return Some(confirmed),
                () = sleep_until(self.until) => {}
            }
            if !self.link.is_blocked() || self.link.takes_messages().await.is_err() {
                return None;
            }
            self.until = Instant::now() + self.patience;
        }
    }
}

fn note(ledger: &mut ConfirmLedger, index: usize, confirmation: Confirmation) {
    let (answer, returned) = match confirmation {
        Confirmation::Ack(returned) => (Answer::Ack, returned),
        Confirmation::Nack(returned) => (Answer::Nack, returned),
        Confirmation::NotRequested => (Answer::Lost, None),
    };
    ledger.answered(index, answer);
    if let Some(BasicReturnMessage { delivery, .. }) = returned {
        ledger.returned(wire::text(delivery.properties.message_id().as_ref()));
    }
}

/// A refusal says more than the errors that follow from it.
fn broken_by(end: WindowEnd, error: &lapin::Error) -> WindowEnd {
    match (end, Refusal::of(error)) {
        (end @ WindowEnd::ChannelClosed(_), _) => end,
        (_, Some(refusal)) => WindowEnd::ChannelClosed(refusal),
        (_, None) => WindowEnd::Broken("the connection was lost"),
    }
}

/// What a publish was refused for that was alone in its window.
fn refused(exchange: String, refusal: &Refusal) -> PublishError {
    match refusal.kind {
        RefusalKind::NotFound => PublishError::NoExchange { exchange },
        RefusalKind::Forbidden => PublishError::Forbidden { exchange, detail: refusal.detail.clone() },
        _ => PublishError::Refused,
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Routed => Ok(Confirmed::Routed),
        Verdict::Unrouted => Ok(Confirmed::Unrouted),
        Verdict::Refused => Err(PublishError::Refused),
        Verdict::Unknown => {
            Err(PublishError::Unknown { reason: "the connection was lost before the broker's confirm" })
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use fabric_core::message::{Message, Outgoing, Properties};

    use super::*;
    use crate::publishing::ticket::{self, Ticket};

    fn job(id: &str, bytes: usize) -> (Job, Ticket) {
        let properties = Properties { message_id: Some(id.to_owned()), ..Properties::default() };
        let message = Message { properties, body: Bytes::from(vec![b' '; bytes]), ..Message::default() };
        let outgoing = Outgoing { exchange: String::new(), routing_key: String::new(), message };
        ticket::issue(Prepared::new(outgoing, &"guest".into()).unwrap())
    }

    /// The windows that form from jobs of these ids and sizes.
    fn windows(jobs: &[(&str, usize)]) -> Vec<Vec<String>> {
        let limits = WindowLimits { count_max: 3, bytes_max: 10 };
        let (jobs, _tickets): (VecDeque<Job>, Vec<Ticket>) = jobs.iter().map(|(id, bytes)| job(id, *bytes)).unzip();
        let mut waiting = jobs;
        let mut formed = Vec::new();
        while !waiting.is_empty() {
            let window = Window::take(&mut waiting, limits);
            formed.push(window.prepared.iter().map(|prepared| prepared.message_id().to_owned()).collect());
        }
        formed
    }

    #[test]
    fn a_window_ends_with_its_limits_and_before_the_same_id_comes_again() {
        assert_eq!(windows(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]), [vec!["a", "b", "c"], vec!["d"]]);
        assert_eq!(windows(&[("a", 6), ("b", 4), ("c", 1)]), [vec!["a", "b"], vec!["c"]]);
        assert_eq!(windows(&[("large", 99), ("b", 1)]), [vec!["large"], vec!["b"]]);
        assert_eq!(windows(&[("a", 1), ("b", 1), ("a", 1), ("c", 1)]), [vec!["a", "b"], vec!["a", "c"]]);
    }

    #[test]
    fn what_its_caller_has_given_up_is_not_sent() {
        let (kept, ticket) = job("kept", 1);
        let (given_up, gone) = job("given up", 1);
        drop(gone);
        let mut waiting = VecDeque::from([given_up, kept]);
        let window = Window::take(&mut waiting, WindowLimits { count_max: 3, bytes_max: 10 });
        assert_eq!((window.len(), waiting.len()), (1, 0));
        drop(ticket);
    }
}
