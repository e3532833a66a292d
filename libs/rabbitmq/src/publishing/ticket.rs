//! A publish in a publisher's queue, and its caller's end of it.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use fabric_runtime::ports::{Confirmed, PublishError};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use crate::wire::Prepared;

/// What becomes of a publish.
pub(super) type Outcome = Result<Confirmed, PublishError>;

/// The publisher's end.
pub(super) struct Job {
    pub prepared: Prepared,
    pub reply: Reply,
}

/// Where the outcome of a job goes.
pub(super) struct Reply {
    claim: Arc<Claim>,
    outcome: oneshot::Sender<Outcome>,
}

/// The caller's end. Once it is dropped, the publish is not sent any more if it was not yet.
pub(super) struct Ticket {
    claim: Arc<Claim>,
    outcome: oneshot::Receiver<Outcome>,
}

/// Both ends of a publish that waits in a queue.
pub(super) fn issue(prepared: Prepared) -> (Job, Ticket) {
    let claim = Arc::new(Claim(AtomicU8::new(WAITING)));
    let (sender, receiver) = oneshot::channel();
    let job = Job { prepared, reply: Reply { claim: Arc::clone(&claim), outcome: sender } };
    (job, Ticket { claim, outcome: receiver })
}

impl Job {
    /// Takes the publish before it is handed to the driver. False when the caller has given it up: then it must not be sent.
    pub fn claim(&self) -> bool {
        self.reply.claim.move_on_to(CLAIMED)
    }
}

impl Reply {
    /// Answers the caller.
    pub fn answer(self, outcome: Outcome) {
        // A caller that has given up has its answer already.
        drop(self.outcome.send(outcome));
    }
}

impl Ticket {
    /// Waits for the outcome until `deadline`.
    pub async fn answer(mut self, deadline: Instant) -> Outcome {
        let (not_sent, unknown) = match timeout_at(deadline, &mut self.outcome).await {
            Ok(Ok(outcome)) => return outcome,
            Ok(Err(_dropped)) => ("the connection was closed", "the connection was closed before the broker's confirm"),
            Err(_elapsed) => ("there was no connection that took it in time", "the broker did not confirm it in time"),
        };
        if self.claim.move_on_to(GIVEN_UP) {
            Err(PublishError::NotSent { reason: not_sent })
        } else {
            Err(PublishError::Unknown { reason: unknown })
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.claim.move_on_to(GIVEN_UP);
    }
}

/// Who has the say over a publish: it is either sent or given up, never both.
struct Claim(AtomicU8);

const WAITING: u8 = 0;
const CLAIMED: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Claim {
    /// Whether the publish is in state `to` now: it moves there from waiting only.
    fn move_on_to(&self, to: u8) -> bool {
        match self.0.compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_waiting) => true,
            Err(current) => current == to,
        }
    }
}

#[cfg(test)]
mod tests {
    use fabric_core::message::{Message, Outgoing, Properties};

    use super::*;

    fn issued() -> (Job, Ticket) {
        let properties = Properties { message_id: Some("1".to_owned()), ..Properties::default() };
        let message = Message { properties, ..Message::default() };
        let outgoing = Outgoing { exchange: String::new(), routing_key: String::new(), message };
        issue(Prepared::new(outgoing, &"guest".into()).unwrap())
    }

    #[tokio::test]
    async fn one_that_was_never_claimed_was_not_sent_and_never_will_be() {
        let (job, ticket) = issued();
        let outcome = ticket.answer(Instant::now()).await;
        assert!(matches!(outcome, Err(PublishError::NotSent { .. })), "{outcome:?}");
        assert!(!job.claim());

        let (job, ticket) = issued();
        drop(ticket);
        assert!(!job.claim());
    }

    #[tokio::test]
    async fn one_that_was_claimed_and_not_answered_is_unknown() {
        let (job, ticket) = issued();
        assert!(job.claim() && job.claim());
        let outcome = ticket.answer(Instant::now()).await;
        assert!(matches!(outcome, Err(PublishError::Unknown { .. })), "{outcome:?}");

        let (job, ticket) = issued();
        assert!(job.claim());
        drop(job);
        let outcome = ticket.answer(Instant::now()).await;
        assert!(matches!(outcome, Err(PublishError::Unknown { .. })), "{outcome:?}");
    }

    #[tokio::test]
    async fn one_whose_publisher_is_gone_before_claiming_was_not_sent() {
        let (job, ticket) = issued();
        drop(job);
        let outcome = ticket.answer(Instant::now()).await;
        assert!(matches!(outcome, Err(PublishError::NotSent { .. })), "{outcome:?}");
    }
}
