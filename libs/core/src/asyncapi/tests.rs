use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

use super::*;
use crate::{
    Event, EventId, Metadata, Pattern, ServiceName, SubscriptionName, Topic, codec,
    metadata::StreamPlace,
    name::StreamId,
    partition::Partitions,
    service::{OnPark, Order},
    trace::TraceContext,
};

#[derive(serde::Serialize, serde::Deserialize, garde::Validate)]
struct Posted {
    #[garde(length(min = 1))]
    grader: String,
    #[garde(length(min = 1))]
    student: String,
}

impl Event for Posted {
    const TOPIC: &'static str = "gradebook.grade.posted";
    const VERSION: u16 = 2;
    const AGGREGATE: &'static str = "result";
    const OWNER: &'static str = "academic";
    const PUBLISHERS: &'static [&'static str] = &["import"];
    const ROLES: &'static [&'static str] = &["teacher"];
    const DESCRIPTION: &'static str = "A grade was posted.";
    const KEY_FIELD: &'static str = "student";

    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.student)
    }

    fn subject(&self) -> Option<Cow<'_, str>> {
        None
    }
}

/// The contract of an event like [`Posted`] under another topic, with these definitions in its schema.
fn contract(topic: &'static str, definitions: &Value) -> Contract {
    let field = json!({ "$ref": "#/$defs/Id", "description": "Who.", "x-personal": true });
    Contract {
        descriptor: Descriptor { topic, ..Descriptor::of::<Posted>() },
        schema: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": format!("urn:fabric:{topic}:2"),
            "type": "object",
            "properties": { "grader": { "$ref": "#/$defs/Id" }, "student": field },
            "required": ["grader", "student"],
            "examples": [{ "$ref": "not a reference" }],
            "$defs": definitions,
        }),
        example: json!({ "grader": "u-1", "student": "u-1" }),
        personal: vec!["student".into()],
    }
}

fn id(length_max: u32) -> Value {
    json!({ "Id": { "type": "string", "maxLength": length_max } })
}

fn service(name: &str, publishes: &[Contract], subscriptions: &[(&str, &[&str], Order)]) -> ServiceSpec {
    let subscriptions = subscriptions.iter().map(|(name, patterns, order)| {
        let patterns = patterns.iter().map(|pattern| Pattern::try_new(pattern).unwrap()).collect();
        SubscriptionSpec { order: *order, ..SubscriptionSpec::new(SubscriptionName::try_new(name).unwrap(), patterns) }
    });
    let publishes = publishes.iter().map(|contract| contract.descriptor).collect();
    ServiceSpec::try_new(ServiceName::try_new(name).unwrap(), publishes, subscriptions.collect()).unwrap()
}

fn contracts() -> Vec<Contract> {
    let topics =
        ["kyc.document.verified", "gradebook.grade.posted", "gradebook.grade.withdrawn", "social.post.created"];
    topics.into_iter().map(|topic| contract(topic, &id(255))).collect()
}

fn strict(partitions: u8) -> Order {
    Order::Strict { partitions: Partitions::try_new(partitions).unwrap(), on_park: OnPark::HoldKey }
}

/// Every reference of a document.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).map(str::to_owned);
            fields
                .iter()
                .filter(|(name, _)| *name != "examples")
                .flat_map(|(_, inner)| references(inner))
                .chain(own)
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_document_says_what_services_send_and_receive() {
    let all = contracts();
    let academic = service("academic", &all[1..2], &[]);
    let social = service("social", &[], &[("social.feed", &["gradebook.#", "social.nothing.ever"], Order::Loose)]);
    let document = document(&[&social, &academic], &all, Extent::Services);
    assert_eq!(document["asyncapi"], VERSION);
    assert_eq!(document["info"]["x-fabric-services"], json!(["academic", "social"]));
    let channels: Vec<&String> = document["channels"].as_object().unwrap().keys().collect();
    assert_eq!(channels, ["gradebook.grade.posted", "gradebook.grade.withdrawn", "social.feed"]);
    let exchange = &document["channels"]["gradebook.grade.posted"]["bindings"]["amqp"]["exchange"];
    assert_eq!(*exchange, json!({ "name": "events.gradebook", "type": "topic", "durable": true, "autoDelete": false }));
    assert_eq!(document["channels"]["social.feed"]["bindings"]["amqp"]["queue"]["name"], "social.feed");

    let operations = document["operations"].as_object().unwrap();
    assert_eq!(operations.keys().collect::<Vec<_>>(), ["academic.send.gradebook.grade.posted", "social.receive.feed"]);
    let receive = &operations["social.receive.feed"];
    let received = ["gradebook.grade.posted", "gradebook.grade.withdrawn"];
    assert_eq!(
        receive["messages"],
        json!(received.map(|topic| json!({ "$ref": format!("#/channels/social.feed/messages/{topic}") })))
    );
    assert_eq!(receive["x-fabric-patterns"], json!(["gradebook.#", "social.nothing.ever"]));
    assert_eq!(
        receive["x-fabric-retry"],
        json!({ "attempts": 5, "immediate": 0, "delaysMs": [1_000, 4_000, 16_000, 64_000], "inPlace": false })
    );
    assert_eq!(receive["x-fabric-parking"], json!({ "queue": "social.feed.parked", "holdsKey": false }));
}

