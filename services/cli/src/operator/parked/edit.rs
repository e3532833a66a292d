//! Changing the payload of a parked event. It stays parked, in its place, with its cause.

use fabric::{
    SubscriptionName,
    core::parked::{Change, Entry, Select, diff, edited_copy},
    runtime::redrive::replace,
};
use fabric_catalog::{fabric::DeadLetterEdited, values::Id};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Desk,
    view::{one, payload_of},
};
use crate::{
    Outcome,
    exit::Failure,
    operator::{audit::Act, descriptor},
};

/// The most changed places that are told.
const PATHS_TOLD_MAX: usize = 100;

/// Which event gets which payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EditRequest {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// The event's message id.
    pub id: String,
    /// The new payload, as text: what is not JSON is refused with a word about where.
    pub payload: String,
    /// Whether to do it, and not only to say what would change.
    pub apply: bool,
    /// Whether to say the values too.
    pub reveal: bool,
}

/// What an edit changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Edited {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// The event's message id.
    pub id: String,
    /// What changes.
    pub changes: Vec<Change>,
    /// Whether it was done.
    pub applied: bool,
    /// Whether the event that tells of it was published.
    pub told: bool,
}

impl Desk {
    /// Checks a payload, says what it changes, and puts it in the place of the parked one if that is asked for.
    pub async fn edit(&self, request: EditRequest) -> Outcome<Edited> {
        let (mut queue, events) = self.read(&request.subscription).await?;
        let edited = match one(&events, &request.id) {
            Ok(entry) => self.edit_entry(&mut queue, entry, request).await,
            Err(failure) => Err(failure),
        };
        queue.close().await;
        edited
    }

    async fn edit_entry(
        &self,
        queue: &mut fabric::runtime::parked::ParkedQueue,
        entry: &Entry,
        request: EditRequest,
    ) -> Outcome<Edited> {
        self.require_own(entry)?;
        let EditRequest { subscription, id, payload, apply, reveal } = request;
        let topic = entry.event.topic.as_ref();
        let topic =
            topic.ok_or_else(|| Failure::Refused("the event cannot be read: only payloads are edited".into()))?;
        let now = self.platform.clock().now();
        // One that has no time of its own keeps the place of the one before it, if there is one.
        let place = if entry.place > Timestamp::UNIX_EPOCH { entry.place } else { now };
        let bytes = payload.as_bytes();
        let copy = edited_copy(&entry.message, &subscription, descriptor(topic)?, bytes, place, &self.actor.id, now)
            .map_err(|error| Failure::Refused(error.to_string()))?;
        let after: Value =
            serde_json::from_slice(&copy.message.body).map_err(|error| Failure::Other(error.to_string()))?;
        let changes = diff(&payload_of(entry).unwrap_or_default(), &after);
        let mut edited = Edited { subscription, id, changes, applied: false, told: false };
        if apply && !edited.changes.is_empty() {
            let select = Select::Id(edited.id.clone());
            let ids = vec![edited.id.clone()];
            let act = Act::new(self.next_id(), &self.actor, "edit", &edited.subscription, &select, ids);
            self.audit.begin(&act).await?;
            let replaced = replace(self.broker.as_ref(), queue, &entry.tags, copy).await;
            let outcome = replaced.as_ref().map_or_else(ToString::to_string, |()| "edited".to_owned());
            self.audit.end(&act, &outcome).await?;
            replaced?;
            edited.applied = true;
            edited.told = self.tell(notice(&edited)).await;
        }
        if !reveal {
            edited.changes = edited.changes.into_iter().map(Change::redacted).collect();
        }
        Ok(edited)
    }
}

fn notice(edited: &Edited) -> Result<DeadLetterEdited, String> {
    let path = |change: &Change| if change.path.is_empty() { "payload".to_owned() } else { change.path.clone() };
    Ok(DeadLetterEdited {
        subscription: Id::try_new(edited.subscription.as_str()).map_err(|error| error.to_string())?,
        event_id: edited.id.clone(),
        changed_paths: edited.changes.iter().take(PATHS_TOLD_MAX).map(path).collect(),
    })
}
