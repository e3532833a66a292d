//! `fabric events`: what the catalogue has.

use serde::Serialize;

use crate::{
    Outcome,
    args::{Common, Events},
    exit::Failure,
    output::{self, Table},
    platform,
};

#[derive(Serialize)]
struct Row {
    topic: &'static str,
    version: u16,
    owner: &'static str,
    aggregate: &'static str,
    roles: &'static [&'static str],
    publishers: &'static [&'static str],
    description: &'static str,
}

pub fn run(common: &Common, events: &Events) -> Outcome {
    let rows: Vec<Row> = platform::catalogue()
        .iter()
        .filter(|event| events.pattern.matches(event.topic))
        .map(|event| Row {
            topic: event.topic,
            version: event.version,
            owner: event.owner,
            aggregate: event.aggregate,
            roles: event.roles,
            publishers: event.publishers,
            description: event.description,
        })
        .collect();
    if rows.is_empty() {
        return Err(Failure::Refused(format!("no event of the catalogue matches {}", events.pattern)));
    }
    output::show(common.json, &rows, |rows| {
        let mut table = Table::new(&["TOPIC", "V", "OWNER", "MAY BE CAUSED BY", "WHAT HAPPENED"]);
        for row in rows {
            let roles = if row.roles.is_empty() { "services only".to_owned() } else { row.roles.join(", ") };
            table.row([row.topic, &row.version.to_string(), row.owner, &roles, row.description]);
        }
        table.to_string()
    })
}
