//! Publishing what follows from rows: many at a time, started in the order of the rows, each until it is confirmed.
//!
//! Publishes that are started one after the other arrive one after the other. When some are not confirmed, nothing new is started:
//! the import waits for what is under way, then sends the unconfirmed ones again, in their order and with their ids, until they
//! are confirmed or too much time has passed. What was under way behind an unconfirmed event may so come before it.

use std::{sync::Arc, time::Duration};

use fabric::{
    EventId, Fabric, Payload, PublishFailure, Published,
    core::{
        name::CorrelationId,
        publication::{Origin, Publication, Rejected},
    },
    identity::Identity,
    runtime::ports::{BoxFuture, PublishError},
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::{error::ImportError, file::File, rows::RowEvent};

/// How long unconfirmed events are sent again without a single one getting through, before the import stops.
const RESEND_DEADLINE: Duration = Duration::from_mins(3);
/// The first pause before unconfirmed events are sent again. It doubles up to the next one.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Where an import's events go: they are published by the services that own them, on behalf of somebody.
#[derive(Clone)]
pub struct Target {
    /// The academic service: rosters and gradebook.
    pub academic: Fabric,
    /// The user service: people and enrollments.
    pub user: Fabric,
    /// Who imports, and for which tenant.
    pub identity: Identity,
}

/// An event on its way.
#[derive(Clone)]
pub struct Parcel {
    /// The row that it follows from: none for the import's own events.
    pub row: Option<(File, u64)>,
    /// Its id, the same on every resend.
    pub id: EventId,
    /// The event.
    pub event: RowEvent,
}

/// What became of an attempt to publish.
pub enum Sent {
    /// The event is confirmed.
    Confirmed(Parcel, Published),
    /// It may not go out: trying again cannot help.
    Rejected(Parcel, Rejected),
    /// It is not confirmed, and will be sent again.
    Unconfirmed,
}

/// Events on their way.
pub struct Outbound<'t> {
    target: &'t Target,
    correlation: CorrelationId,
    window_max: usize,
    under_way: FuturesUnordered<BoxFuture<'t, Attempt>>,
    unconfirmed: Vec<(Order, PublishError)>,
    started: u64,
    /// Since when nothing gets through, and how long the next pause is.
    stalled: Option<(Instant, Duration)>,
}

/// A parcel with its place in the order.
struct Order {
    place: u64,
    parcel: Parcel,
    at: Timestamp,
}

struct Attempt {
    order: Order,
    result: Result<Published, PublishFailure>,
}

impl<'t> Outbound<'t> {
    /// Publishes at most `window_max` events at a time.
    pub fn new(target: &'t Target, correlation: CorrelationId, window_max: usize) -> Self {
        Self {
            target,
            correlation,
            window_max: window_max.max(1),
            under_way: FuturesUnordered::new(),
            unconfirmed: Vec::new(),
            started: 0,
            stalled: None,
        }
    }

    /// Whether another event may be started now.
    pub fn has_room(&self) -> bool {
        self.under_way.len() < self.window_max && self.unconfirmed.is_empty()
    }

    /// Whether events are under way.
    pub fn is_busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Whether nothing is left to do.
    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty() && self.unconfirmed.is_empty()
    }

    /// Starts to publish an event.
    pub fn start(&mut self, parcel: Parcel) {
        let at = self.target.academic.clock().now();
        self.started += 1;
        self.attempt(Order { place: self.started, parcel, at });
    }

    /// Waits for the next attempt to end. None when nothing is under way. Dropping the future loses nothing.
    pub async fn settle(&mut self) -> Option<Sent> {
        let Attempt { order, result } = self.under_way.next().await?;
        Some(match result {
            Ok(confirmed) => {
                self.stalled = None;
                Sent::Confirmed(order.parcel, confirmed)
            }
            Err(PublishFailure::Rejected(rejected)) => Sent::Rejected(order.parcel, rejected),
            Err(PublishFailure::Unconfirmed(error)) => {
                self.unconfirmed.push((order, error));
                Sent::Unconfirmed
            }
        })
    }

    /// Sends what is unconfirmed again, once nothing else is under way, after a pause. Does nothing otherwise.
    ///
    /// Fails when nothing has got through for too long; `published` is how many events were confirmed, for the error.
    pub async fn resend(&mut self, published: u64) -> Result<(), ImportError> {
        if self.is_busy() || self.unconfirmed.is_empty() {
            return Ok(());
        }
        self.unconfirmed.sort_unstable_by_key(|(order, _)| order.place);
        let (since, pause) = *self.stalled.get_or_insert_with(|| (Instant::now(), PAUSE_MIN));
        if since.elapsed() >= RESEND_DEADLINE
            && let Some((first, reason)) = self.unconfirmed.first()
        {
            let (at, reason) = (first.parcel.place(), reason.clone());
            return Err(ImportError::Interrupted { at, published, waited_s: since.elapsed().as_secs(), reason });
        }
        tracing::warn!(events = self.unconfirmed.len(), ?pause, "not confirmed; sending again");
        sleep(pause).await;
        self.stalled = Some((since, (pause * 2).min(PAUSE_MAX)));
        for (order, _) in std::mem::take(&mut self.unconfirmed) {
            self.attempt(order);
        }
        Ok(())
    }

    fn attempt(&mut self, order: Order) {
        let fabric = if order.parcel.event.owner == "user" { &self.target.user } else { &self.target.academic };
        let payload = Shared(Arc::clone(&order.parcel.event.payload));
        let publish = fabric
            .publish(payload)
            .on_behalf_of(&self.target.identity)
            .id(order.parcel.id)
            .at(order.at)
            .correlation(self.correlation.clone());
        self.under_way.push(Box::pin(async move { Attempt { order, result: publish.await } }));
    }
}

impl Parcel {
    fn place(&self) -> String {
        self.row.map_or_else(|| self.event.payload.topic().to_owned(), |(file, line)| format!("{}:{line}", file.name()))
    }
}

/// The same event for every attempt.
struct Shared(Arc<dyn Payload>);

impl Payload for Shared {
    fn topic(&self) -> &str {
        self.0.topic()
    }

    fn plan(&self, origin: Origin) -> Result<Publication, Rejected> {
        self.0.plan(origin)
    }
}
