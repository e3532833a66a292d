//! Events on the wire: `CloudEvents` 1.0, binary mode out, binary and structured mode in.
//!
//! Invariants:
//! - limits are checked before anything is parsed;
//! - what cannot be read is a [`Poison`] that names the attribute or the rule and quotes nothing of the input;
//! - headers that the broker sets are never read here and never written.

mod attributes;
mod batch;
mod binary;
pub(crate) mod json;
mod structured;

pub use attributes::schema_uri;
pub use batch::{InvalidBatch, decode_batch};
pub use binary::encode;
pub use structured::{decode as decode_structured, encode as encode_structured};

use bytes::Bytes;

use crate::{
    event::{self, Event, InvalidPayload, InvalidVersion},
    limits::{BODY_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX, JSON_DEPTH_MAX},
    message::{Incoming, Message},
    metadata::Metadata,
    resend::{ORIGIN_EXCHANGE, ORIGIN_KEY},
    topology::names,
    upcast::UpcastError,
};

/// The media type of a payload in binary mode.
pub const JSON: &str = "application/json";
/// The media type of a whole event in structured mode.
pub const CLOUDEVENTS_JSON: &str = "application/cloudevents+json";
/// The media type of several whole events, a JSON array of them.
pub const CLOUDEVENTS_BATCH_JSON: &str = "application/cloudevents-batch+json";

/// An event that was read from the wire: its metadata, and its payload still as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Everything but the payload.
    pub metadata: Metadata,
    /// The payload's JSON.
    pub body: Bytes,
}

/// Why a message cannot be read, or may not be read here. Trying again cannot help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Poison {
    /// A body above the limit.
    #[error("the body has {bytes} bytes, at most {BODY_BYTES_MAX} are allowed")]
    BodyTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Too many headers, or too long ones.
    #[error("{count} headers of {bytes} bytes, at most {HEADERS_MAX} of {HEADER_BYTES_MAX} bytes are allowed")]
    HeadersTooLarge {
        /// How many.
        count: usize,
        /// How long together.
        bytes: usize,
    },
    /// JSON that nests too deep.
    #[error("the JSON nests deeper than {JSON_DEPTH_MAX}")]
    TooDeep,
    /// A structured event that is not a JSON object.
    #[error("the body is not a JSON object of a CloudEvent")]
    NotCloudEvent,
    /// A body that is not JSON.
    #[error("the content type is not {JSON} or {CLOUDEVENTS_JSON}")]
    ContentType,
    /// Several events in one message: each needs an outcome of its own.
    #[error("a batch is not one event: publish its events one by one, as `fabric publish --cloudevents` does")]
    Batch,
    /// An attribute that must be there is not.
    #[error("the attribute {0} is missing")]
    Missing(&'static str),
    /// An attribute is not of its form.
    #[error("the attribute {0} is not of its form")]
    Malformed(&'static str),
    /// The exchange or the routing key says something else than the event's type.
    #[error("the event's type is not the routing key, or its context not the exchange, that it came by")]
    Misrouted,
    /// The event belongs to a tenant that is not served here.
    #[error("the event's tenant is not served here")]
    WrongTenant,
    /// No handler of this subscription handles this topic.
    #[error("no handler of this subscription handles the event's type")]
    NoHandler,
    /// The payload's version is newer than the one known here, or it cannot be brought to that one.
    #[error(transparent)]
    Version(#[from] UpcastError),
    /// The payload is not one of its event type.
    #[error(transparent)]
    Payload(#[from] InvalidPayload),
}

impl From<InvalidVersion> for Poison {
    fn from(error: InvalidVersion) -> Self {
        match error {
            InvalidVersion::Upcast(error) => Self::Version(error),
            InvalidVersion::Payload(error) => Self::Payload(error),
        }
    }
}

impl Received {
    /// The payload as its type; one of an older version is brought to the type's first. Fails when its version is newer than the
    /// type's, or it is not a valid payload of its version.
    pub fn payload<E: Event>(&self) -> Result<E, Poison> {
        Ok(event::read_version(self.metadata.version, &self.body)?)
    }
}

/// Reads a delivery: checks the limits, the attributes, and that the event came by the way that its type says.
pub fn decode(incoming: &Incoming) -> Result<Received, Poison> {
    let received = decode_message(&incoming.message)?;
    let topic = &received.metadata.topic;
    let by_its_way = way_of(incoming)
        .is_none_or(|(exchange, key)| key == topic.as_str() && exchange == names::exchange(topic.context()));
    if by_its_way { Ok(received) } else { Err(Poison::Misrouted) }
}

/// The exchange and the routing key that an event was published with. Retries and redrives come straight to the queue, and say by which
/// way the original came: one that was misrouted stays so. None: it never came by a context's exchange.
fn way_of(incoming: &Incoming) -> Option<(&str, &str)> {
    if !names::brings_copies(&incoming.exchange) {
        return Some((&incoming.exchange, &incoming.routing_key));
    }
    let headers = &incoming.message.headers;
    headers.text(ORIGIN_EXCHANGE).zip(headers.text(ORIGIN_KEY))
}

/// Reads a message of either mode, wherever it came from.
pub fn decode_message(message: &Message) -> Result<Received, Poison> {
    check_limits(message)?;
    match media_type(message.properties.content_type.as_deref().unwrap_or(JSON)) {
        CLOUDEVENTS_JSON => structured::decode(&message.body),
        CLOUDEVENTS_BATCH_JSON => Err(Poison::Batch),
        other if is_json(other) => binary::decode(message),
        _ => Err(Poison::ContentType),
    }
}

/// A content type without its parameters.
pub(crate) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Whether a content type says that the content is JSON: `application/json` itself, or a type that is built on it.
fn is_json(content_type: &str) -> bool {
    let media_type = media_type(content_type);
    matches!(media_type, JSON | "text/json") || media_type.ends_with("+json")
}

fn check_limits(message: &Message) -> Result<(), Poison> {
    let bytes = message.body.len();
    if bytes > BODY_BYTES_MAX {
        return Err(Poison::BodyTooLarge { bytes });
    }
    // What the fabric and the broker add on the way must not make a message too large that was not so when it was sent; but a
    // client can write such names too, so all headers together have a limit as well.
    let (count, bytes) = message.headers.size(|name| !is_added_on_the_way(name));
    let (count_all, bytes_all) = message.headers.size(|_| true);
    if count > HEADERS_MAX
        || bytes > HEADER_BYTES_MAX
        || count_all > 2 * HEADERS_MAX
        || bytes_all > 2 * HEADER_BYTES_MAX
    {
        return Err(Poison::HeadersTooLarge { count: count_all, bytes: bytes_all });
    }
    if json::is_deeper_than(&message.body, JSON_DEPTH_MAX) { Err(Poison::TooDeep) } else { Ok(()) }
}

fn is_added_on_the_way(header: &str) -> bool {
    header.starts_with("fabric-") || header.starts_with("x-")
}
