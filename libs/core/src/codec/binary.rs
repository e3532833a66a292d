//! Binary mode: the body is the payload alone, attributes are headers.

use std::borrow::Cow;

use bytes::Bytes;

use super::{
    JSON, Poison, Received,
    attributes::{self, Value, attribute as a},
};
use crate::{
    message::{HeaderValue, Headers, Message, Properties},
    metadata::Metadata,
};

/// The prefixes that producers put before an attribute's name: ours (AMQP binding, JMS-safe form), the binding's older form, HTTP's.
const PREFIXES: [&str; 3] = ["cloudEvents_", "cloudEvents:", "ce-"];

/// Writes an event in binary mode.
pub fn encode(metadata: &Metadata, body: Bytes) -> Message {
    let mut headers = Headers::with_capacity(16);
    attributes::write(metadata, |name, value| {
        headers.push(
            header_of(name),
            match value {
                Value::Text(text) => HeaderValue::Text(text.into_owned()),
                Value::Number(number) => HeaderValue::Int(number),
            },
        );
    });
    let properties = Properties {
        message_id: Some(metadata.id.to_string()),
        kind: Some(metadata.topic.as_str().to_owned()),
        app_id: Some(metadata.source.clone()),
        user_id: None,
        content_type: Some(JSON.to_owned()),
        timestamp_s: u64::try_from(metadata.time.as_second()).ok(),
        persistent: true,
    };
    Message { properties, headers, body }
}

/// Reads an event in binary mode.
pub(super) fn decode(message: &Message) -> Result<Received, Poison> {
    let metadata = attributes::read(|name| find(&message.headers, name))?;
    Ok(Received { metadata, body: message.body.clone() })
}

/// The header that carries an attribute. W3C's trace headers stand under their own names.
fn header_of(attribute: &'static str) -> &'static str {
    match attribute {
        a::ID => "cloudEvents_id",
        a::SOURCE => "cloudEvents_source",
        a::TYPE => "cloudEvents_type",
        a::SPEC_VERSION => "cloudEvents_specversion",
        a::TIME => "cloudEvents_time",
        a::SUBJECT => "cloudEvents_subject",
        a::DATA_SCHEMA => "cloudEvents_dataschema",
        a::TENANT => "cloudEvents_tenantid",
        a::ACTOR => "cloudEvents_actorid",
        a::CORRELATION => "cloudEvents_correlationid",
        a::CAUSATION => "cloudEvents_causationid",
        a::STREAM => "cloudEvents_streamid",
        a::STREAM_VERSION => "cloudEvents_streamversion",
        a::POSITION => "cloudEvents_position",
        a::KEY => "cloudEvents_partitionkey",
        other => other,
    }
}

fn find<'a>(headers: &'a Headers, attribute: &'static str) -> Option<Cow<'a, str>> {
    let ours = header_of(attribute);
    let value = headers.get(ours).or_else(|| {
        headers
            .iter()
            .find(|(name, _)| PREFIXES.iter().any(|prefix| name.strip_prefix(prefix) == Some(attribute)))
            .map(|(_, v)| v)
    })?;
    match value {
        HeaderValue::Text(text) => Some(Cow::Borrowed(text)),
        HeaderValue::Int(number) => Some(Cow::Owned(number.to_string())),
        HeaderValue::Bool(_) | HeaderValue::Other => Some(Cow::Borrowed("")),
    }
}
