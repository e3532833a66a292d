//! Giving parked events up for good.

use fabric::{
    SubscriptionName,
    core::parked::{Entry, Select, dropped_copy},
    runtime::{
        parked::ParkedQueue,
        redrive::{MoveError, give_up},
    },
};
use fabric_catalog::{
    fabric::DeadLetterDropped,
    values::{Id, PrivateText},
};
use serde::{Deserialize, Serialize};

use super::Desk;
use crate::{Outcome, exit::Failure, operator::audit::Act};

/// Which events are given up, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DropRequest {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Which of its parked events.
    pub select: Select,
    /// Why.
    pub reason: String,
}

/// What was given up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dropped {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// How many events.
    pub count: usize,
    /// Whether the event that tells of it was published.
    pub told: bool,
}

impl Desk {
    /// Removes the selected events for good.
    pub async fn drop_parked(&self, request: DropRequest) -> Outcome<Dropped> {
        let reason = PrivateText::<500>::try_new(request.reason.clone())
            .map_err(|error| Failure::Usage(format!("--reason: {error}")))?;
        let (mut queue, events) = self.read(&request.subscription).await?;
        let dropped = match events.select(&request.select) {
            Ok(entries) => self.drop_entries(&mut queue, &entries, &request, reason).await,
            Err(error) => Err(error.into()),
        };
        queue.close().await;
        dropped
    }

    async fn drop_entries(
        &self,
        queue: &mut ParkedQueue,
        entries: &[&Entry],
        request: &DropRequest,
        reason: PrivateText<500>,
    ) -> Outcome<Dropped> {
        let DropRequest { subscription, select, .. } = request;
        if entries.is_empty() {
            return Ok(Dropped { subscription: subscription.clone(), count: 0, told: false });
        }
        let ids = entries.iter().map(|entry| entry.event.id.clone()).collect();
        let act = Act::new(self.next_id(), &self.actor, "drop", subscription, select, ids);
        let act = Act { reason: Some(request.reason.clone()), ..act };
        self.audit.begin(&act).await?;
        let mut dropped = 0;
        let removed = self.give_up_entries(queue, entries, subscription, &mut dropped).await;
        let outcome = match &removed {
            Ok(()) => format!("{dropped} dropped"),
            Err(error) => format!("{dropped} dropped, then {error}"),
        };
        self.audit.end(&act, &outcome).await?;
        let told = self.tell(notice(request, dropped, reason)).await;
        removed.map_err(|error| match error {
            MoveError::NotTaken(_) => Failure::from(error),
            MoveError::StillParked(_) => Failure::Unknown(format!("{outcome}: the last ones may be parked again")),
        })?;
        Ok(Dropped { subscription: subscription.clone(), count: dropped, told })
    }

    async fn give_up_entries(
        &self,
        queue: &mut ParkedQueue,
        entries: &[&Entry],
        subscription: &SubscriptionName,
        dropped: &mut usize,
    ) -> Result<(), MoveError> {
        for entry in entries {
            let told = dropped_copy(entry, &self.topology, subscription);
            give_up(self.broker.as_ref(), queue, &entry.tags, told).await?;
            *dropped += 1;
        }
        Ok(())
    }
}

fn notice(request: &DropRequest, dropped: usize, reason: PrivateText<500>) -> Result<DeadLetterDropped, String> {
    let (group, event_id) = match &request.select {
        Select::All => (None, None),
        Select::Group(group) => (Some(group.clone()), None),
        Select::Id(id) => (None, Some(id.clone())),
    };
    Ok(DeadLetterDropped {
        subscription: Id::try_new(request.subscription.as_str()).map_err(|error| error.to_string())?,
        event_count: dropped.try_into().unwrap_or_default(),
        group,
        event_id,
        reason,
    })
}
