//! Reading what comes in: ours, other clients', and what nobody should send.

use bytes::Bytes;
use fabric_core::{
    EventId, Metadata, PartitionKey, TenantId, Topic,
    codec::{self, Poison, decode, decode_message, encode, encode_structured},
    message::{HeaderValue, Headers, Incoming, Message, Properties},
    metadata::StreamPlace,
    name::{CorrelationId, StreamId, SubjectId},
    publication::plan,
    resend::{Trial, parked_copy, retry_copy},
    seed::Seed,
    trace::TraceContext,
    upcast::UpcastError,
};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::sample::{GradePosted, grade, origin};

fn incoming(message: Message) -> Incoming {
    let (exchange, routing_key) = ("events.gradebook".into(), "gradebook.grade.posted".into());
    Incoming { tag: 1, exchange, routing_key, redelivered: false, message }
}

fn foreign(prefix: &str) -> Message {
    let mut headers = Headers::default();
    for (name, value) in [
        ("specversion", "1.0"),
        ("id", "order-5"),
        ("source", "//pika"),
        ("type", "gradebook.grade.posted"),
        ("tenantid", "district-1"),
    ] {
        headers.set(format!("{prefix}{name}"), value);
    }
    let body = Bytes::from_static(br#"{"student":"u-1","percent":5,"comment":""}"#);
    Message { properties: Properties::default(), headers, body }
}

#[test]
fn what_goes_out_comes_in_the_same() {
    let publication = plan(&grade(), origin("academic", "teacher")).unwrap();
    let received = decode(&incoming(publication.outgoing.message)).unwrap();
    assert_eq!(received.metadata, publication.metadata);
    assert_eq!(received.payload::<GradePosted>().unwrap(), grade());
}

#[test]
fn copies_for_a_retry_and_from_parking_are_the_same_event() {
    let publication = plan(&grade(), origin("academic", "teacher")).unwrap();
    let original = incoming(publication.outgoing.message);
    let subscription = crate::service::subscription("academic.gpa", &["gradebook.#"]);
    let trial = Trial::of(&original);
    let reason = fabric_core::delivery::ParkReason::Poison(Poison::NoHandler);
    let fault = fabric_core::Fault::transient("x");
    let delay = std::time::Duration::from_secs(1);
    for copy in [
        retry_copy(&original, &subscription, trial, &fault, delay, Timestamp::UNIX_EPOCH).unwrap(),
        parked_copy(&original, &subscription, trial, &reason, Timestamp::UNIX_EPOCH),
    ] {
        assert_eq!(copy.exchange, "queues.academic");
        // A retry comes back by the broker's own exchange, and a redriven copy by that of the service.
        // One that was moved to another number of partitions by the subscription's splitter.
        for exchange in ["", "queues.academic", "academic.gpa.slots"] {
            let back = Incoming {
                tag: 9,
                exchange: exchange.into(),
                routing_key: "academic.gpa".into(),
                redelivered: false,
                message: copy.message.clone(),
            };
            assert_eq!(decode(&back).unwrap().metadata, publication.metadata);
        }
    }
}

#[test]
fn a_misrouted_event_stays_so_when_it_is_sent_again() {
    let publication = plan(&grade(), origin("academic", "teacher")).unwrap();
    let astray = Incoming { exchange: "events.kyc".into(), ..incoming(publication.outgoing.message) };
    assert_eq!(decode(&astray), Err(Poison::Misrouted));
    let subscription = crate::service::subscription("academic.gpa", &["gradebook.#"]);
    let reason = fabric_core::delivery::ParkReason::Poison(Poison::Misrouted);
    let copy = parked_copy(&astray, &subscription, Trial::of(&astray), &reason, Timestamp::UNIX_EPOCH);
    for exchange in ["", "queues.academic"] {
        let (exchange, message) = (exchange.into(), copy.message.clone());
        let back = Incoming { exchange, routing_key: "academic.gpa".into(), message, ..astray.clone() };
        assert_eq!(decode(&back), Err(Poison::Misrouted));
    }
}

#[test]
fn other_clients_events_are_read_whatever_prefix_they_use() {
    for prefix in ["cloudEvents_", "cloudEvents:", "ce-"] {
        let mut message = foreign(prefix);
        message.headers.set(format!("{prefix}dataschema"), "urn:fabric:gradebook.grade.posted:2");
        let received = decode(&incoming(message)).unwrap();
        assert_eq!(received.metadata.id, EventId::of_producer("//pika", "order-5"), "{prefix}");
        assert_eq!(received.metadata.version, 2);
        assert_eq!(received.payload::<GradePosted>().unwrap().student, "u-1");
        assert_eq!(decode(&incoming(foreign(prefix))).unwrap().metadata.version, 1, "{prefix} without a schema");
    }
    let json =
        br#"{"specversion":"1.0","id":"5","source":"//x","type":"gradebook.grade.posted","tenantid":"d","position":"7",
        "dataschema":"urn:fabric:gradebook.grade.posted:2","data":{"student":"u-1","percent":5,"comment":""}}"#;
    let content_type = Some("application/cloudevents+json; charset=utf-8".to_owned());
    let properties = Properties { content_type, ..Properties::default() };
    let structured = Message { properties, headers: Headers::default(), body: Bytes::from_static(json) };
    let received = decode(&incoming(structured)).unwrap();
    assert_eq!(received.metadata.position, Some(7));
    assert_eq!(received.payload::<GradePosted>().unwrap().student, "u-1");
}

