//! The headers that every event carries: `CloudEvents` attributes in binary mode, trace context, and the slot of its key.

use serde_json::{Map, Value, json};

use super::{put, reference};
use crate::{
    event::Descriptor,
    limits::HEADER_BYTES_MAX,
    message::{HeaderValue, Headers},
    partition::SLOTS,
    resend,
};

/// The name of the shared schema among the document's schemas.
pub(super) const NAME: &str = "event-headers";

/// The header with the partition key.
pub(super) const KEY: &str = "cloudEvents_partitionkey";

/// Texts of headers: their name, whether every event has them, and what they say.
const TEXTS: &[(&str, bool, &str)] = &[
    ("cloudEvents_specversion", true, "The version of CloudEvents: 1.0."),
    ("cloudEvents_id", true, "The event's id, the same on every resend."),
    ("cloudEvents_source", true, "The service that published it."),
    ("cloudEvents_type", true, "The topic."),
    ("cloudEvents_time", true, "When it happened, RFC 3339 in UTC."),
    ("cloudEvents_dataschema", true, "The schema of the payload, with its version."),
    ("cloudEvents_tenantid", true, "The tenant that the data belongs to."),
    ("cloudEvents_correlationid", true, "What ties together everything that one request set off."),
    ("cloudEvents_actorid", false, "Who caused it."),
    ("cloudEvents_subject", false, "The person whom the data is about."),
    (KEY, false, "The partition key: events with the same key are kept in order."),
    ("cloudEvents_causationid", false, "The event that this one is a reaction to."),
    ("cloudEvents_streamid", false, "The aggregate's stream in the event log."),
    ("traceparent", false, "The distributed trace, as in W3C Trace Context."),
    ("tracestate", false, "What tracing systems add to it."),
];

/// The same for headers with a whole number.
const NUMBERS: &[(&str, &str)] = &[
    ("cloudEvents_streamversion", "The version of the aggregate after this event, counted from 1."),
    ("cloudEvents_position", "The position in the event log."),
];

/// The schema of the headers of any event.
pub(super) fn schema() -> Value {
    let text = |(name, _, said): &(&str, bool, &str)| {
        let mut field = json!({ "type": "string", "minLength": 1, "maxLength": HEADER_BYTES_MAX, "description": said });
        match *name {
            "cloudEvents_specversion" => put(&mut field, "const", "1.0".into()),
            "cloudEvents_time" => put(&mut field, "format", "date-time".into()),
            _ => {}
        }
        ((*name).to_owned(), field)
    };
    let number = |(name, said): &(&str, &str)| {
        ((*name).to_owned(), json!({ "type": "integer", "minimum": 0, "description": said }))
    };
    let mut properties: Map<String, Value> = TEXTS.iter().map(text).chain(NUMBERS.iter().map(number)).collect();
    properties.insert(
        resend::SLOT.to_owned(),
        json!({
            "type": "integer", "minimum": 0, "maximum": SLOTS - 1,
            "description": "The slot of the partition key, by which partitioned subscriptions spread the events over their queues.",
        }),
    );
    let required: Vec<&str> = TEXTS.iter().filter(|(_, required, _)| *required).map(|(name, ..)| *name).collect();
    json!({
        "type": "object",
        "title": "Headers of an event",
        "description": "The attributes of CloudEvents 1.0 in binary mode. On the way in, the prefixes `cloudEvents:` and `ce-` are \
            understood too.",
        "properties": properties,
        "required": required,
    })
}

/// The schema of the headers of one event type.
pub(super) fn of_event(event: &Descriptor, dataschema: &str) -> Value {
    json!({
        "type": "object",
        "allOf": [reference(&["components", "schemas", NAME])],
        "properties": {
            "cloudEvents_type": { "const": event.topic },
            "cloudEvents_dataschema": { "const": dataschema },
        },
    })
}

/// Headers as JSON.
pub(super) fn as_json(headers: &Headers) -> Value {
    let value = |value: &HeaderValue| match value {
        HeaderValue::Text(text) => Value::from(text.as_str()),
        HeaderValue::Int(number) => Value::from(*number),
        HeaderValue::Bool(truth) => Value::from(*truth),
        HeaderValue::Other => Value::Null,
    };
    headers.iter().map(|(name, one)| (name.to_owned(), value(one))).collect::<Map<String, Value>>().into()
}
