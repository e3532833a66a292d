//! Messages: one for each event type.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{AMQP, Contract, context_of, headers, put, reference, tag};
use crate::{
    codec,
    event::{Checked, Descriptor},
    metadata::Actor,
    name::{EventId, InvalidName, ServiceName, TenantId},
    publication::{self, Origin},
};

pub(super) fn message(contract: &Contract) -> Value {
    let event = &contract.descriptor;
    let context = context_of(event.topic);
    let mut publishers = vec![event.owner];
    publishers.extend(event.publishers);
    let dataschema = dataschema(contract);
    let mut message = json!({
        "name": event.topic,
        "title": event.topic,
        "summary": event.description,
        "contentType": codec::JSON,
        "headers": headers::of_event(event, &dataschema),
        "payload": reference(&["components", "schemas", event.topic]),
        "examples": [example(contract)],
        "tags": [tag("context", context), tag("owner", event.owner)],
        "bindings": { "amqp": { "messageType": event.topic, "bindingVersion": AMQP } },
        "x-fabric-context": context,
        "x-fabric-aggregate": event.aggregate,
        "x-fabric-version": event.version,
        "x-fabric-dataschema": dataschema,
        "x-fabric-scope": event.scope.as_str(),
        "x-fabric-owner": event.owner,
        "x-fabric-publishers": publishers,
        "x-fabric-roles": event.roles,
        "x-fabric-personal": contract.personal,
    });
    let parts: [(&str, Part); 2] =
        [("x-fabric-key", |checked| Some(&checked.key)), ("x-fabric-subject", |checked| checked.subject.as_deref())];
    for (name, part) in parts {
        if let Some(field) = field_with(contract, part) {
            put(&mut message, name, field.into());
        }
    }
    message
}

/// The schema's own id, which is the event's `dataschema`.
fn dataschema(contract: &Contract) -> String {
    let Descriptor { topic, version, .. } = contract.descriptor;
    let id = contract.schema.get("$id").and_then(Value::as_str);
    id.map_or_else(|| format!("urn:fabric:{topic}:{version}"), str::to_owned)
}

/// The example as it goes over the wire: made by the same code that publishes.
fn example(contract: &Contract) -> Value {
    let event = &contract.descriptor;
    let mut example = json!({ "name": "example", "summary": event.description, "payload": contract.example });
    let json = contract.example.to_string();
    let planned = origin(event).ok().and_then(|origin| publication::plan_json(event, json.as_bytes(), origin).ok());
    if let Some(publication) = planned {
        put(&mut example, "headers", headers::as_json(&publication.outgoing.message.headers));
    }
    example
}

/// An origin that is the same every time, so that the document is.
fn origin(event: &Descriptor) -> Result<Origin, InvalidName> {
    let service = ServiceName::try_new(event.owner)?;
    Ok(Origin {
        id: EventId::from_parts(EXAMPLE_UNIX_MS, EXAMPLE_RANDOM),
        time: Timestamp::from_second(EXAMPLE_UNIX_S).unwrap_or(Timestamp::UNIX_EPOCH),
        tenant: TenantId::try_new("demo")?,
        actor: Actor::service(&service),
        service,
        correlation: None,
        causation: None,
        stream: None,
        position: None,
        trace: None,
    })
}

/// 2026-10-19, 14:00 UTC.
const EXAMPLE_UNIX_S: i64 = 1_792_418_400;
const EXAMPLE_UNIX_MS: u64 = 1_792_418_400_000;
const EXAMPLE_RANDOM: [u8; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/// What a payload says of itself, of which a field is wanted.
type Part = fn(&Checked) -> Option<&str>;

/// The field that the key or the subject is taken from. The type gives the value alone, so the field is the one that has this value in
/// the example; among several it is the one with which the value changes.
fn field_with(contract: &Contract, part: Part) -> Option<String> {
    let check = contract.descriptor.check;
    let checked = check(contract.example.to_string().as_bytes()).ok()?;
    let wanted = part(&checked)?;
    let fields = contract.example.as_object()?;
    let mut same: Vec<&String> = fields.iter().filter(|(_, value)| *value == wanted).map(|(name, _)| name).collect();
    if same.len() > 1 {
        same.retain(|name| {
            let mut other = contract.example.clone();
            put(&mut other, name, format!("{wanted}x").into());
            check(other.to_string().as_bytes()).is_ok_and(|other| part(&other) != Some(wanted))
        });
    }
    if same.len() == 1 { same.pop().cloned() } else { None }
}
