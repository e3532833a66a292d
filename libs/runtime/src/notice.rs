//! What the fabric itself has to say: events that were parked, and what became of redriven ones. A host publishes these as events of
//! the context `fabric`.

use std::sync::Arc;

use fabric_core::{SubscriptionName, TenantId, Topic};
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::metric;

/// How many notices may wait to be published.
const WAITING_MAX: usize = 4_096;

/// Something that others may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// The message id of the event.
    pub message_id: String,
    /// Whose event it is and of which topic, if it could be read.
    pub event: Option<(TenantId, Topic)>,
    /// What happened.
    pub what: What,
    /// The redrive that the event came by, if it was redriven.
    pub redrive_id: Option<String>,
}

/// What happened to the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It was parked.
    Parked {
        /// See [`ParkReason::code`](fabric_core::delivery::ParkReason::code).
        cause: &'static str,
        /// How often it was tried.
        attempts: u32,
    },
    /// It was parked once, and redriven, and now it is handled.
    Resolved,
}

/// Where notices are left. They are never waited for: when too many wait, the next one is counted and lost, which loses a message
/// about an event and never an event.
#[derive(Debug, Clone)]
pub struct Notices(Option<Arc<mpsc::Sender<Notice>>>);

impl Notices {
    /// A place for notices, and where to take them from.
    pub fn new() -> (Self, mpsc::Receiver<Notice>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (Self(Some(Arc::new(sender))), receiver)
    }

    /// For those whom nobody listens to.
    pub fn unheard() -> Self {
        Self(None)
    }

    pub(crate) fn leave(&self, notice: Notice) {
        let Some(sender) = &self.0 else { return };
        if let Err(TrySendError::Full(_)) = sender.try_send(notice) {
            metric::notice_lost();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_a_notice() {
        let (notices, mut receiver) = Notices::new();
        let notice = Notice {
            subscription: "a.b".parse().unwrap(),
            message_id: "1".to_owned(),
            event: None,
            what: What::Resolved,
            redrive_id: None,
        };
        for _ in 0..=WAITING_MAX {
            notices.leave(notice.clone());
        }
        assert_eq!(receiver.try_recv(), Ok(notice.clone()));
        drop(receiver);
        notices.leave(notice);
    }
}
