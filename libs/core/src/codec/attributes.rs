//! `CloudEvents` attributes to metadata and back, whatever carries them.

use jiff::Timestamp;

use super::Poison;
use crate::{
    metadata::{Metadata, StreamPlace},
    name::{CorrelationId, EventId, InvalidName},
    topic::Topic,
    trace::TraceContext,
};

/// The attributes' names without a prefix.
pub(super) mod attribute {
    pub const ID: &str = "id";
    pub const SOURCE: &str = "source";
    pub const TYPE: &str = "type";
    pub const SPEC_VERSION: &str = "specversion";
    pub const TIME: &str = "time";
    pub const SUBJECT: &str = "subject";
    pub const DATA_SCHEMA: &str = "dataschema";
    pub const TENANT: &str = "tenantid";
    pub const ACTOR: &str = "actorid";
    pub const CORRELATION: &str = "correlationid";
    pub const CAUSATION: &str = "causationid";
    pub const STREAM: &str = "streamid";
    pub const STREAM_VERSION: &str = "streamversion";
    pub const POSITION: &str = "position";
    pub const KEY: &str = "partitionkey";
    pub const TRACE_PARENT: &str = "traceparent";
    pub const TRACE_STATE: &str = "tracestate";
}
use attribute as a;

/// The only version of `CloudEvents` that there is.
pub(super) const SPEC_VERSION: &str = "1.0";

/// The URI of a payload's schema: `urn:fabric:{topic}:{version}`.
pub fn schema_uri(topic: &Topic, version: u16) -> String {
    format!("urn:fabric:{topic}:{version}")
}

/// Reads metadata from attributes, which `get` finds by name. Texts and numbers both come as text.
pub(super) fn read<'a>(get: impl Fn(&'static str) -> Option<std::borrow::Cow<'a, str>>) -> Result<Metadata, Poison> {
    let required = |name| get(name).filter(|text| !text.is_empty()).ok_or(Poison::Missing(name));
    if required(a::SPEC_VERSION)? != SPEC_VERSION {
        return Err(Poison::Malformed(a::SPEC_VERSION));
    }
    let source = required(a::SOURCE)?.into_owned();
    let id = EventId::of_producer(&source, &required(a::ID)?);
    let topic = Topic::try_new(&required(a::TYPE)?).map_err(|_| Poison::Malformed(a::TYPE))?;
    let tenant = required(a::TENANT)?.parse().map_err(|_| Poison::Malformed(a::TENANT))?;
    let time = match get(a::TIME) {
        Some(text) => text.parse().map_err(|_| Poison::Malformed(a::TIME))?,
        None => time_of(id),
    };
    let stream = match (optional(&get, a::STREAM)?, number(&get, a::STREAM_VERSION)?) {
        (Some(id), Some(version)) => Some(StreamPlace { id, version }),
        (Some(_), None) => return Err(Poison::Missing(a::STREAM_VERSION)),
        (None, _) => None,
    };
    let correlation = match optional(&get, a::CORRELATION)? {
        Some(correlation) => correlation,
        None => correlation_of(id)?,
    };
    Ok(Metadata {
        id,
        version: version_of(get(a::DATA_SCHEMA).as_deref(), &topic)?,
        topic,
        time,
        source,
        tenant,
        actor: optional(&get, a::ACTOR)?,
        subject: optional(&get, a::SUBJECT)?,
        key: optional(&get, a::KEY)?,
        correlation,
        causation: match get(a::CAUSATION) {
            Some(text) => Some(text.parse().map_err(|_| Poison::Malformed(a::CAUSATION))?),
            None => None,
        },
        stream,
        position: number(&get, a::POSITION)?,
        trace: get(a::TRACE_PARENT).and_then(|parent| TraceContext::parse(&parent, get(a::TRACE_STATE).as_deref())),
    })
}

/// The value of an attribute on the way out: `CloudEvents` knows texts and small whole numbers, among others.
pub(super) enum Value<'a> {
    Text(std::borrow::Cow<'a, str>),
    Number(i64),
}

