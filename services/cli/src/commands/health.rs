//! `fabric health`: how a running `fabric up`, or any service, is.

use std::fmt::Write;

use fabric::{Clock, core::breaker::Circuit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    operator::{self, Client},
    output::{self, Table, age, number},
    platform,
};

#[derive(Debug, Serialize, Deserialize)]
struct Report {
    ready: Ready,
    events: Events,
}

#[derive(Debug, Serialize, Deserialize)]
struct Ready {
    status: String,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Check {
    name: String,
    ok: bool,
    detail: String,
}

#[expect(clippy::struct_field_names, reason = "the names are those of the answer")]
#[derive(Debug, Serialize, Deserialize)]
struct Events {
    published: u64,
    in_hand: u64,
    events_per_second: f64,
    subscriptions: Vec<Subscription>,
}

#[expect(clippy::struct_field_names, reason = "the names are those of the answer")]
#[derive(Debug, Serialize, Deserialize)]
struct Subscription {
    subscription: String,
    pending: Option<u64>,
    parked: Option<u64>,
    active_consumers: Option<u64>,
    consuming_here: bool,
    paused: bool,
    circuit: Circuit,
    handled: u64,
    retried: u64,
    lag_ms: i64,
    last_event_at: Option<jiff::Timestamp>,
    events_per_second: f64,
}

pub async fn run(common: &Common) -> Outcome {
    let url = operator::address(common, &platform::configuration(common)?)?;
    let client = Client::new(&url, None);
    let (status, text) = client.get_any("/health/ready", &[]).await?;
    let foreign = |_| Failure::Unreachable(format!("what answers at {url} is not a fabric"));
    let ready: Ready = serde_json::from_str(&text).map_err(foreign)?;
    let events: Value = client.get("/health/events", &[]).await?;
    let report = Report { ready, events: serde_json::from_value(events).map_err(foreign)? };
    output::show(common.json, &report, describe)?;
    if status == 200 { Ok(()) } else { Err(Failure::NotReady(format!("{url} is {}", report.ready.status))) }
}

fn describe(report: &Report) -> String {
    let mut text = format!("{}\n\n", report.ready.status);
    for check in &report.ready.checks {
        let mark = if check.ok { "ok " } else { "NOT" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {mark}  {:<10} {}", check.name, check.detail);
    }
    let events = &report.events;
    let _ = writeln!(
        text,
        "\n{} published, {} in hand, {:.1} deliveries a second\n",
        number(events.published),
        number(events.in_hand),
        events.events_per_second
    );
    let mut table = Table::new(&[
        "SUBSCRIPTION",
        "STATE",
        "PENDING",
        "PARKED",
        "CONSUMERS",
        "HANDLED",
        "RETRIED",
        "LAG",
        "LAST",
        "PER SECOND",
    ]);
    let now = Clock::system().now();
    let count = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), number);
    for subscription in &events.subscriptions {
        table.row([
            subscription.subscription.clone(),
            state(subscription).to_owned(),
            count(subscription.pending),
            count(subscription.parked),
            count(subscription.active_consumers),
            number(subscription.handled),
            number(subscription.retried),
            format!("{} ms", subscription.lag_ms),
            subscription.last_event_at.map_or_else(|| "never".to_owned(), |then| age(then, now)),
            format!("{:.1}", subscription.events_per_second),
        ]);
    }
    text + &table.to_string()
}

/// What the process that was asked does with the subscription.
fn state(subscription: &Subscription) -> &'static str {
    match (subscription.paused, subscription.circuit, subscription.consuming_here) {
        (true, ..) => "paused",
        (false, Circuit::Open, _) => "circuit open",
        (false, Circuit::HalfOpen, _) => "probing",
        (false, Circuit::Closed, true) => "consuming",
        (false, Circuit::Closed, false) => "not consuming",
    }
}
