//! `fabric events`: what the catalogue has.

mod args;
mod field;
mod show;

pub use args::Events;

use fabric::{Pattern, core::event::Scope};
use serde::Serialize;

use crate::{
    Outcome,
    args::Common,
    lookup,
    output::{self, Table},
    platform,
};

pub fn run(common: &Common, events: &Events) -> Outcome {
    match &events.instead {
        Some(args::Instead::Show(arguments)) => show::run(common, arguments),
        None => list(common, &events.pattern),
    }
}

#[derive(Serialize)]
struct Row {
    topic: &'static str,
    version: u16,
    owner: &'static str,
    aggregate: &'static str,
    scope: Scope,
    key: &'static str,
    subject: Option<&'static str>,
    roles: &'static [&'static str],
    publishers: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<Vec<String>>,
    description: &'static str,
}

fn list(common: &Common, pattern: &Pattern) -> Outcome {
    lookup::matched(pattern)?;
    let rows: Vec<Row> = platform::catalogue()
        .iter()
        .filter(|event| pattern.matches(event.topic))
        .map(|event| Row {
            topic: event.topic,
            version: event.version,
            owner: event.owner,
            aggregate: event.aggregate,
            scope: event.scope,
            key: event.key_field,
            subject: event.subject_field,
            roles: event.roles,
            publishers: event.publishers,
            // Only the JSON has them, and it takes the schemas to know them.
            personal: common.json.then(|| fabric_catalog::personal_fields(event.topic).unwrap_or_default()),
            description: event.description,
        })
        .collect();
    output::show(common.json, &rows, |rows| {
        let mut table = Table::new(&["TOPIC", "V", "OWNER", "KEY", "SCOPE", "WHAT HAPPENED"]);
        for row in rows {
            let version = row.version.to_string();
            table.row([row.topic, &version, row.owner, row.key, row.scope.as_str(), row.description]);
        }
        table.to_string()
    })
}
