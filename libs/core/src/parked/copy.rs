//! The copies by which a parked event leaves its queue, or is put back changed.

use bytes::Bytes;
use jiff::Timestamp;

use super::{Entry, Move, id_of};
use crate::{
    codec::{self, CLOUDEVENTS_JSON, Poison, Received},
    event::{Checked, Descriptor, InvalidPayload},
    message::{HeaderValue, Incoming, Message, Outgoing},
    metadata::Metadata,
    name::{ActorId, SubscriptionName},
    partition::SLOTS,
    resend::{
        ATTEMPT, DROPPED, FAULT_MESSAGE, FAULT_TYPE, HANDLER, LAST_FAILED_AT, NOT_BEFORE, PARKED_AT, REDRIVE_ID,
        REDRIVE_OLDEST, REDRIVE_ONCE, SLOT, may_travel,
    },
    topology::{QueueRole, Topology, names},
};

/// Who last changed the payload of a parked event.
pub const EDITED_BY: &str = "fabric-edited-by";
/// When the payload of a parked event was last changed.
pub const EDITED_AT: &str = "fabric-edited-at";

/// What a redriven event leaves behind: its attempts are counted anew, and what comes of them is told anew.
const LEFT_BEHIND: [&str; 10] = [
    ATTEMPT,
    FAULT_TYPE,
    FAULT_MESSAGE,
    HANDLER,
    LAST_FAILED_AT,
    NOT_BEFORE,
    REDRIVE_ID,
    REDRIVE_OLDEST,
    REDRIVE_ONCE,
    DROPPED,
];

/// Why a payload cannot be put in the place of a parked one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotEdit {
    /// The event itself cannot be read: its attributes are wrong, and only its payload could be changed.
    #[error("the event cannot be read, and changing its payload would not mend it: {0}")]
    Unreadable(Poison),
    /// The event is newer than what is known of its type here: checking its payload would cut away what is new.
    #[error("the event has version {found}, the newest known here is {known}")]
    Newer {
        /// The event's version.
        found: u16,
        /// The newest version that is known here.
        known: u16,
    },
    /// The payload is not one of its event type.
    #[error(transparent)]
    Payload(#[from] InvalidPayload),
    /// The payload is of another key, and would lose its place among the events of its own.
    #[error("the payload has another key: the event would no longer be in order with the others of its key")]
    Key,
    /// The payload is about somebody else.
    #[error("the payload is about another person than the event")]
    Subject,
}

/// The copy that goes back to the subscription: the event as it was published, with its place in `fabric-parked-at`. `once` says that it
/// gets one attempt only.
pub fn redriven_copy(step: &Move, redrive_id: &str, once: bool) -> Outgoing {
    let mut outgoing = copy_to(step.target.clone(), &step.entry.message);
    let headers = &mut outgoing.message.headers;
    headers.retain(|name, _| !LEFT_BEHIND.contains(&name));
    headers.set(PARKED_AT, step.entry.place.to_string());
    headers.set(REDRIVE_ID, redrive_id);
    headers.set(REDRIVE_OLDEST, HeaderValue::Bool(step.oldest));
    headers.set(REDRIVE_ONCE, HeaderValue::Bool(once));
    outgoing
}

/// The copy that tells a subscription which keeps the order that a parked event is given up, so that it waits for it no longer. None: nothing
/// waits for it, since the subscription keeps no order, is not there, or the event has no key.
pub fn dropped_copy(entry: &Entry, topology: &Topology, subscription: &SubscriptionName) -> Option<Outgoing> {
    if !keeps_order(topology, subscription) || entry.event.key.is_none() {
        return None;
    }
    let mut outgoing = copy_to(target_of(topology, subscription, &entry.message)?, &entry.message);
    let headers = &mut outgoing.message.headers;
    headers.retain(|name, _| !LEFT_BEHIND.contains(&name));
    headers.set(DROPPED, HeaderValue::Bool(true));
    Some(outgoing)
}

