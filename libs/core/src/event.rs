//! What an event is: a payload type with a topic, and the same as data.

use std::borrow::Cow;

use garde::Validate;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    upcast::{self, UpcastError, Upcaster},
    validate::{self, Violation},
};

/// A typed domain event. Derive it: `#[derive(Event)]` writes this from attributes.
///
/// The type is the payload: its JSON is the whole body on the wire. Everything else about an event (id, time, tenant, actor)
/// is [`Metadata`](crate::Metadata).
pub trait Event: Serialize + DeserializeOwned + Validate<Context = ()> + Send + Sync + 'static {
    /// The topic, `context.aggregate.action`. The derive refuses one that is not of this form when it compiles.
    const TOPIC: &'static str;
    /// The version of the payload's schema, counted from 1.
    const VERSION: u16;
    /// The kind of aggregate that the event belongs to, such as `result`.
    const AGGREGATE: &'static str;
    /// The service that owns the event.
    const OWNER: &'static str;
    /// Other services that may publish it too: for events that ask the owner for something.
    const PUBLISHERS: &'static [&'static str];
    /// The roles of people who may cause it. A service acting by itself (role `service`) always may.
    const ROLES: &'static [&'static str];
    /// Who it is meant for.
    const SCOPE: Scope = Scope::Integration;
    /// What brings the payloads of older versions to this one: the first from version 1 to 2, the next from 2 to 3, and so on.
    const UPCASTERS: &'static [Upcaster] = &[];
    /// What happened, in a sentence.
    const DESCRIPTION: &'static str;
    /// The field that [`key`](Self::key) is read from, as the JSON calls it: `studentId`, or `student.id` for a field within a field.
    const KEY_FIELD: &'static str;
    /// The field that [`subject`](Self::subject) is read from, as the JSON calls it.
    const SUBJECT_FIELD: Option<&'static str> = None;

    /// The partition key: events with the same key are handled in order.
    fn key(&self) -> Cow<'_, str>;

    /// The person whom the data is about, if it is about one.
    fn subject(&self) -> Option<Cow<'_, str>>;
}

/// Who an event is meant for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every service: its payload is a contract with others.
    #[default]
    Integration,
    /// The service that owns it: no other may name it in a subscription, so it can change with its owner.
    Local,
}

impl Scope {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integration => "integration",
            Self::Local => "local",
        }
    }
}

/// An event type as data: what routing, permissions, documentation and the operator's tools need to know of it.
#[derive(Clone, Copy)]
pub struct Descriptor {
    /// See [`Event::TOPIC`].
    pub topic: &'static str,
    /// See [`Event::VERSION`].
    pub version: u16,
    /// See [`Event::AGGREGATE`].
    pub aggregate: &'static str,
    /// See [`Event::OWNER`].
    pub owner: &'static str,
    /// See [`Event::PUBLISHERS`].
    pub publishers: &'static [&'static str],
    /// See [`Event::ROLES`].
    pub roles: &'static [&'static str],
    /// See [`Event::SCOPE`].
    pub scope: Scope,
    /// See [`Event::UPCASTERS`].
    pub upcasters: &'static [Upcaster],
    /// See [`Event::DESCRIPTION`].
    pub description: &'static str,
    /// See [`Event::KEY_FIELD`].
    pub key_field: &'static str,
    /// See [`Event::SUBJECT_FIELD`].
    pub subject_field: Option<&'static str>,
    /// Reads and checks a payload of this type: see [`Checked`].
    pub check: fn(&[u8]) -> Result<Checked, InvalidPayload>,
}

/// A payload that was read from JSON and found valid, with what the fabric needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The payload written again from its type: unknown fields are gone.
    pub body: Vec<u8>,
    /// See [`Event::key`].
    pub key: String,
    /// See [`Event::subject`].
    pub subject: Option<String>,
}

/// Why a payload is not a valid payload of its event type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPayload {
    /// The JSON is not of the type's shape. The message never quotes the input.
    #[error("the payload does not have the shape of its event: {0}")]
    Shape(String),
    /// The shape is right and a value is out of bounds.
    #[error("the payload breaks {} rule(s) of its event: {}", .0.len(), validate::summary(.0))]
    Bounds(Vec<Violation>),
}

impl Descriptor {
    /// The descriptor of an event type.
    pub const fn of<E: Event>() -> Self {
        Self {
            topic: E::TOPIC,
            version: E::VERSION,
            aggregate: E::AGGREGATE,
            owner: E::OWNER,
            publishers: E::PUBLISHERS,
            roles: E::ROLES,
            scope: E::SCOPE,
            upcasters: E::UPCASTERS,
            description: E::DESCRIPTION,
            key_field: E::KEY_FIELD,
            subject_field: E::SUBJECT_FIELD,
            check: check::<E>,
        }
    }

    /// Whether the service may publish this event: it owns it, or is named among its publishers.
    pub fn may_be_published_by(&self, service: &str) -> bool {
        self.owner == service || self.publishers.contains(&service)
    }
}

impl std::fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Descriptor({} v{}, {})", self.topic, self.version, self.owner)
    }
}

/// Reads a payload of this or of an older version, and checks its bounds. Fails also for a newer version: nobody guesses what it means.
pub fn read_version<E: Event>(version: u16, body: &[u8]) -> Result<E, InvalidVersion> {
    if version == E::VERSION {
        return Ok(read(body)?);
    }
    let body = upcast::to_version(version, E::VERSION, E::UPCASTERS, body)?;
    Ok(read(&body)?)
}

/// Why a payload of another version cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVersion {
    /// It could not be brought to the version that is known.
    #[error(transparent)]
    Upcast(#[from] UpcastError),
    /// It is not a valid payload.
    #[error(transparent)]
    Payload(#[from] InvalidPayload),
}

/// Reads a payload from JSON and checks its bounds.
pub fn read<E: Event>(body: &[u8]) -> Result<E, InvalidPayload> {
    let event: E = validate::read_json(body).map_err(InvalidPayload::Shape)?;
    event.validate().map_err(|report| InvalidPayload::Bounds(validate::violations::<E>(&report)))?;
    Ok(event)
}

fn check<E: Event>(body: &[u8]) -> Result<Checked, InvalidPayload> {
    let event: E = read(body)?;
    let body = serde_json::to_vec(&event).map_err(|error| InvalidPayload::Shape(validate::scrub(&error)))?;
    Ok(Checked { body, key: event.key().into_owned(), subject: event.subject().map(Cow::into_owned) })
}
