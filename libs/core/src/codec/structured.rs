//! Structured mode: one JSON object with the attributes and the payload under `data`.
//!
//! It is accepted on the way in, and it is how the last known event is kept in the cache: one text that says everything.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::value::RawValue;

use super::{
    Poison, Received,
    attributes::{self, Value},
    is_json,
    json::is_deeper_than,
};
use crate::{limits::JSON_DEPTH_MAX, metadata::Metadata};

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
///
/// The payload is `data`, or `data_base64` with the bytes of its JSON. An attribute that is null counts as one that is not there.
pub fn decode(body: &[u8]) -> Result<Received, Poison> {
    let event: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body).map_err(|_| Poison::NotCloudEvent)?;
    let get = |name: &str| event.get(name).filter(|json| json.get() != "null");
    if let Some(kind) = get("datacontenttype")
        && !is_json(&plain(kind))
    {
        return Err(Poison::ContentType);
    }
    let metadata = attributes::read(|name| get(name).map(|json| plain(json)))?;
    let body = match (event.get("data"), get("data_base64")) {
        (None, Some(base64)) => of_base64(&plain(base64))?,
        (Some(data), None) => Bytes::copy_from_slice(data.get().as_bytes()),
        (None, None) => return Err(Poison::Missing("data")),
        (Some(_), Some(_)) => return Err(Poison::Malformed("data_base64")),
    };
    Ok(Received { metadata, body })
}

/// The bytes of a payload's JSON. They have not been seen by anybody who checked how deep they nest.
fn of_base64(text: &str) -> Result<Bytes, Poison> {
    let json = STANDARD.decode(text).map_err(|_| Poison::Malformed("data_base64"))?;
    if is_deeper_than(&json, JSON_DEPTH_MAX) { Err(Poison::TooDeep) } else { Ok(json.into()) }
}

/// A JSON text or number as text; anything else as an empty text, which no attribute accepts.
fn plain(json: &RawValue) -> Cow<'_, str> {
    match serde_json::from_str::<serde_json::Value>(json.get()) {
        Ok(serde_json::Value::String(text)) => Cow::Owned(text),
        Ok(serde_json::Value::Number(number)) => Cow::Owned(number.to_string()),
        _ => Cow::Borrowed(""),
    }
}
