//! What is logged of events: their topics, ids and outcomes, when that is asked for.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use fabric_testkit::harness::{Harness, Setup, tenant};
use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;

use crate::sample::{Act, BellRung, School, mark, marks, school};

/// Everything that this thread logs while it lives.
pub struct Captured {
    text: Text,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    /// Captures what the filter lets through, as JSON, one object a line.
    pub fn with(filter: &str) -> Self {
        let text = Text::default();
        let writer = text.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_env_filter(EnvFilter::try_new(filter).unwrap())
            .with_writer(move || writer.clone())
            .finish();
        Self { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// What was logged so far.
    pub fn text(&self) -> String {
        String::from_utf8(self.text.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines about single events.
    fn events(&self) -> Vec<Value> {
        let lines = self.text();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["message"].as_str().is_some_and(|message| message.starts_with("event "))).collect()
    }
}

/// One line in short: the message, the topic, the subscription and the outcome.
fn in_short(line: &Value) -> [String; 4] {
    ["message", "topic", "subscription", "outcome"].map(|field| line[field].as_str().unwrap_or_default().to_owned())
}

async fn school_that_logs(script: &[Act], environment: Vec<(&'static str, &'static str)>) -> Harness {
    let (service, _) = school(School::following(script), marks());
    Harness::start_with(service, Setup { environment, ..Setup::default() }).await
}

#[tokio::test(start_paused = true)]
async fn each_event_is_logged_with_its_topic_id_and_outcome_and_without_its_payload() {
    let captured = Captured::with("info");
    let script = [Act::Handle, Act::Transient, Act::Handle, Act::Permanent];
    let harness = school_that_logs(&script, vec![("FABRIC_LOG_EVENTS", "true")]).await;
    let mut ids = Vec::new();
    for points in [981, 982, 983] {
        ids.push(harness.publish(mark("pupil-canary", points)).await.id());
        harness.settle().await;
    }
    ids.push(harness.publish(BellRung { tower: "tower-canary".to_owned() }).await.id());
    harness.broker().refuse_next(1);
    harness.fabric_as("school").publish(mark("pupil-canary", 984)).tenant(tenant()).await.unwrap_err();
    let published = |topic: &str, outcome: &str| ["event published", topic, "", outcome].map(str::to_owned);
    let delivered = |outcome: &str| {
        let message = if outcome == "parked" { "event parked" } else { "event delivered" };
        [message, "school.mark.given", "school.marks", outcome].map(str::to_owned)
    };
    let lines = captured.events();
    let expected = [
        published("school.mark.given", "routed"),
        delivered("handled"),
        published("school.mark.given", "routed"),
        delivered("to be retried"),
        delivered("handled"),
        published("school.mark.given", "routed"),
        delivered("parked"),
        published("school.bell.rung", "unrouted"),
        published("school.mark.given", "refused"),
    ];
    assert_eq!(lines.iter().map(in_short).collect::<Vec<_>>(), expected);
    let logged: Vec<&str> = lines.iter().take(8).map(|line| line["event_id"].as_str().unwrap()).collect();
    let of: Vec<String> = [0, 0, 1, 1, 1, 2, 2, 3].map(|number: usize| ids[number].to_string()).to_vec();
    assert_eq!(logged, of);
    for word in ["pupil-canary", "tower-canary", "981", "982", "983", "984"] {
        let said: Vec<Value> = lines.iter().filter(|line| mentions(line, word)).cloned().collect();
        assert_eq!(said, [] as [Value; 0], "{word} of a payload is logged");
    }
}

/// Whether a line says this word anywhere but in its time and its id.
fn mentions(line: &Value, word: &str) -> bool {
    let fields = line.as_object().unwrap().iter();
    fields
        .filter(|(name, _)| !["timestamp", "event_id"].contains(&name.as_str()))
        .any(|(_, value)| value.to_string().contains(word))
}

#[tokio::test(start_paused = true)]
async fn unless_it_is_asked_for_only_parked_events_are_logged() {
    let captured = Captured::with("trace");
    let harness = school_that_logs(&[Act::Handle, Act::Transient, Act::Permanent], Vec::new()).await;
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    harness.publish(mark("p-1", 2)).await;
    harness.settle().await;
    let lines: Vec<[String; 4]> = captured.events().iter().map(in_short).collect();
    assert_eq!(lines, [["event parked", "school.mark.given", "school.marks", "parked"]]);
}
