//! The shell's loops on the broker in this process.

mod held;
mod redrive;

use bytes::Bytes;
use fabric_core::{
    PartitionKey,
    message::{HeaderValue, Message},
    partition::slot_of,
    resend::SLOT,
};

/// An event as a service publishes it.
fn message(id: &str, topic: &str, key: &str, body: String) -> Message {
    let mut message = Message { body: Bytes::from(body), ..Message::default() };
    for (name, value) in [
        ("cloudEvents_specversion", "1.0"),
        ("cloudEvents_id", id),
        ("cloudEvents_source", "social"),
        ("cloudEvents_type", topic),
        ("cloudEvents_time", "2026-09-03T11:55:00Z"),
        ("cloudEvents_dataschema", &format!("urn:fabric:{topic}:1")),
        ("cloudEvents_tenantid", "demo"),
        ("cloudEvents_correlationid", "c-1"),
        ("cloudEvents_partitionkey", key),
    ] {
        message.headers.set(name.to_owned(), value);
    }
    let slot = slot_of(&PartitionKey::try_new(key).unwrap());
    message.headers.set(SLOT, HeaderValue::Int(i64::from(slot)));
    message.properties.message_id = Some(id.to_owned());
    message.properties.content_type = Some("application/json".to_owned());
    message.properties.persistent = true;
    message
}
