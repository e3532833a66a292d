//! Batched mode: a JSON array of whole events, as HTTP clients and files have it.

use serde_json::value::RawValue;

use super::{Poison, Received, json::is_deeper_than, structured};
use crate::limits::{BATCH_EVENTS_MAX, BODY_BYTES_MAX, JSON_DEPTH_MAX};

/// Why a batch cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBatch {
    /// It is not a JSON array.
    #[error("a batch is a JSON array of CloudEvents")]
    NotArray,
    /// It has too many events.
    #[error("the batch has {count} events, at most {BATCH_EVENTS_MAX} are allowed")]
    TooMany {
        /// How many.
        count: usize,
    },
}

/// Reads several events: each by itself, so one that cannot be read does not keep the others. The caller has limited the size of the
/// whole, which is in memory.
pub fn decode_batch(body: &[u8]) -> Result<Vec<Result<Received, Poison>>, InvalidBatch> {
    // One level more than an event has.
    if is_deeper_than(body, JSON_DEPTH_MAX + 1) {
        return Err(InvalidBatch::NotArray);
    }
    let events: Vec<&RawValue> = serde_json::from_slice(body).map_err(|_| InvalidBatch::NotArray)?;
    if events.len() > BATCH_EVENTS_MAX {
        return Err(InvalidBatch::TooMany { count: events.len() });
    }
    Ok(events.into_iter().map(|event| decode(event.get().as_bytes())).collect())
}

fn decode(event: &[u8]) -> Result<Received, Poison> {
    let bytes = event.len();
    if bytes > BODY_BYTES_MAX { Err(Poison::BodyTooLarge { bytes }) } else { structured::decode(event) }
}
