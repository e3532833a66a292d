//! `fabric events show`: all about one event.

use std::fmt::Write;

use fabric::{
    Descriptor,
    core::{
        codec::schema_uri,
        event::Scope,
        service::ServiceSpec,
        topology::{Question, explain, names},
    },
};
use serde::Serialize;
use serde_json::Value;

use super::{
    args::Show,
    field::{self, Field},
};
use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    lookup,
    output::{self, Table},
    platform,
};

/// All about one event.
#[derive(Serialize)]
struct Shown {
    topic: &'static str,
    description: &'static str,
    version: u16,
    dataschema: String,
    aggregate: &'static str,
    scope: Scope,
    owner: &'static str,
    publishers: Vec<&'static str>,
    published_by: Vec<String>,
    roles: &'static [&'static str],
    key: &'static str,
    subject: Option<&'static str>,
    fields: Vec<Field>,
    example: Value,
    subscribers: Vec<Subscriber>,
}

/// A subscription that gets the event.
#[derive(Serialize)]
struct Subscriber {
    subscription: String,
    patterns: Vec<Matching>,
}

/// A pattern that matches, and why.
#[derive(Serialize)]
struct Matching {
    pattern: String,
    why: String,
}

pub fn run(common: &Common, arguments: &Show) -> Outcome {
    let event = lookup::descriptor(&arguments.topic)?;
    let missing = |what: &str| Failure::Other(format!("{} has no {what}", event.topic));
    let schema = fabric_catalog::schema(event.topic).ok_or_else(|| missing("schema"))?;
    let example = fabric_catalog::example(event.topic).and_then(|json| serde_json::from_str(json).ok());
    let specs = platform::specs(&platform::configuration(common)?, &[])?;
    let publishes = |spec: &&ServiceSpec| spec.publishes().iter().any(|published| published.topic == event.topic);
    let shown = Shown {
        topic: event.topic,
        description: event.description,
        version: event.version,
        dataschema: schema_uri(&arguments.topic, event.version),
        aggregate: event.aggregate,
        scope: event.scope,
        owner: event.owner,
        publishers: std::iter::once(event.owner).chain(event.publishers.iter().copied()).collect(),
        published_by: specs.iter().filter(publishes).map(|spec| spec.name().to_string()).collect(),
        roles: event.roles,
        key: event.key_field,
        subject: event.subject_field,
        fields: field::of_schema(&schema),
        example: example.ok_or_else(|| missing("example"))?,
        subscribers: subscribers(common, arguments, event, &specs),
    };
    output::show(common.json, &shown, describe)
}

fn subscribers(common: &Common, arguments: &Show, event: &Descriptor, specs: &[ServiceSpec]) -> Vec<Subscriber> {
    let question = Question { topic: &arguments.topic, event, key: None, tenant: &common.tenant };
    let reached = explain(specs, &platform::topology_of(specs), question).reached;
    reached
        .into_iter()
        .map(|reached| Subscriber {
            subscription: reached.subscription.to_string(),
            patterns: reached
                .because
                .into_iter()
                .map(|because| Matching { pattern: because.pattern.to_string(), why: because.why })
                .collect(),
        })
        .collect()
}

fn describe(shown: &Shown) -> String {
    let listed = |names: Vec<&str>, nobody: &str| if names.is_empty() { nobody.to_owned() } else { names.join(", ") };
    let facts = [
        ("topic", shown.topic.to_owned()),
        ("what happened", shown.description.to_owned()),
        ("version", format!("{}, {}", shown.version, shown.dataschema)),
        ("aggregate", shown.aggregate.to_owned()),
        ("scope", shown.scope.as_str().to_owned()),
        ("owner", shown.owner.to_owned()),
        ("may be published by", shown.publishers.join(", ")),
        ("is published by", listed(shown.published_by.iter().map(String::as_str).collect(), "no service here")),
        ("may be caused by", listed(shown.roles.to_vec(), "services only")),
        ("partition key", shown.key.to_owned()),
        ("subject", shown.subject.unwrap_or("nobody").to_owned()),
    ];
    let mut text = String::new();
    for (name, value) in facts {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<20} {value}");
    }
    let _ = write!(text, "\n{}", fields(&shown.fields));
    let _ = writeln!(text, "\nFor example:\n\n{:#}", shown.example);
    if shown.subscribers.is_empty() {
        let _ = writeln!(text, "\nNobody listens: it is kept in {}.", names::UNROUTED);
        return text;
    }
    let mut table = Table::new(&["SUBSCRIPTION", "LISTENS TO", "BECAUSE"]);
    for subscriber in &shown.subscribers {
        for matching in &subscriber.patterns {
            table.row([&subscriber.subscription, &matching.pattern, &matching.why]);
        }
    }
    let _ = write!(text, "\n{table}");
    text
}

fn fields(fields: &[Field]) -> Table {
    let mut table = Table::new(&["FIELD", "TYPE", "BOUNDS", "REQUIRED", "PERSONAL", "WHAT IT IS"]);
    let mark = |holds: bool| if holds { "yes" } else { "" };
    for field in fields {
        table.row([
            &field.name,
            &field.kind,
            &field.bounds,
            mark(field.required),
            mark(field.personal),
            // The first paragraph is enough for a table.
            field.doc.split("\n\n").next().unwrap_or_default(),
        ]);
    }
    table
}
