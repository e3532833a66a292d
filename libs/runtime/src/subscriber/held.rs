//! Which keys of a queue are held, learnt from the parked queue and kept up to date.

use fabric_core::{
    PartitionKey, TenantId,
    codec::decode,
    hold::{Holds, Passage, Redriven},
    message::{HeaderValue, Incoming},
    resend,
};
use jiff::Timestamp;

use super::attempt::{Attempts, Delivery};
use crate::parked::{PATIENCE, ParkedError, ParkedQueue};

/// What is kept in order: a key of one tenant.
pub(super) type Key = (TenantId, PartitionKey);

/// The held keys of one queue of a subscription that holds keys; of any other, nothing.
pub(super) struct Held<'a> {
    attempts: &'a Attempts,
    queue: &'a str,
    holds: Option<Holds<Key>>,
}

impl<'a> Held<'a> {
    pub fn new(attempts: &'a Attempts, queue: &'a str) -> Self {
        Self { attempts, queue, holds: None }
    }

    /// Whether nothing may be handled yet, since it is not known what is parked.
    pub fn must_learn(&self) -> bool {
        self.attempts.spec.order.holds_keys() && self.holds.is_none()
    }

    /// Reads once what is parked. Nothing may be handled before this has worked.
    pub async fn learn(&mut self) -> Result<(), ParkedError> {
        if !self.must_learn() {
            return Ok(());
        }
        let broker = self.attempts.broker.as_ref();
        let mut parked = ParkedQueue::open(broker, &self.attempts.spec.name, PATIENCE).await?;
        let mut events: Vec<(Timestamp, Key, String)> = Vec::new();
        let mut latest = Timestamp::UNIX_EPOCH;
        while let Some(incoming) = parked.next().await? {
            // What was parked again, or edited, is at the end of the queue and keeps its place all the same. What does not say since when
            // it is parked has the place that it has in the queue.
            let place = parked_at(&incoming).unwrap_or(latest);
            latest = latest.max(place);
            events.extend(key_and_id_of(&incoming).map(|(key, id)| (place, key, id)));
        }
        parked.close().await;
        let mut holds = Holds::default();
        for (place, key, id) in events {
            holds.parked(key, &id, place);
        }
        self.holds = Some(holds);
        self.note();
        Ok(())
    }

    pub fn passage(&mut self, key: Option<&Key>, delivery: &Delivery) -> Passage {
        match (&mut self.holds, key, id_of(delivery)) {
            (Some(holds), Some(key), Some(id)) => holds.passage(key, &id, redriven(&delivery.incoming)),
            _ => Passage::Pass,
        }
    }

    pub fn parked(&mut self, key: Option<&Key>, delivery: &Delivery) {
        if let (Some(holds), Some(key), Some(id)) = (&mut self.holds, key, id_of(delivery)) {
            let place = parked_at(&delivery.incoming).unwrap_or_else(|| self.attempts.clock.now());
            holds.parked(key.clone(), &id, place);
            self.note();
        }
    }

    pub fn resolved(&mut self, key: Option<&Key>, delivery: &Delivery) {
        if let (Some(holds), Some(key), Some(id)) = (&mut self.holds, key, id_of(delivery))
            && !holds.is_empty()
        {
            holds.resolved(key, &id);
            self.note();
        }
    }

    /// Whether this only tells that somebody has given up an event while it was parked. Nothing waits for it any longer then.
    pub fn drops(&mut self, key: Option<&Key>, delivery: &Delivery) -> bool {
        let is_dropped = delivery.incoming.message.headers.get(resend::DROPPED) == Some(&HeaderValue::Bool(true));
        if is_dropped {
            self.resolved(key, delivery);
        }
        is_dropped
    }

    fn note(&self) {
        if let Some(holds) = &self.holds {
            self.attempts.metrics.held_keys(self.queue, holds.len());
        }
    }
}

/// An event's id: also of a foreign producer's event, whose messages may have none.
fn id_of(delivery: &Delivery) -> Option<String> {
    delivery.read.as_ref().ok().map(|received| received.metadata.id.to_string())
}

fn parked_at(incoming: &Incoming) -> Option<Timestamp> {
    incoming.message.headers.text(resend::PARKED_AT)?.parse().ok()
}

fn key_and_id_of(incoming: &Incoming) -> Option<(Key, String)> {
    let metadata = decode(incoming).ok()?.metadata;
    Some(((metadata.tenant, metadata.key?), metadata.id.to_string()))
}

fn redriven(incoming: &Incoming) -> Redriven {
    let headers = &incoming.message.headers;
    match (headers.get(resend::REDRIVE_ID), headers.get(resend::REDRIVE_OLDEST)) {
        (None, _) => Redriven::No,
        (Some(_), Some(HeaderValue::Bool(true))) => Redriven::AsOldest,
        // Without a place of its own it comes after everything that has one.
        (Some(_), _) => Redriven::Since(parked_at(incoming).unwrap_or(Timestamp::MAX)),
    }
}