/// Whether the subscription gets the events of a key in their order, from one active consumer of each of its queues.
pub fn keeps_order(topology: &Topology, subscription: &SubscriptionName) -> bool {
    let parked = names::parked_queue(subscription);
    topology
        .queues
        .iter()
        .any(|queue| matches!(&queue.role, QueueRole::Work { parked: to, single_active: true } if *to == parked))
}

/// The copy of a parked event with another payload, which stays parked with its cause. `place` is since when it counts as parked.
///
/// Fails when the event cannot be read or is newer than its type, or the payload is not one of its type, has another key, or is about somebody else.
pub fn edited_copy(
    incoming: &Incoming,
    subscription: &SubscriptionName,
    descriptor: &Descriptor,
    payload: &[u8],
    place: Timestamp,
    by: &ActorId,
    now: Timestamp,
) -> Result<Outgoing, CannotEdit> {
    let Received { metadata, .. } = codec::decode_message(&incoming.message).map_err(CannotEdit::Unreadable)?;
    if metadata.version > descriptor.version {
        return Err(CannotEdit::Newer { found: metadata.version, known: descriptor.version });
    }
    let Checked { body, key, subject } = (descriptor.check)(payload)?;
    if metadata.key.as_ref().is_some_and(|own| own.as_str() != key) {
        return Err(CannotEdit::Key);
    }
    if metadata.subject.as_ref().is_some_and(|own| Some(own.as_str()) != subject.as_deref()) {
        return Err(CannotEdit::Subject);
    }
    let mut outgoing = copy_to(names::parked_queue(subscription), incoming);
    let kind = incoming.message.properties.content_type.as_deref();
    let is_structured = kind.is_some_and(|kind| codec::media_type(kind) == CLOUDEVENTS_JSON);
    if is_structured || metadata.version != descriptor.version {
        // The body was the whole event, or of an older version. It goes on in binary mode, with the same attributes but for the version.
        let own = outgoing.message.headers;
        let metadata = Metadata { version: descriptor.version, ..metadata };
        outgoing.message = codec::encode(&metadata, Bytes::new());
        outgoing.message.properties.message_id = Some(id_of(incoming));
        let kept = own.iter().filter(|(name, _)| !name.ends_with("dataschema"));
        kept.for_each(|(name, value)| outgoing.message.headers.set(name.to_owned(), value.clone()));
    }
    outgoing.message.body = body.into();
    let headers = &mut outgoing.message.headers;
    headers.set(PARKED_AT, place.to_string());
    headers.set(EDITED_BY, by.as_str());
    headers.set(EDITED_AT, now.to_string());
    Ok(outgoing)
}

/// The queue that a parked event goes back to: the subscription's, or the one of its slot. None: the subscription is not there.
pub fn target_of(topology: &Topology, subscription: &SubscriptionName, incoming: &Incoming) -> Option<String> {
    let splitter = topology.splitters.iter().find(|splitter| splitter.subscription == *subscription);
    let Some(splitter) = splitter else {
        let queue = topology.queues.iter().find(|queue| queue.name == subscription.as_str())?;
        return matches!(queue.role, QueueRole::Work { .. }).then(|| queue.name.clone());
    };
    // As the broker does it: a slot is a number, and whatever is not one has no slot.
    Some(match incoming.message.headers.get(SLOT) {
        Some(HeaderValue::Int(slot)) if (0..i64::from(SLOTS)).contains(slot) => {
            splitter.queue_of(u8::try_from(*slot).unwrap_or_default())
        }
        _ => splitter.slotless_queue(),
    })
}

fn copy_to(queue: String, incoming: &Incoming) -> Outgoing {
    let mut properties = incoming.message.properties.clone();
    // The broker checks the user id against the connection that publishes, which is ours now.
    properties.user_id = None;
    properties.persistent = true;
    properties.message_id = Some(id_of(incoming));
    let mut headers = incoming.message.headers.clone();
    headers.retain(may_travel);
    let message = Message { properties, headers, body: incoming.message.body.clone() };
    Outgoing { exchange: names::queues_exchange(names::service_of(&queue)), routing_key: queue, message }
}
