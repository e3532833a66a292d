//! How an event lies in Redis: `recency|json`. Under which key says the core.

use fabric_core::{
    TenantId,
    codec::decode_structured,
    recency::{RECENCY_CHARS, Recency},
};
use fabric_runtime::ports::{CacheError, CachedEvent};

/// Stands between the recency and the event.
const SEPARATOR: u8 = b'|';

/// The record of an event.
pub(crate) fn write(recency: &Recency, event: &str) -> String {
    format!("{recency}{}{event}", char::from(SEPARATOR))
}

/// Reads the record that was found under `key` as an event of this tenant and topic. Fails when it is anything else.
pub(crate) fn read(record: &[u8], key: &str, tenant: &TenantId, topic: &str) -> Result<CachedEvent, CacheError> {
    parse(record)
        .filter(|cached| cached.event.metadata.tenant == *tenant && cached.event.metadata.topic.as_str() == topic)
        .ok_or_else(|| CacheError::Unreadable { key: format!("{key} {topic}") })
}

fn parse(record: &[u8]) -> Option<CachedEvent> {
    let (recency, rest) = record.split_at_checked(RECENCY_CHARS)?;
    let recency = std::str::from_utf8(recency).ok()?;
    let is_recency = recency.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let event = decode_structured(rest.strip_prefix(&[SEPARATOR])?).ok()?;
    is_recency.then(|| CachedEvent { event, recency: recency.to_owned() })
}

#[cfg(test)]
mod tests {
    use fabric_core::recency::last_key;

    use super::*;

    #[test]
    fn what_is_not_a_record_is_named_and_not_quoted() {
        let (tenant, topic) = ("district-1".parse().unwrap(), "gradebook.grade.posted");
        let hex = "0".repeat(RECENCY_CHARS);
        for bad in ["", "Ada", "{}", &hex, &format!("{hex}|Ada"), &format!("{hex}|{{}}"), &format!("é{hex}|{{}}")] {
            let error = read(bad.as_bytes(), &last_key(&tenant), &tenant, topic).unwrap_err();
            let expected = "the cache holds something unreadable under fabric:{district-1}:last gradebook.grade.posted";
            assert_eq!(error.to_string(), expected, "{bad:?}");
        }
    }
}