#[test]
fn what_cannot_be_read_names_its_cause() {
    let with = |change: &dyn Fn(&mut Message)| {
        let mut message = foreign("cloudEvents_");
        change(&mut message);
        decode(&incoming(message))
    };
    let without =
        |name: &'static str| with(&|message| message.headers.retain(|other, _| other != format!("cloudEvents_{name}")));
    for name in ["specversion", "id", "source", "type", "tenantid"] {
        assert_eq!(without(name), Err(Poison::Missing(name)), "{name}");
    }
    let set = |name: &'static str, value: &'static str| {
        with(&|message| message.headers.set(format!("cloudEvents_{name}"), value))
    };
    for (name, value) in [
        ("specversion", "0.3"),
        ("type", "GradePosted"),
        ("time", "yesterday"),
        ("tenantid", "a b"),
        ("dataschema", "https://elsewhere"),
        ("dataschema", "urn:fabric:gradebook.grade.posted:70000"),
        ("causationid", "x"),
        ("position", "-1"),
    ] {
        assert_eq!(set(name, value), Err(Poison::Malformed(name)), "{name}={value}");
    }
    assert_eq!(set("type", "kyc.identity.verified"), Err(Poison::Misrouted));
    assert_eq!(with(&|m| m.body = Bytes::from(vec![b' '; 300_000])), Err(Poison::BodyTooLarge { bytes: 300_000 }));
    assert_eq!(with(&|m| m.body = Bytes::from("[".repeat(65))), Err(Poison::TooDeep));
    assert_eq!(with(&|m| m.properties.content_type = Some("text/xml".into())), Err(Poison::ContentType));
    // A message at its limit is still readable when it comes back from a retry, with what the fabric and the broker have added.
    let full = with(&|m| {
        (0..59).for_each(|i| m.headers.set(format!("h{i}"), "x"));
        (0..9).for_each(|i| m.headers.set(format!("fabric-{i}"), "x".repeat(1_000)));
        (0..9).for_each(|i| m.headers.set(format!("x-{i}"), "x".repeat(500)));
    });
    assert!(full.is_ok(), "{full:?}");
    let forged = with(&|m| (0..130).for_each(|i| m.headers.set(format!("x-{i}"), "x")));
    assert!(matches!(forged, Err(Poison::HeadersTooLarge { count: 135, .. })));
    let many = with(&|m| (0..60).for_each(|i| m.headers.set(format!("h{i}"), "x")));
    assert!(matches!(many, Err(Poison::HeadersTooLarge { count: 65, .. })));
    assert!(matches!(with(&|m| m.headers.set("h", "x".repeat(17_000))), Err(Poison::HeadersTooLarge { .. })));
    let not_json = with(&|m| m.properties.content_type = Some(codec::CLOUDEVENTS_JSON.into()));
    assert_eq!(not_json, Err(Poison::Missing("specversion")));
}

#[test]
fn a_newer_version_is_not_guessed() {
    let mut message = foreign("cloudEvents_");
    message.headers.set("cloudEvents_dataschema", "urn:fabric:gradebook.grade.posted:3");
    let received = decode(&incoming(message)).unwrap();
    assert_eq!(received.payload::<GradePosted>(), Err(Poison::Version(UpcastError::Newer { found: 3, known: 2 })));
}

