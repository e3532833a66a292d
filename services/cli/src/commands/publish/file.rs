//! The `CloudEvents` of a file, and what each says of itself before it is read.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use fabric::{
    TenantId, Topic,
    core::{
        codec::{self, InvalidBatch, Poison, Received},
        message::Message,
    },
};
use serde_json::value::RawValue;

/// One event of a file.
pub struct Given {
    /// What it calls its type, if that is a topic.
    pub topic: Option<Topic>,
    /// What it calls its id, if that is short enough to be shown.
    pub id: Option<String>,
    /// What was read.
    pub event: Result<Received, Poison>,
}

/// The longest id that is shown.
const ID_CHARS_MAX: usize = 64;

/// One event, or all of an array. Those that do not say whose they are belong to the tenant.
pub fn events(json: &[u8], tenant: &TenantId) -> Result<Vec<Given>, InvalidBatch> {
    let is_array = json.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if !is_array {
        let (topic, id, json) = prepared(json, tenant);
        // One event is read like a message, with all its limits.
        let mut message = Message { body: json.into_owned().into(), ..Default::default() };
        message.properties.content_type = Some(codec::CLOUDEVENTS_JSON.to_owned());
        return Ok(vec![Given { topic, id, event: codec::decode_message(&message) }]);
    }
    let Ok(parts) = serde_json::from_slice::<Vec<&RawValue>>(json) else { return Err(InvalidBatch::NotArray) };
    let parts: Vec<_> = parts.into_iter().map(|part| prepared(part.get().as_bytes(), tenant)).collect();
    let whole: Vec<&[u8]> = parts.iter().map(|(_, _, json)| json.as_ref()).collect();
    let whole: Bytes = [&b"["[..], &whole.join(&b","[..]), b"]"].concat().into();
    let events = codec::decode_batch(&whole)?;
    Ok(parts.into_iter().zip(events).map(|((topic, id, _), event)| Given { topic, id, event }).collect())
}

/// What an event says of itself, and its JSON with a tenant. What is no object stays as it is: reading it will say so.
fn prepared<'a>(json: &'a [u8], tenant: &TenantId) -> (Option<Topic>, Option<String>, Cow<'a, [u8]>) {
    let Ok(mut event) = serde_json::from_slice::<BTreeMap<String, Cow<'_, RawValue>>>(json) else {
        return (None, None, json.into());
    };
    let text = |name: &str| serde_json::from_str::<String>(event.get(name)?.get()).ok();
    let topic = text("type").and_then(|topic| Topic::try_new(&topic).ok());
    let is_shown = |id: &String| id.chars().count() <= ID_CHARS_MAX && !id.chars().any(char::is_control);
    let id = text("id").filter(is_shown);
    if event.get("tenantid").is_none_or(|tenant| tenant.get() == "null")
        && let Ok(tenant) = serde_json::value::to_raw_value(tenant)
    {
        event.insert("tenantid".to_owned(), Cow::Owned(tenant));
    }
    let whole = serde_json::to_vec(&event).map_or(json.into(), Cow::Owned);
    (topic, id, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The topic and the id that an event calls its own, and its tenant.
    type Read = (Option<String>, Option<String>, Result<String, Poison>);

    fn read(json: &str) -> Vec<Read> {
        let tenant = TenantId::try_new("north").unwrap();
        let events = events(json.as_bytes(), &tenant).unwrap().into_iter();
        let tenant = |event: Received| event.metadata.tenant.to_string();
        events.map(|given| (given.topic.map(|topic| topic.to_string()), given.id, given.event.map(tenant))).collect()
    }

    #[test]
    fn events_without_a_tenant_get_the_one_that_was_named() {
        let event = |rest: &str| {
            format!(r#"{{"specversion":"1.0","id":"e-1","source":"//s","type":"a.b.c"{rest},"data":{{"n":1e400}}}}"#)
        };
        let (topic, id) = (Some("a.b.c".to_owned()), Some("e-1".to_owned()));
        for (rest, tenant) in [("", "north"), (r#","tenantid":null"#, "north"), (r#","tenantid":"south""#, "south")] {
            let expected = (topic.clone(), id.clone(), Ok(tenant.to_owned()));
            assert_eq!(read(&event(rest)), std::slice::from_ref(&expected), "{rest}");
            assert_eq!(read(&format!(" [{},{}]", event(rest), event(rest))), [expected.clone(), expected], "{rest}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_of_itself_what_it_can() {
        let long = "x".repeat(ID_CHARS_MAX + 1);
        let table = [
            (r#"{"type":"a.b.c","id":"e-1"}"#.to_owned(), Some("a.b.c"), Some("e-1")),
            (r#"{"type":"a name","id":7}"#.to_owned(), None, None),
            (format!(r#"{{"type":7,"id":"{long}"}}"#), None, None),
            ("[7]".to_owned(), None, None),
            ("nothing".to_owned(), None, None),
        ];
        for (json, topic, id) in table {
            let read = read(&json);
            let [(said, called, Err(_))] = read.as_slice() else { panic!("{json}: {read:?}") };
            assert_eq!((said.as_deref(), called.as_deref()), (topic, id), "{json}");
        }
        let tenant = TenantId::try_new("north").unwrap();
        assert!(matches!(events(b"[{}", &tenant), Err(InvalidBatch::NotArray)));
    }
}