#[test]
fn a_document_can_have_the_whole_catalogue() {
    let all = contracts();
    let document = document(&[], &all, Extent::Catalogue);
    assert_eq!(document["channels"].as_object().unwrap().len(), all.len());
    assert!(document["operations"].as_object().unwrap().is_empty());
    let reversed: Vec<Contract> = all.iter().rev().cloned().collect();
    assert_eq!(super::document(&[], &reversed, Extent::Catalogue).to_string(), document.to_string());
    assert_eq!(super::document(&[], &all, Extent::Services)["channels"], json!({}));
}

#[test]
fn a_partitioned_subscription_has_an_address_with_a_parameter() {
    let all = contracts();
    let social = service("social", &[], &[("social.feed", &["#"], strict(3)), ("social.one", &["#"], strict(1))]);
    let document = document(&[&social], &all, Extent::Services);
    let channel = &document["channels"]["social.feed"];
    assert_eq!(channel["address"], "social.feed.partition.{partition}");
    assert_eq!(channel["parameters"]["partition"]["enum"], json!(["0", "1", "2"]));
    assert_eq!(document["channels"]["social.one"]["address"], "social.one");
    let receive = &document["operations"]["social.receive.feed"];
    let partitions = &receive["x-fabric-partitions"];
    assert_eq!((&partitions["order"], &partitions["count"]), (&json!("strict"), &json!(3)));
    assert_eq!(partitions["queues"][2], "social.feed.partition.2");
    assert_eq!(
        (&receive["x-fabric-retry"]["inPlace"], &receive["x-fabric-parking"]["holdsKey"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn a_message_says_all_that_is_known_of_its_event() {
    let document = document(&[], &contracts(), Extent::Catalogue);
    let message = &document["components"]["messages"]["gradebook.grade.posted"];
    let table = [
        ("x-fabric-version", json!(2)),
        ("x-fabric-owner", json!("academic")),
        ("x-fabric-publishers", json!(["academic", "import"])),
        ("x-fabric-roles", json!(["teacher"])),
        ("x-fabric-scope", json!("integration")),
        ("x-fabric-personal", json!(["student"])),
        ("x-fabric-key", json!("student")),
        ("x-fabric-subject", Value::Null),
        ("x-fabric-dataschema", json!("urn:fabric:gradebook.grade.posted:2")),
    ];
    for (name, expected) in table {
        assert_eq!(message[name], expected, "{name}");
    }
    assert_eq!(message["bindings"]["amqp"]["messageType"], "gradebook.grade.posted");
    let headers = &message["examples"][0]["headers"];
    assert_eq!(headers["cloudEvents_partitionkey"], "u-1");
    assert_eq!(headers["cloudEvents_time"], "2026-10-19T14:00:00Z");
    assert!(headers["fabric-slot"].is_u64());
}

#[test]
fn a_payload_that_is_not_valid_has_an_example_without_headers() {
    let mut broken = contract("gradebook.grade.posted", &id(255));
    broken.example = json!({ "grader": "" });
    let message = messages::message(&broken);
    assert_eq!(message["examples"][0]["payload"], broken.example);
    assert!(message["examples"][0].get("headers").is_none());
}

#[test]
fn every_reference_has_a_target() {
    let all = contracts();
    let social = service("social", &[], &[("social.feed", &["#"], strict(2))]);
    let academic = service("academic", &all, &[]);
    let document = document(&[&social, &academic], &all, Extent::Services);
    let references = references(&document);
    assert!(references.len() > 20);
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[test]
fn equal_definitions_stand_there_once_and_others_get_names_of_their_own() {
    let nested = |length_max| json!({ "Id": { "type": "object", "properties": { "inner": { "$ref": "#/$defs/Inner" } } }, "Inner": { "maxLength": length_max } });
    let all = [
        contract("a.a.a", &nested(1)),
        contract("b.b.b", &nested(1)),
        contract("c.c.c", &nested(2)),
        contract("d.d.d", &nested(2)),
    ];
    let payloads: Vec<(&str, &Value)> = all.iter().map(|one| (one.descriptor.topic, &one.schema)).collect();
    let schemas = schemas::hoisted(&payloads);
    let names: Vec<&String> = schemas.keys().collect();
    assert_eq!(names, ["Id", "Id-c.c.c", "Inner", "Inner-c.c.c", "a.a.a", "b.b.b", "c.c.c", "d.d.d"]);
    assert_eq!(schemas["Id-c.c.c"]["properties"]["inner"]["$ref"], "#/components/schemas/Inner-c.c.c");
    assert_eq!(schemas["d.d.d"]["properties"]["grader"], json!({ "$ref": "#/components/schemas/Id-c.c.c" }));
}

#[test]
fn words_beside_a_reference_are_kept_and_values_are_not_taken_for_schemas() {
    let schemas = schemas::hoisted(&[("a.a.a", &contract("a.a.a", &id(1)).schema)]);
    let expected =
        json!({ "allOf": [{ "$ref": "#/components/schemas/Id" }], "description": "Who.", "x-personal": true });
    assert_eq!(schemas["a.a.a"]["properties"]["student"], expected);
    assert_eq!(schemas["a.a.a"]["examples"], json!([{ "$ref": "not a reference" }]));
    for gone in ["$schema", "$id", "$defs"] {
        assert!(schemas["a.a.a"].get(gone).is_none(), "{gone}");
    }
    let recursive =
        json!({ "$defs": { "Tree": { "items": { "$ref": "#/$defs/Tree" } } }, "anyOf": [{ "$ref": "#" }, true] });
    let schemas = schemas::hoisted(&[("a.a.a", &recursive)]);
    assert_eq!(schemas["Tree"]["items"]["$ref"], "#/components/schemas/Tree");
    assert_eq!(schemas["a.a.a"]["anyOf"], json!([{ "$ref": "#/components/schemas/a.a.a" }, true]));
}

#[test]
fn the_headers_schema_knows_every_header_that_is_written() {
    let topic = Topic::try_new("gradebook.grade.posted").unwrap();
    let id = EventId::from_parts(1, [1; 10]);
    let metadata = Metadata {
        id,
        topic,
        version: 2,
        time: Timestamp::UNIX_EPOCH,
        source: "academic".into(),
        tenant: "demo".parse().unwrap(),
        actor: Some("u-1".parse().unwrap()),
        subject: Some("u-1".parse().unwrap()),
        key: Some("u-1".parse().unwrap()),
        correlation: "c-1".parse().unwrap(),
        causation: Some(id),
        stream: Some(StreamPlace { id: StreamId::try_new("s-1").unwrap(), version: 1 }),
        position: Some(1),
        trace: TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Some("a=b")),
    };
    let written = headers::as_json(&codec::encode(&metadata, Bytes::new()).headers);
    let schema = headers::schema();
    let (written, known) = (written.as_object().unwrap(), schema["properties"].as_object().unwrap());
    for (name, value) in written {
        let wanted = if value.is_string() { "string" } else { "integer" };
        assert_eq!(known[name]["type"], wanted, "{name}");
    }
    assert_eq!(written.len() + 1, known.len(), "all but the slot, which only publishing adds");
    assert!(schema["required"].as_array().unwrap().iter().all(|name| written.contains_key(name.as_str().unwrap())));
}

#[test]
fn immediate_attempts_are_counted_apart_from_delayed_ones() {
    let mut social =
        SubscriptionSpec::new(SubscriptionName::try_new("social.feed").unwrap(), vec!["#".parse().unwrap()]);
    social.retry = social.retry.immediate(2).unwrap();
    social.handler_timeout = Duration::from_secs(1);
    let social = ServiceSpec::try_new(ServiceName::try_new("social").unwrap(), Vec::new(), vec![social]).unwrap();
    let document = document(&[&social], &contracts(), Extent::Services);
    let retry = &document["operations"]["social.receive.feed"]["x-fabric-retry"];
    assert_eq!((&retry["immediate"], &retry["delaysMs"]), (&json!(2), &json!([1_000, 4_000])));
}
