//! The services and their events as an `AsyncAPI` document: what crosses the wire, for people and tools that know none of these types.
//!
//! Each event has a channel of its own, whose address is its topic, and each subscription one for its queue. A service sends to the
//! channels of what it publishes, and receives from its queues. What `AsyncAPI` has no words for stands in extensions, `x-fabric-…`:
//!
//! | where | extension | what |
//! |---|---|---|
//! | message | `x-fabric-scope`, `-version`, `-owner`, `-publishers`, `-roles` | who it is meant for, and who may publish and cause it |
//! | message | `x-fabric-key`, `-subject`, `-personal` | the fields with the partition key, the person, and personal data |
//! | operation | `x-fabric-service`, `-subscription` | whose it is |
//! | receive | `x-fabric-patterns` | what the subscription listens to |
//! | receive | `x-fabric-retry`, `-parking`, `-partitions` | how failing events are tried again, where they end up, which order is kept |

mod channels;
mod headers;
mod messages;
mod operations;
mod schemas;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    event::Descriptor,
    service::{ServiceSpec, SubscriptionSpec},
};

/// The version of `AsyncAPI` that the document is written in.
pub const VERSION: &str = "3.1.0";

/// An event with all that others have to know of it, as plain data.
#[derive(Debug, Clone)]
pub struct Contract {
    /// The event type.
    pub descriptor: Descriptor,
    /// The JSON Schema of its payload, 2020-12. What it refers to stands in its own `$defs`.
    pub schema: Value,
    /// A valid payload.
    pub example: Value,
    /// The fields with personal data, such as `grades[].score`.
    pub personal: Vec<String>,
}

/// Which events a document describes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    /// Those that its services publish or receive.
    #[default]
    Services,
    /// All that there are contracts of.
    Catalogue,
}

/// The `AsyncAPI` document of these services. Events without a contract are left out, since nothing is known of their payload.
///
/// The same services and contracts give the same document, whatever their order.
pub fn document(services: &[&ServiceSpec], contracts: &[Contract], extent: Extent) -> Value {
    let mut services = services.to_vec();
    services.sort_by_key(|service| service.name());
    let mut contracts: Vec<&Contract> =
        contracts.iter().filter(|contract| extent == Extent::Catalogue || is_used(&services, contract)).collect();
    contracts.sort_by_key(|contract| contract.descriptor.topic);
    let payloads: Vec<(&str, &Value)> =
        contracts.iter().map(|contract| (contract.descriptor.topic, &contract.schema)).collect();
    let mut schemas = schemas::hoisted(&payloads);
    schemas.insert(headers::NAME.to_owned(), headers::schema());
    let messages: Map<String, Value> =
        contracts.iter().map(|contract| (contract.descriptor.topic.to_owned(), messages::message(contract))).collect();
    json!({
        "asyncapi": VERSION,
        "id": "urn:fabric:events",
        "info": info(&services, &contracts),
        "defaultContentType": crate::codec::JSON,
        "servers": servers(),
        "channels": channels::channels(&services, &contracts),
        "operations": operations::operations(&services, &contracts),
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": { USER: {
                "type": "userPassword",
                "description": "Each service has a user of its own, which may write to the contexts that it publishes in \
                    and read its own queues.",
            } },
        },
    })
}

/// The subscriptions of all services, in the order of the services.
fn subscriptions<'a>(services: &'a [&ServiceSpec]) -> impl Iterator<Item = &'a SubscriptionSpec> {
    services.iter().flat_map(|service| service.subscriptions())
}

/// The contracts of the events that a subscription gets, sorted by topic.
fn received<'a>(subscription: &SubscriptionSpec, contracts: &'a [&Contract]) -> impl Iterator<Item = &'a Descriptor> {
    contracts.iter().map(|contract| &contract.descriptor).filter(|event| gets(subscription, event.topic))
}

fn gets(subscription: &SubscriptionSpec, topic: &str) -> bool {
    subscription.patterns.iter().any(|pattern| pattern.matches(topic))
}

fn is_used(services: &[&ServiceSpec], contract: &Contract) -> bool {
    let topic = contract.descriptor.topic;
    services.iter().any(|service| service.publishes().iter().any(|event| event.topic == topic))
        || subscriptions(services).any(|subscription| gets(subscription, topic))
}

/// A reference to another part of the document.
fn reference(path: &[&str]) -> Value {
    json!({ "$ref": format!("#/{}", path.join("/")) })
}

/// Adds a field to an object that was written here.
fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

/// The context of a topic, its first word.
fn context_of(topic: &str) -> &str {
    topic.split('.').next().unwrap_or_default()
}

fn tag(kind: &str, name: &str) -> Value {
    json!({ "name": format!("{kind}:{name}") })
}

/// The version of the bindings for AMQP that the document is written in.
const AMQP: &str = "0.3.0";
const SERVER: &str = "broker";
const USER: &str = "serviceUser";

fn info(services: &[&ServiceSpec], contracts: &[&Contract]) -> Value {
    let names: Vec<&str> = services.iter().map(|service| service.name().as_str()).collect();
    let contexts: BTreeSet<&str> = contracts.iter().map(|contract| context_of(contract.descriptor.topic)).collect();
    let owners: BTreeSet<&str> = contracts.iter().map(|contract| contract.descriptor.owner).collect();
    let tags = contexts.iter().map(|name| tag("context", name)).chain(owners.iter().map(|name| tag("owner", name)));
    json!({
        "title": "Event fabric",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Typed domain events as CloudEvents 1.0 in binary mode over RabbitMQ: the body is the payload alone, the \
            attributes are headers. Topics are `context.aggregate.action` and at the same time the event's type and its routing key.",
        "license": { "name": "MIT OR Apache-2.0" },
        "tags": tags.collect::<Vec<Value>>(),
        "x-fabric-services": names,
    })
}

fn servers() -> Value {
    json!({ SERVER: {
        "host": "{host}:{port}",
        "protocol": "amqp",
        "protocolVersion": "0.9.1",
        "description": "RabbitMQ, 3.10 or newer.",
        "variables": {
            "host": { "default": "localhost", "description": "Where the broker is." },
            "port": { "default": "5672", "description": "5671 with TLS." },
        },
        "security": [reference(&["components", "securitySchemes", USER])],
    } })
}
