//! Pausing and resuming subscriptions, in all processes that consume them.
//!
//! What is paused stands in the queue [`CONTROL`], one message for each pause: so it outlives every process and every cache, and an
//! operator can see it on the broker. Whoever pauses or resumes also publishes an event of the context `fabric`; that is only the sign
//! to read the queue again, and a process whose watch was interrupted reads it again anyway.

use std::{collections::BTreeMap, future::poll_fn, sync::Arc, time::Duration};

use fabric_core::{
    Pattern, SubscriptionName,
    message::{Headers, Incoming, Message, Outgoing, Properties},
    topology::names::{self, CONTROL, FABRIC_CONTEXT, FABRIC_QUEUES},
};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{
    parked::{PATIENCE, ParkedError, ParkedQueue},
    ports::{Broker, Consumer, PublishError, TapRequest},
    publisher::{keep, pause_after},
    subscriber::Pauses,
};

const SUBSCRIPTION: &str = "fabric-subscription";
const REASON: &str = "fabric-reason";
const PAUSED_BY: &str = "fabric-paused-by";
const PAUSED_AT: &str = "fabric-paused-at";

/// After this long without an answer from the broker about what is paused, consuming starts nevertheless.
const KNOWN_WITHIN: Duration = Duration::from_secs(30);

/// The signs that may wait for a process that lags: it reads everything after any of them.
const SIGNS_MAX: u32 = 64;

/// Why and by whom a subscription is paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Since when.
    pub at: Option<Timestamp>,
}

/// Why something could not be paused or resumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// What is paused could not be read.
    #[error(transparent)]
    Read(#[from] ParkedError),
    /// The pause could not be written. When its outcome is unknown, pausing again is harmless.
    #[error(transparent)]
    Write(#[from] PublishError),
}

/// Pauses a subscription. To pause it twice is harmless.
pub async fn pause(broker: &dyn Broker, subscription: &SubscriptionName, pause: Pause) -> Result<(), ControlError> {
    let mut headers = Headers::default();
    headers.set(SUBSCRIPTION, subscription.as_str());
    headers.set(REASON, pause.reason);
    headers.set(PAUSED_BY, pause.by);
    headers.set(PAUSED_AT, pause.at.map(|at| at.to_string()).unwrap_or_default());
    let properties =
        Properties { message_id: Some(format!("pause:{subscription}")), persistent: true, ..Properties::default() };
    let message = Message { properties, headers, body: bytes::Bytes::new() };
    let (exchange, routing_key) = (FABRIC_QUEUES.to_owned(), CONTROL.to_owned());
    Ok(keep(broker, Outgoing { exchange, routing_key, message }).await?)
}

/// Resumes a subscription. False: it was not paused.
pub async fn resume(broker: &dyn Broker, subscription: &SubscriptionName) -> Result<bool, ControlError> {
    let mut queue = ParkedQueue::of_queue(broker, CONTROL.to_owned(), PATIENCE).await?;
    let mut was_paused = false;
    while let Some(incoming) = queue.next().await? {
        if read(&incoming).is_some_and(|(name, _)| name == *subscription) {
            queue.remove(incoming.tag).await?;
            was_paused = true;
        }
    }
    queue.close().await;
    Ok(was_paused)
}

/// What is paused now.
pub async fn paused(broker: &dyn Broker) -> Result<BTreeMap<SubscriptionName, Pause>, ParkedError> {
    let mut queue = ParkedQueue::of_queue(broker, CONTROL.to_owned(), PATIENCE).await?;
    let mut paused = BTreeMap::new();
    while let Some(incoming) = queue.next().await? {
        paused.extend(read(&incoming));
    }
    queue.close().await;
    Ok(paused)
}

fn read(incoming: &Incoming) -> Option<(SubscriptionName, Pause)> {
    let headers = &incoming.message.headers;
    let text = |name| headers.text(name).unwrap_or_default().to_owned();
    let name = SubscriptionName::try_new(headers.text(SUBSCRIPTION)?).ok()?;
    Some((name, Pause { reason: text(REASON), by: text(PAUSED_BY), at: text(PAUSED_AT).parse().ok() }))
}

/// Keeps `pauses` as they stand on the broker, until it is told to stop.
pub async fn follow(broker: Arc<dyn Broker>, pauses: Pauses, stop: CancellationToken) {
    let following = async {
        let mut failures = 0;
        loop {
            // First the watch, then the reading: so no change falls between them.
            let followed = follow_once(broker.as_ref(), &pauses, &mut failures).await;
            failures += 1;
            tracing::debug!(detail = followed, "what is paused is read again");
            tokio::time::sleep(pause_after(failures)).await;
        }
    };
    let giving_up_waiting = async {
        tokio::time::sleep(KNOWN_WITHIN).await;
        if pauses.get().is_none() {
            tracing::warn!("what is paused could not be read; everything is consumed until it can");
            pauses.set(std::collections::BTreeSet::new());
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = following => {}
        () = giving_up_waiting => {}
    }
}

/// Follows until the watch ends, and says why it did.
async fn follow_once(broker: &dyn Broker, pauses: &Pauses, failures: &mut u32) -> String {
    let Ok(pattern) = Pattern::try_new("fabric.subscription.*") else { return "the pattern is none".to_owned() };
    let bindings = vec![(names::exchange(FABRIC_CONTEXT), pattern)];
    let mut tap: Box<dyn Consumer> = match broker.tap(TapRequest { bindings, backlog_max: SIGNS_MAX }).await {
        Ok(tap) => tap,
        Err(error) => return error.to_string(),
    };
    loop {
        match paused(broker).await {
            Ok(standing) => pauses.set(standing.into_keys().collect()),
            Err(error) => return error.to_string(),
        }
        *failures = 0;
        if poll_fn(|context| tap.poll_next(context)).await.is_none() {
            return "the watch has ended".to_owned();
        }
    }
}