#[test]
fn an_older_version_is_brought_up_before_it_is_read() {
    let read = |body: &'static str| {
        let mut message = foreign("cloudEvents_");
        message.headers.set("cloudEvents_dataschema", "urn:fabric:gradebook.grade.posted:1");
        message.body = Bytes::from_static(body.as_bytes());
        decode(&incoming(message)).unwrap().payload::<GradePosted>()
    };
    let grade = read(r#"{"student":"u-11391","letter":"B","comment":""}"#).unwrap();
    assert_eq!((grade.student.as_str(), grade.percent), ("u-11391", 85.0));
    let refused = read(r#"{"student":"u-11391","letter":"Z-secret","comment":""}"#).unwrap_err();
    assert_eq!(refused.to_string(), "the payload is not of version 1: letter: `A` or `B` was wanted");
    assert!(matches!(read(r#"{"student":"","letter":"A","comment":""}"#), Err(Poison::Payload(_))));
}

#[test]
fn poison_never_quotes_the_input() {
    let secret = "Ada-Lovelace";
    let mut message = foreign("cloudEvents_");
    message.body = Bytes::from(format!(r#"{{"student":["{secret}"],"percent":5,"comment":""}}"#));
    let payload = decode(&incoming(message.clone())).unwrap().payload::<GradePosted>().unwrap_err();
    message.headers.set("cloudEvents_time", secret);
    let attribute = decode(&incoming(message)).unwrap_err();
    for poison in [payload, attribute] {
        assert!(!format!("{poison} {poison:?}").contains(secret), "{poison}");
    }
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let text = "[ -~äß]{1,20}";
    (
        any::<u64>(),
        1_u16..,
        proptest::option::of(text),
        proptest::option::of(text),
        proptest::option::of(0..i64::MAX as u64),
        any::<bool>(),
    )
        .prop_map(|(number, version, key, subject, position, traced)| {
            let mut seed = Seed::new(number);
            Metadata {
                id: EventId::from_parts(seed.below(1 << 45), [3; 10]),
                topic: Topic::try_new("gradebook.grade.posted").unwrap(),
                version,
                time: Timestamp::from_microsecond(i64::try_from(seed.below(1 << 52)).unwrap()).unwrap(),
                source: "academic".into(),
                tenant: TenantId::try_new("district-1").unwrap(),
                actor: None,
                subject: subject.map(|text| SubjectId::try_new(&text).unwrap()),
                key: key.map(|text| PartitionKey::try_new(&text).unwrap()),
                correlation: CorrelationId::try_new(&number.to_string()).unwrap(),
                causation: traced.then(|| EventId::from_parts(number >> 20, [9; 10])),
                stream: position.map(|version| StreamPlace { id: StreamId::try_new("s").unwrap(), version }),
                position,
                trace: traced.then(|| TraceContext::start(seed)),
            }
        })
}

fn header_value() -> impl Strategy<Value = HeaderValue> {
    prop_oneof![
        ".{0,30}".prop_map(HeaderValue::Text),
        any::<i64>().prop_map(HeaderValue::Int),
        any::<bool>().prop_map(HeaderValue::Bool),
        Just(HeaderValue::Other),
    ]
}

proptest! {
    #[test]
    fn both_modes_carry_everything(metadata in metadata(), score: f64) {
        let body = serde_json::to_vec(&serde_json::json!({ "score": score, "text": "\"[{\\" })).unwrap();
        let binary = decode_message(&encode(&metadata, Bytes::from(body.clone()))).unwrap();
        prop_assert_eq!(&binary.metadata, &metadata);
        let structured = codec::decode_structured(encode_structured(&metadata, &body).unwrap().as_bytes()).unwrap();
        prop_assert_eq!(&structured.metadata, &metadata);
        prop_assert_eq!(structured.body, body);
    }

    #[test]
    fn nothing_that_comes_in_can_make_the_decoder_fail_in_another_way(
        headers in proptest::collection::vec(("(cloudEvents_|ce-|x-)?(id|type|source|specversion|time|tenantid|position|traceparent)", header_value()), 0..20),
        body in proptest::collection::vec(any::<u8>(), 0..200), structured: bool,
    ) {
        let mut message = foreign("ce-");
        for (name, value) in headers {
            message.headers.set(name, value);
        }
        message.body = Bytes::from(body);
        message.properties.content_type = structured.then(|| codec::CLOUDEVENTS_JSON.to_owned());
        if let Ok(received) = decode(&incoming(message)) {
            let _ = received.payload::<GradePosted>();
        }
    }
}
