//! Structured mode: one JSON object with the attributes and the payload under `data`.
//!
//! It is accepted on the way in, and it is how the last known event is kept in the cache: one text that says everything.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use serde_json::value::RawValue;

use super::{
    Poison, Received,
    attributes::{self, Value},
};
use crate::metadata::Metadata;

/// Writes an event as one JSON object. None when the payload is not JSON.
pub fn encode(metadata: &Metadata, body: &[u8]) -> Option<String> {
    let data: &RawValue = serde_json::from_slice(body).ok()?;
    let mut event: BTreeMap<&str, Cow<'_, RawValue>> = BTreeMap::new();
    attributes::write(metadata, |name, value| {
        let json = match value {
            Value::Text(text) => serde_json::value::to_raw_value(&text),
            Value::Number(number) => serde_json::value::to_raw_value(&number),
        };
        if let Ok(json) = json {
            event.insert(name, Cow::Owned(json));
        }
    });
    event.insert("data", Cow::Borrowed(data));
    serde_json::to_string(&event).ok()
}

/// Reads an event from one JSON object. The caller has checked its size and depth.
pub fn decode(body: &[u8]) -> Result<Received, Poison> {
    let event: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body).map_err(|_| Poison::NotCloudEvent)?;
    let metadata = attributes::read(|name| event.get(name).map(|json| plain(json)))?;
    let data = event.get("data").ok_or(Poison::Missing("data"))?;
    Ok(Received { metadata, body: Bytes::copy_from_slice(data.get().as_bytes()) })
}

/// A JSON text or number as text; anything else as an empty text, which no attribute accepts.
fn plain(json: &RawValue) -> Cow<'_, str> {
    match serde_json::from_str::<serde_json::Value>(json.get()) {
        Ok(serde_json::Value::String(text)) => Cow::Owned(text),
        Ok(serde_json::Value::Number(number)) => Cow::Owned(number.to_string()),
        _ => Cow::Borrowed(""),
    }
}
