//! How all connections are together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fabric_runtime::ports::BrokerStatus;
use tokio::sync::watch;

use crate::reconnect::FailedAttempt;

/// Collects the states of the connections.
#[derive(Debug)]
pub(crate) struct StatusBoard {
    links: Mutex<Vec<LinkStatus>>,
    status: watch::Sender<BrokerStatus>,
    failure: watch::Sender<Option<FailedAttempt>>,
}

#[derive(Debug, Default)]
struct LinkStatus {
    is_connected: bool,
    blocked: Option<String>,
    connections: u64,
}

/// Reports the state of one connection, through all its lives.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    board: Arc<StatusBoard>,
    index: usize,
}

impl StatusBoard {
    /// A board that no connection is on yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            links: Mutex::default(),
            status: watch::Sender::new(BrokerStatus::default()),
            failure: watch::Sender::new(None),
        })
    }

    /// Adds a connection.
    pub fn reporter(self: &Arc<Self>) -> Reporter {
        let mut links = self.links();
        links.push(LinkStatus::default());
        Reporter { board: Arc::clone(self), index: links.len() - 1 }
    }

    /// The state of all together: connected when each one is.
    pub fn status(&self) -> watch::Receiver<BrokerStatus> {
        self.status.subscribe()
    }

    /// The last failed attempt to connect.
    pub fn failure(&self) -> watch::Receiver<Option<FailedAttempt>> {
        self.failure.subscribe()
    }

    fn links(&self) -> MutexGuard<'_, Vec<LinkStatus>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reporter {
    /// The connection stands and is ready for use.
    pub fn connected(&self) {
        self.update(|link| {
            link.is_connected = true;
            link.connections += 1;
        });
    }

    /// The connection is gone.
    pub fn lost(&self) {
        self.update(|link| {
            link.is_connected = false;
            link.blocked = None;
        });
    }

    /// The broker takes no messages on the connection, or takes them again.
    pub fn blocked(&self, reason: Option<String>) {
        self.update(|link| link.blocked = reason);
    }

    /// An attempt to connect failed.
    pub fn failed(&self, attempt: FailedAttempt) {
        self.board.failure.send_replace(Some(attempt));
    }

    fn update(&self, change: impl FnOnce(&mut LinkStatus)) {
        // Sent under the lock: two connections must not overtake each other with what they saw of the other.
        let mut links = self.board.links();
        if let Some(link) = links.get_mut(self.index) {
            change(link);
        }
        let status = together(&links);
        self.board.status.send_if_modified(|current| {
            let is_new = *current != status;
            *current = status;
            is_new
        });
    }
}

fn together(links: &[LinkStatus]) -> BrokerStatus {
    BrokerStatus {
        connected: links.iter().all(|link| link.is_connected),
        blocked: links.iter().find_map(|link| link.blocked.clone()),
        reconnects: links.iter().map(|link| link.connections.saturating_sub(1)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_connected_when_all_are_and_blocked_when_one_is() {
        let board = StatusBoard::new();
        let (one, two) = (board.reporter(), board.reporter());
        let mut status = board.status();
        one.connected();
        assert!(!status.has_changed().unwrap() && !status.borrow().connected);
        two.connected();
        two.blocked(Some("low on memory".to_owned()));
        let expected = BrokerStatus { connected: true, blocked: Some("low on memory".to_owned()), reconnects: 0 };
        assert_eq!(*status.borrow_and_update(), expected);
        two.lost();
        assert_eq!(*status.borrow(), BrokerStatus::default());
        two.connected();
        assert_eq!(*status.borrow(), BrokerStatus { connected: true, blocked: None, reconnects: 1 });
    }
}
