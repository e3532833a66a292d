//! No student data where it does not belong: a canary in a payload may turn up in bodies, and nowhere else.

use axum::{Router, http::StatusCode, routing::post};
use fabric::{
    AnyEvent, Context, Descriptor, Event, Fabric, Fault, JsonEvent, Pattern, Service, Subscription,
    core::message::Outgoing,
    http::{Body, Problem},
};
use fabric_testkit::harness::{Harness, Setup, tenant};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{logs::Captured, sample::steady};

/// Every canary has this in it.
const CANARY: &str = "canary";

/// A report on a pupil was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "school.report.written", key = "pupil", subject = "pupil", roles = "teacher")]
struct ReportWritten {
    #[garde(length(max = 64))]
    pupil: String,
    #[garde(length(max = 30))]
    name: String,
    #[garde(length(max = 30))]
    score: String,
    #[garde(skip)]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Yearly,
}

fn report() -> ReportWritten {
    let (name, score) = ("Wanda canary".to_owned(), "canary of 20".to_owned());
    ReportWritten { pupil: "p-1".to_owned(), name, score, kind: Kind::Yearly }
}

/// Some handle reports, some fail in every way.
fn school() -> Service {
    let failing = |fault: fn() -> Fault| move |_: ReportWritten, _: Context| std::future::ready(Err(fault()));
    let panicking = async |event: ReportWritten, _: Context| -> Result<(), Fault> {
        assert!(event.name.is_empty(), "this report has a name");
        Ok(())
    };
    let reading = async |event: AnyEvent, _: Context| -> Result<(), Fault> {
        event.json()?["name"].as_str().map(drop).ok_or_else(|| Fault::permanent("a report without a name"))
    };
    Service::new("school")
        .publishes::<ReportWritten>()
        .subscribe(Subscription::new("transient").retry(steady()).on(failing(|| Fault::transient("no paper"))))
        .subscribe(Subscription::new("permanent").on(failing(|| Fault::permanent("no such class"))))
        .subscribe(Subscription::new("panic").retry(steady()).on(panicking))
        .subscribe(Subscription::new("reading").on_any("school.*.written", reading))
        .routes(|fabric, _| routes(fabric))
}

fn routes(fabric: Fabric) -> Router {
    let write = async move |Body(report): Body<ReportWritten>| {
        fabric.publish(report).tenant(tenant()).await?;
        Ok::<_, Problem>(StatusCode::ACCEPTED)
    };
    Router::new().route("/reports", post(write))
}

/// Everything that may be read by those who may not read payloads.
fn in_the_open(harness: &Harness) -> Vec<String> {
    let of_message = |outgoing: &Outgoing| {
        let (properties, headers) = (&outgoing.message.properties, &outgoing.message.headers);
        format!("{} {} {properties:?} {headers:?}", outgoing.exchange, outgoing.routing_key)
    };
    let messages = harness.broker().recorded().into_iter().map(|recorded| of_message(&recorded.content));
    messages.chain(harness.broker().queue_names()).collect()
}

/// Errors for bad payloads, over HTTP and from publishing.
async fn errors(harness: &Harness) -> Vec<String> {
    let http = harness.http();
    let good = serde_json::to_value(report()).unwrap();
    let mut said = Vec::new();
    for (field, value) in [
        ("name", json!("canary".repeat(10))),
        ("name", json!({ "canary": "canary" })),
        ("score", json!(["canary"])),
        ("kind", json!("canary")),
        ("kind", json!({ "canary": 1 })),
        ("pupil", Value::Null),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let reply = http.post("/reports", &bad).await;
        assert_eq!(reply.status, 422, "{}", reply.text());
        said.push(reply.text());
        let event = JsonEvent { descriptor: Descriptor::of::<ReportWritten>(), json: bad.to_string().into_bytes() };
        let failed = harness.fabric_as("school").publish(event).tenant(tenant()).await.unwrap_err();
        said.push(format!("{failed} {failed:?}"));
    }
    for body in ["canary", "{\"canary", "[\"canary\"]"] {
        said.push(http.send(axum::http::Method::POST, "/reports", body.to_owned().into()).await.text());
    }
    said
}

/// Deliveries with canaries that cannot be read.
async fn send_poison(harness: &Harness) {
    let good = harness.broker().recorded()[0].content.clone();
    for body in
        ["canary", "{\"name\":\"canary", r#"{"pupil":"p-1","name":"canary","score":["canary"],"kind":"canary"}"#]
    {
        let mut poison = Outgoing::clone(&good);
        poison.message.body = body.into();
        harness.host().adapters().broker.publish(poison).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_canary_in_a_payload_is_in_bodies_and_nowhere_else() {
    let captured = Captured::with("fabric=trace");
    let setup = Setup { environment: vec![("FABRIC_LOG_EVENTS", "true")], ..Setup::default() };
    let harness = Harness::start_with(school(), setup).await;
    let http = harness.http();
    assert_eq!(http.post("/reports", &serde_json::to_value(report()).unwrap()).await.status, 202);
    harness.settle().await;
    send_poison(&harness).await;
    harness.settle().await;
    harness.broker().lose_connection();
    harness.cache().go_away();
    harness.publish(report()).await;
    harness.settle().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    harness.cache().come_back();
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;

    for subscription in ["transient", "permanent", "panic"] {
        let parked = harness.parked(&format!("school.{subscription}"));
        assert_eq!(parked.len(), 2 + 3, "{subscription}");
        let has_canary = |parked: &Outgoing| String::from_utf8_lossy(&parked.message.body).contains(CANARY);
        assert!(parked.iter().all(|parked| has_canary(parked)), "{subscription}: it is kept whole");
    }
    let last = harness.fabric_as("school").last(tenant(), Pattern::everything()).await.unwrap();
    assert_eq!(last[0].event.payload::<ReportWritten>(), Ok(report()), "it can be read where it may be");

    let mut open = in_the_open(&harness);
    open.extend(errors(&harness).await);
    for path in ["/metrics", "/health/ready", "/health/events", "/health/live"] {
        open.push(http.get(path).await.text());
    }
    let logs = captured.text();
    assert!(logs.lines().count() > 50, "{logs}");
    open.push(logs);
    for text in open {
        let lines: Vec<&str> = text.lines().filter(|line| line.to_lowercase().contains(CANARY)).collect();
        assert_eq!(lines, [""; 0], "a canary is out");
    }
}
