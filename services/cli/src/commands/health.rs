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
pub(super) struct Report {
    pub(super) ready: Ready,
    pub(super) events: Events,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ready {
    pub(super) status: String,
    pub(super) checks: Vec<Check>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) ok: bool,
    pub(super) detail: String,
}

#[expect(clippy::struct_field_names, reason = "the names are those of the answer")]
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Events {
    published: u64,
    in_hand: u64,
    events_per_second: f64,
    pub(super) subscriptions: Vec<Subscription>,
}

#[expect(clippy::struct_field_names, reason = "the names are those of the answer")]
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub(super) subscription: String,
    pub(super) pending: Option<u64>,
    pub(super) parked: Option<u64>,
    pub(super) active_consumers: Option<u64>,
    pub(super) consuming_here: bool,
    pub(super) paused: bool,
    pub(super) circuit: Circuit,
    handled: u64,
    retried: u64,
    lag_ms: i64,
    last_event_at: Option<jiff::Timestamp>,
    pub(super) events_per_second: f64,
}

pub async fn run(common: &Common) -> Outcome {
    if common.amqp.is_some() || common.redis.is_some() {
        return Err(Failure::Usage(
            "--amqp and --redis: health asks a process, and not the servers: say with --url where it listens"
                .to_owned(),
        ));
    }
    let config = platform::configuration(common)?;
    let nowhere = |_| {
        let folder = config.data.folder.display();
        Failure::Unreachable(format!(
            "no `fabric up` runs with the data folder {folder}: start one, or say with --url where a process listens"
        ))
    };
    let url = operator::address(common, &config).map_err(nowhere)?;
    let (status, report) = read(&Client::new(&url, None), &url).await?;
    output::show(common.json, &report, describe)?;
    if status == 200 { Ok(()) } else { Err(Failure::NotReady(format!("{url} is {}", report.ready.status))) }
}

/// What a process says of itself, with the status of its answer.
pub(super) async fn read(client: &Client, url: &str) -> Outcome<(u16, Report)> {
    let (status, text) = client.get_any("/health/ready", &[]).await?;
    let foreign = |_| Failure::Unreachable(format!("what answers at {url} is not a fabric"));
    let ready: Ready = serde_json::from_str(&text).map_err(foreign)?;
    let events: Value = client.get("/health/events", &[]).await?;
    Ok((status, Report { ready, events: serde_json::from_value(events).map_err(foreign)? }))
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
