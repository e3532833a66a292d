//! Looking at what is parked. Nothing is changed: what was read goes back in its order.

use fabric::{
    SubscriptionName,
    core::{
        codec,
        parked::{Entry, Group, ParkedEvent, ParkedEvents, Select, redacted, target_of},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Desk, queue_of};
use crate::{Outcome, exit::Failure};

/// What is parked of one subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Listed {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// How many events.
    pub parked: u64,
    /// The same by cause, the largest group first.
    pub groups: Vec<Group>,
    /// Why the groups are not known, if they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// One parked event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shown {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// The id of its group.
    pub group: String,
    /// The queue that it would go back to.
    pub target: Option<String>,
    /// The id of the oldest parked event of its key, if that is another one.
    pub behind: Option<String>,
    /// What it says of itself.
    #[serde(flatten)]
    pub event: ParkedEvent,
    /// Why it could not be read now either, if it cannot.
    pub unreadable: Option<String>,
    /// The payload, or its structure without its values.
    pub payload: Value,
}

impl Desk {
    /// What is parked, of one subscription or of all that have any.
    pub async fn list(&self, subscription: Option<&SubscriptionName>) -> Outcome<Vec<Listed>> {
        let wanted: Vec<SubscriptionName> = match subscription {
            Some(name) => {
                self.require(name)?;
                vec![name.clone()]
            }
            None => self.subscriptions().collect(),
        };
        let depths = self.broker.depths(wanted.iter().map(queue_of).collect()).await;
        let depths = depths.map_err(|error| Failure::Unreachable(error.to_string()))?;
        // Where not one of the queues stands, nothing is known of what is parked.
        if let (Some(name), true) = (wanted.first(), depths.is_empty()) {
            return Err(Failure::missing(&format!("the queue {} does not exist", queue_of(name))));
        }
        let mut listed = Vec::new();
        for name in wanted {
            let Some(depth) = depths.iter().find(|depth| depth.queue == queue_of(&name)) else { continue };
            // A reader has everything out, so an empty queue with a reader says nothing.
            if depth.ready > 0 || depth.consumers > 0 {
                listed.push(self.list_one(name, depth.ready).await?);
            }
        }
        Ok(listed)
    }

    async fn list_one(&self, subscription: SubscriptionName, ready: u64) -> Outcome<Listed> {
        match self.read(&subscription).await {
            Ok((queue, events)) => {
                queue.close().await;
                let parked = u64::try_from(events.len()).unwrap_or(u64::MAX);
                Ok(Listed { parked, groups: events.groups(), unread: None, subscription })
            }
            Err(Failure::NotReady(why)) => {
                Ok(Listed { parked: ready, groups: Vec::new(), unread: Some(why), subscription })
            }
            Err(failure) => Err(failure),
        }
    }

    /// One parked event, its payload only when asked for.
    pub async fn show(&self, subscription: &SubscriptionName, id: &str, reveal: bool) -> Outcome<Shown> {
        let (queue, events) = self.read(subscription).await?;
        queue.close().await;
        let entry = one(&events, id)?;
        if reveal {
            self.require_own(entry)?;
        }
        let payload = payload_of(entry);
        Ok(Shown {
            subscription: subscription.clone(),
            group: entry.event.group_id(),
            target: target_of(&self.topology, subscription, &entry.message),
            behind: entry.behind.clone(),
            event: entry.event.clone(),
            unreadable: codec::decode_message(&entry.message.message).err().map(|poison| poison.to_string()),
            payload: match payload {
                Some(payload) if reveal => payload,
                Some(payload) => redacted(&payload),
                None => format!("<{} bytes that are not JSON>", entry.event.size_bytes).into(),
            },
        })
    }
}

/// The event with this id. Messages of foreign producers can share one, and then nobody could say which of them is meant.
pub(super) fn one<'a>(events: &'a ParkedEvents, id: &str) -> Outcome<&'a Entry> {
    match events.select(&Select::Id(id.to_owned()))?.as_slice() {
        [entry] => Ok(entry),
        several => {
            Err(Failure::Refused(format!("{} different events with the id {id} are parked here", several.len())))
        }
    }
}

/// The payload, if it is JSON: of a structured event what is in it.
pub(super) fn payload_of(entry: &Entry) -> Option<Value> {
    let message = &entry.message.message;
    let body = codec::decode_message(message).map_or_else(|_| message.body.clone(), |received| received.body);
    serde_json::from_slice(&body).ok()
}
