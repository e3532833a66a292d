//! Messages: one for each event type.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{AMQP, Contract, context_of, headers, put, reference, tag};
use crate::{
    codec,
    event::Descriptor,
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
        "x-fabric-key": event.key_field,
        "x-fabric-personal": contract.personal,
    });
    if let Some(field) = event.subject_field {
        put(&mut message, "x-fabric-subject", field.into());
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