/// Writes metadata as attributes, each once.
pub(super) fn write<'a>(metadata: &'a Metadata, mut set: impl FnMut(&'static str, Value<'a>)) {
    let owned = |text: String| Value::Text(text.into());
    let text = |text: &'a str| Value::Text(text.into());
    set(a::SPEC_VERSION, text(SPEC_VERSION));
    set(a::ID, owned(metadata.id.to_string()));
    set(a::SOURCE, text(&metadata.source));
    set(a::TYPE, text(metadata.topic.as_str()));
    set(a::TIME, owned(metadata.time.to_string()));
    set(a::DATA_SCHEMA, owned(schema_uri(&metadata.topic, metadata.version)));
    set(a::TENANT, text(metadata.tenant.as_str()));
    set(a::CORRELATION, text(metadata.correlation.as_str()));
    if let Some(actor) = &metadata.actor {
        set(a::ACTOR, text(actor.as_str()));
    }
    if let Some(subject) = &metadata.subject {
        set(a::SUBJECT, text(subject.as_str()));
    }
    if let Some(key) = &metadata.key {
        set(a::KEY, text(key.as_str()));
    }
    if let Some(causation) = metadata.causation {
        set(a::CAUSATION, owned(causation.to_string()));
    }
    if let Some(stream) = &metadata.stream {
        set(a::STREAM, text(stream.id.as_str()));
        set(a::STREAM_VERSION, counted(stream.version));
    }
    if let Some(position) = metadata.position {
        set(a::POSITION, counted(position));
    }
    if let Some(trace) = &metadata.trace {
        set(a::TRACE_PARENT, owned(trace.to_string()));
        if let Some(state) = trace.state() {
            set(a::TRACE_STATE, text(state));
        }
    }
}

/// `CloudEvents` knows whole numbers of 32 bits. What is beyond them goes as text, which every reader of ours takes as well.
fn counted<'a>(number: u64) -> Value<'a> {
    i32::try_from(number).map_or_else(|_| Value::Text(number.to_string().into()), |number| Value::Number(number.into()))
}

fn optional<'a, T: std::str::FromStr<Err = InvalidName>>(
    get: impl Fn(&'static str) -> Option<std::borrow::Cow<'a, str>>,
    name: &'static str,
) -> Result<Option<T>, Poison> {
    get(name).map(|text| text.parse().map_err(|_| Poison::Malformed(name))).transpose()
}

fn number<'a>(
    get: impl Fn(&'static str) -> Option<std::borrow::Cow<'a, str>>,
    name: &'static str,
) -> Result<Option<u64>, Poison> {
    get(name).map(|text| text.parse().map_err(|_| Poison::Malformed(name))).transpose()
}

/// Without a schema the version is 1; with one it must be ours, since another one's version cannot be known.
fn version_of(schema: Option<&str>, topic: &Topic) -> Result<u16, Poison> {
    let Some(schema) = schema else { return Ok(1) };
    schema
        .strip_prefix("urn:fabric:")
        .and_then(|rest| rest.strip_prefix(topic.as_str()))
        .and_then(|rest| rest.strip_prefix(':'))
        .and_then(|version| version.parse().ok())
        .ok_or(Poison::Malformed(a::DATA_SCHEMA))
}

fn correlation_of(id: EventId) -> Result<CorrelationId, Poison> {
    CorrelationId::try_new(&id.to_string()).map_err(|_| Poison::Malformed(a::ID))
}

/// `time` is optional in `CloudEvents`. An id of version 7 has the time in it; any other event counts as of 1970, so it never
/// pushes a dated one out of the cache.
fn time_of(id: EventId) -> Timestamp {
    let unix_ms = id.uuid().get_timestamp().map_or(0, |timestamp| {
        let (seconds, nanos) = timestamp.to_unix();
        seconds.saturating_mul(1_000).saturating_add(u64::from(nanos / 1_000_000))
    });
    i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}
