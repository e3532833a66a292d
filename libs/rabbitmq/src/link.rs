//! One connection and its one listener.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::{Connection, ConnectionStatus, Event};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{pipeline::CLOSED_NORMALLY, status::Reporter};

/// How often a connection is looked at: some of its ends come without an event.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a connection that is given up may take to close.
const GIVE_UP_DEADLINE: Duration = Duration::from_secs(1);

/// Knows how a connection is, until it is lost. Ends with the value.
///
/// The driver deals its events out to all listeners in turn, so each connection has exactly this one.
pub(crate) struct Link {
    condition: watch::Receiver<Condition>,
    _listener: AbortOnDropHandle<()>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Open,
    Blocked,
    Lost(String),
}

impl Link {
    /// Begins to listen to a connection that has just been opened.
    pub fn listen(connection: &Connection, reporter: Reporter) -> Self {
        let (sender, condition) = watch::channel(Condition::Open);
        let mut events = Box::pin(connection.events_listener());
        let status = connection.status().clone();
        let listener = tokio::spawn(async move {
            let mut look = interval(LOOK_EVERY);
            look.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                let event = tokio::select! {
                    event = events.next() => event,
                    _ = look.tick() => None,
                };
                if note(event, &status, &sender, &reporter) {
                    return;
                }
            }
        });
        Self { condition, _listener: AbortOnDropHandle::new(listener) }
    }

    /// Whether the broker takes no messages on it at the moment.
    pub fn is_blocked(&self) -> bool {
        *self.condition.borrow() == Condition::Blocked
    }

    /// Waits until the broker takes messages on it. Fails with the reason when it is lost.
    pub async fn takes_messages(&mut self) -> Result<(), String> {
        match self.condition.wait_for(|condition| *condition != Condition::Blocked).await.as_deref() {
            Ok(Condition::Lost(reason)) => Err(reason.clone()),
            Ok(_) => Ok(()),
            Err(_) => Err("its listener has ended".to_owned()),
        }
    }

    /// Waits until it is lost, and says why.
    pub async fn lost(&mut self) -> String {
        match self.condition.wait_for(|condition| matches!(condition, Condition::Lost(_))).await.as_deref() {
            Ok(Condition::Lost(reason)) => reason.clone(),
            Ok(_) | Err(_) => "its listener has ended".to_owned(),
        }
    }
}

/// Closes a connection, as far as that is still possible: channels that others hold would keep it open.
pub(crate) async fn close(connection: &Connection, within: Duration) {
    let (code, text) = CLOSED_NORMALLY;
    if connection.status().connected()
        && !matches!(timeout(within, connection.close(code, text.into())).await, Ok(Ok(())))
    {
        tracing::debug!("a connection did not close in good order");
    }
}

/// Closes a connection that is of no use any more, without waiting long for a broker that may not answer.
pub(crate) async fn give_up(connection: &Connection) {
    close(connection, GIVE_UP_DEADLINE).await;
}

/// Passes an event on, and says whether the connection is lost. Errors of channels come as events too, but leave it standing.
fn note(
    event: Option<Event>,
    status: &ConnectionStatus,
    sender: &watch::Sender<Condition>,
    reporter: &Reporter,
) -> bool {
    let mut reason = None;
    match event {
        Some(Event::ConnectionBlocked(why)) => {
            tracing::warn!(reason = why, "the broker takes no messages");
            reporter.blocked(Some(why));
            sender.send_replace(Condition::Blocked);
        }
        Some(Event::ConnectionUnblocked) => {
            tracing::info!("the broker takes messages again");
            reporter.blocked(None);
            sender.send_replace(Condition::Open);
        }
        Some(Event::Error(error)) => reason = Some(error.to_string()),
        Some(_) | None => {}
    }
    let is_lost = !status.connected();
    if is_lost {
        sender.send_replace(Condition::Lost(reason.unwrap_or_else(|| "it was closed".to_owned())));
    }
    is_lost
}
