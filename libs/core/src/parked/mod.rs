//! What is parked: why, since when, and what may become of it.
//!
//! A parked queue is read as a whole into [`ParkedEvents`], in the order in which its events were parked. Everything an operator does
//! with them is decided here: which events are [`Select`]ed, where they would go, and what the copies look like.

mod copy;
mod group;
mod payload;
mod queue;

pub use copy::{CannotEdit, EDITED_AT, EDITED_BY, dropped_copy, edited_copy, keeps_order, redriven_copy, target_of};
pub use group::{Group, groups};
pub use payload::{Change, ChangeKind, diff, redacted};
pub use queue::{CannotRedrive, Entry, Move, NoSuch, ParkedEvents, Select};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    codec,
    fault::FaultClass,
    message::{HeaderValue, Headers, Incoming},
    name::{PartitionKey, TenantId},
    resend::{
        ATTEMPT, FAULT_MESSAGE, FAULT_TYPE, FIRST_FAILED_AT, HANDLER, LAST_FAILED_AT, ORIGIN_EXCHANGE, ORIGIN_KEY,
        ORIGIN_QUEUE, PARKED_AT, REDRIVE_ID,
    },
    seed::stable_hash,
    topic::Topic,
};

/// What is said of an event that the broker itself has parked: it knows no reasons.
const GAVE_UP: &str = "the broker gave up after it came back too often";

/// Why an event is parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Every attempt failed.
    Exhausted,
    /// The handler said that trying again cannot help.
    Permanent,
    /// It cannot be read, or may not be read here.
    Poison,
    /// An earlier event of its key is parked, and the subscription keeps the order.
    Held,
    /// The broker gave up: it came back without an outcome too often, as when it ends every process that handles it.
    GaveUp,
}

impl Cause {
    /// The cause as it stands in events, in tables and in audit records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::Permanent => "permanent",
            Self::Poison => "poison",
            Self::Held => "held",
            Self::GaveUp => "gave_up",
        }
    }

    /// The class of the fault, if there was one.
    pub fn class(self) -> Option<FaultClass> {
        match self {
            Self::Exhausted => Some(FaultClass::Transient),
            Self::Permanent | Self::Poison => Some(FaultClass::Permanent),
            Self::Held | Self::GaveUp => None,
        }
    }

    /// What the headers say. What waited for its next attempt has the class of its fault there, and only the broker can have brought it
    /// here from there: as with what has no such header, the broker gave up.
    fn of(headers: &Headers) -> Self {
        match headers.text(FAULT_TYPE) {
            Some("exhausted") => Self::Exhausted,
            Some("permanent") => Self::Permanent,
            Some("poison") => Self::Poison,
            Some("held") => Self::Held,
            Some(_) | None => Self::GaveUp,
        }
    }
}

/// What is known of a parked event without its payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedEvent {
    /// The message id. A message without one gets a name that follows from its body.
    pub id: String,
    /// The topic, if the event can be read.
    pub topic: Option<Topic>,
    /// Whose event it is, if it can be read.
    pub tenant: Option<TenantId>,
    /// What it is ordered by, if it can be read and says so.
    pub key: Option<PartitionKey>,
    /// Why it is parked.
    pub cause: Cause,
    /// What the fault said.
    pub message: String,
    /// The pattern of the handler that failed.
    pub handler: Option<String>,
    /// How often it was tried.
    pub attempts: Option<u32>,
    /// When the first attempt failed.
    pub first_failed_at: Option<Timestamp>,
    /// When the last attempt failed.
    pub last_failed_at: Option<Timestamp>,
    /// When it was parked for the first time.
    pub parked_at: Option<Timestamp>,
    /// Where it came from.
    pub origin: Origin,
    /// The redrive that it came back from.
    pub redrive_id: Option<String>,
    /// When somebody last changed its payload.
    pub edited_at: Option<Timestamp>,
    /// How large its body is.
    pub size_bytes: usize,
}

/// Where a parked event came from. What the broker itself has parked does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The queue that it was taken from.
    pub queue: Option<String>,
    /// The exchange that it was published to.
    pub exchange: Option<String>,
    /// The routing key that it was published with.
    pub key: Option<String>,
}

impl ParkedEvent {
    /// What a message of a parked queue says of itself. Headers that are not of their form count as none.
    pub fn of(incoming: &Incoming) -> Self {
        let message = &incoming.message;
        let headers = &message.headers;
        let metadata = codec::decode_message(message).ok().map(|received| received.metadata);
        let text = |name| headers.text(name).map(str::to_owned);
        let time = |name| headers.text(name).and_then(|text| text.parse().ok());
        let cause = Cause::of(headers);
        let said = if cause == Cause::GaveUp { None } else { text(FAULT_MESSAGE) };
        Self {
            id: id_of(incoming),
            cause,
            message: said.unwrap_or_else(|| if cause == Cause::GaveUp { GAVE_UP.to_owned() } else { String::new() }),
            handler: text(HANDLER),
            attempts: headers
                .get(ATTEMPT)
                .and_then(HeaderValue::as_int)
                .and_then(|attempt| u32::try_from(attempt).ok()),
            first_failed_at: time(FIRST_FAILED_AT),
            last_failed_at: time(LAST_FAILED_AT),
            parked_at: time(PARKED_AT),
            origin: Origin { queue: text(ORIGIN_QUEUE), exchange: text(ORIGIN_EXCHANGE), key: text(ORIGIN_KEY) },
            redrive_id: text(REDRIVE_ID),
            edited_at: time(EDITED_AT),
            size_bytes: message.body.len(),
            topic: metadata.as_ref().map(|metadata| metadata.topic.clone()),
            tenant: metadata.as_ref().map(|metadata| metadata.tenant.clone()),
            key: metadata.and_then(|metadata| metadata.key),
        }
    }
}

/// The id that a message is known by.
fn id_of(incoming: &Incoming) -> String {
    match incoming.message.properties.message_id.as_deref() {
        Some(id) if !id.is_empty() => id.to_owned(),
        _ => format!("unnamed-{:016x}", stable_hash(&incoming.message.body)),
    }
}

#[cfg(test)]
pub(crate) mod tests;
