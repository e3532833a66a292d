//! Deliveries that cannot be read, or may not be read here: parked at once, whatever the retry policy says.

use bytes::Bytes;
use fabric::{
    EventId,
    core::{
        codec::Poison,
        delivery::{Disposition, ParkReason},
        message::{HeaderValue, Outgoing},
        topology::{Binding, Target, Topology},
    },
    runtime::ports::Confirmed,
};
use fabric_testkit::harness::{Harness, Setup};

use crate::sample::{Act, BellRung, School, mark, marks, school};

/// Changes a good message into a bad one.
type Spoil = fn(&mut Outgoing);

fn header(outgoing: &mut Outgoing, name: &'static str, value: &'static str) {
    outgoing.message.headers.set(name, value);
}

fn without(outgoing: &mut Outgoing, name: &str) {
    outgoing.message.headers.retain(|other, _| other != name);
}

fn body(outgoing: &mut Outgoing, body: impl Into<Bytes>) {
    outgoing.message.body = body.into();
}

fn nested(depth: usize) -> String {
    format!(r#"{{"pupil":"p-1","points":1,"more":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1))
}

/// What can be wrong with a message, and a word of what the parked event's header says of it.
const TABLE: &[(Spoil, &str)] = &[
    // Bodies.
    (|it| body(it, "{"), "ends too early"),
    (|it| body(it, ""), "ends too early"),
    (|it| body(it, r#"{"pupil":"p-1"#), "ends too early"),
    (|it| body(it, "no JSON at all"), "not JSON"),
    (|it| body(it, &b"{\"pupil\":\"\xff\xfe\",\"points\":1}"[..]), "not JSON"),
    (|it| body(it, r#"{"pupil":"p-1"}"#), "missing field `points`"),
    (|it| body(it, r#"{"pupil":"p-1","points":"twelve"}"#), "points: wrong type"),
    (|it| body(it, r#"{"pupil":"p-1","points":70000}"#), "points: wrong value"),
    (|it| body(it, r#"{"pupil":"p-1","points":1001}"#), "points: greater than 1000 (too_large)"),
    (|it| body(it, r#"{"pupil":"","points":1}"#), "pupil: length is lower than 1 (too_short)"),
    (|it| body(it, nested(65)), "nests deeper than 64"),
    (|it| body(it, vec![b' '; 256 * 1024 + 1]), "262145 bytes"),
    // Headers.
    (|it| header(it, "cloudEvents_specversion", "0.3"), "specversion"),
    (|it| without(it, "cloudEvents_id"), "attribute id is missing"),
    (|it| without(it, "cloudEvents_tenantid"), "attribute tenantid is missing"),
    (|it| header(it, "cloudEvents_tenantid", "no tenant!"), "tenantid"),
    (|it| header(it, "cloudEvents_type", "school.mark"), "attribute type"),
    (|it| header(it, "cloudEvents_time", "+99999-01-01T00:00:00Z"), "attribute time"),
    (|it| header(it, "cloudEvents_dataschema", "https://elsewhere/mark.json"), "dataschema"),
    (|it| it.message.headers.set("cloudEvents_position", HeaderValue::Bool(true)), "position"),
    (|it| (0..64).for_each(|n| it.message.headers.set(format!("padding-{n}"), "x")), "headers of"),
    (|it| it.message.headers.set("padding", "x".repeat(16 * 1024)), "headers of"),
    (|it| it.message.properties.content_type = Some("text/xml".to_owned()), "content type"),
    // Structured mode: the whole event is the body.
    (|it| structured(it, "[]"), "not a JSON object of a CloudEvent"),
    (|it| structured(it, "{}"), "attribute specversion is missing"),
    (|it| structured(it, r#"{"specversion":"1.0","source":"s","id":"1","type":"x"}"#), "attribute type"),
    (
        |it| structured(it, r#"{"specversion":"1.0","source":"s","id":"1","type":"a.b.c","tenantid":"t"}"#),
        "attribute data",
    ),
    // The payload is of a later version than this service knows.
    (
        |it| header(it, "cloudEvents_dataschema", "urn:fabric:school.mark.given:3"),
        "version 3, the newest known here is 2",
    ),
    // The routing key or the exchange says something else than the event.
    (|it| retype(it, "school.note.sent"), "routing key"),
    (|it| "school.mark.taken".clone_into(&mut it.routing_key), "routing key"),
    (|it| "events.office".clone_into(&mut it.exchange), "routing key"),
    // The event is for the north, and this is the south.
    (|it| header(it, "cloudEvents_tenantid", "north"), "tenant is not served here"),
    // Sent straight to the queue, which no handler of it wants.
    (|it| straight(it, "school.bell.rung"), "no handler"),
    (|it| straight(it, "office.desk.tidied"), "no handler"),
];

fn structured(outgoing: &mut Outgoing, event: &'static str) {
    outgoing.message.properties.content_type = Some("application/cloudevents+json; charset=utf-8".to_owned());
    body(outgoing, event);
}

fn retype(outgoing: &mut Outgoing, topic: &'static str) {
    header(outgoing, "cloudEvents_type", topic);
    without(outgoing, "cloudEvents_dataschema");
}

fn straight(outgoing: &mut Outgoing, topic: &'static str) {
    retype(outgoing, topic);
    (outgoing.exchange, outgoing.routing_key) = (String::new(), "school.marks".to_owned());
}

/// A school whose handlers must not be called, bound to more than its handlers can handle, and a good message for it.
async fn school_of_the_south() -> (Harness, Outgoing) {
    let (service, state) = school(School::always(Act::Handle), marks());
    let setup = Setup { environment: vec![("FABRIC__SUBSCRIBER__TENANTS", "test, south")], ..Setup::default() };
    let harness = Harness::start_with(service, setup).await;
    let bind = |exchange: &str| Binding {
        exchange: exchange.to_owned(),
        target: Target::Queue("school.marks".to_owned()),
        pattern: "#".parse().unwrap(),
    };
    let bound = Topology {
        exchanges: ["events.office".to_owned(), "events.school".to_owned()].into(),
        bindings: vec![bind("events.office"), bind("events.school")],
        ..Topology::default()
    };
    harness.host().adapters().broker.declare(&bound).await.unwrap();
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    assert_eq!(state.seen().len(), 1, "the good one is handled");
    let recorded = harness.broker().recorded();
    (harness, Outgoing::clone(&recorded[0].content))
}

#[tokio::test(start_paused = true)]
async fn poison_is_parked_at_once() {
    for (number, (spoil, why)) in TABLE.iter().enumerate() {
        let (harness, mut message) = school_of_the_south().await;
        spoil(&mut message);
        let confirmed = harness.host().adapters().broker.publish(message.clone()).await;
        assert_eq!(confirmed, Ok(Confirmed::Routed), "row {number}, {why}");
        harness.settle().await;
        let settled = harness.settled("school.marks");
        let [_good, bad] = settled.as_slice() else { panic!("row {number}, {why}: {settled:?}") };
        let Disposition::Park(ParkReason::Poison(cause)) = &bad.disposition else {
            panic!("row {number}, {why}: {bad:?}")
        };
        assert!(cause.to_string().contains(why), "row {number}, {why}: {cause}");
        let kept = harness.parked("school.marks");
        let headers = &kept[0].message.headers;
        let found = (kept.len(), headers.text("fabric-fault-type"), headers.get("fabric-attempt"));
        assert_eq!(found, (1, Some("poison"), Some(&HeaderValue::Int(1))), "row {number}, {why}");
        assert_eq!(headers.text("fabric-fault-message"), Some(cause.to_string().as_str()), "row {number}, {why}");
        assert_eq!(kept[0].message.body, message.message.body, "row {number}, {why}");
        let retries = harness.broker().recorded().iter().any(|sent| sent.content.routing_key.contains(".retry."));
        assert!(!retries, "row {number}, {why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_event_between_good_ones_harms_none_of_them() {
    let (harness, good) = school_of_the_south().await;
    let broker = &harness.host().adapters().broker;
    for number in 0..30_u8 {
        let mut message = good.clone();
        let id = EventId::from_parts(u64::from(number), [number; 10]).to_string();
        message.message.headers.set("cloudEvents_id", id.clone());
        message.message.properties.message_id = Some(id);
        if number % 3 == 0 {
            body(&mut message, "{");
        }
        broker.publish(message).await.unwrap();
    }
    harness.settle().await;
    let acks = harness.dispositions("school.marks").iter().filter(|settled| **settled == Disposition::Ack).count();
    assert_eq!((acks, harness.parked("school.marks").len()), (1 + 20, 10));
}

#[tokio::test(start_paused = true)]
async fn a_topic_without_a_handler_is_parked_when_a_stale_binding_brings_it() {
    let (harness, _) = school_of_the_south().await;
    harness.publish(BellRung { tower: "north".to_owned() }).await;
    harness.settle().await;
    let last = harness.dispositions("school.marks").pop();
    assert_eq!(last, Some(Disposition::Park(ParkReason::Poison(Poison::NoHandler))));
}
