//! `fabric last`: the last known events.

use fabric::Clock;

use crate::{
    Outcome,
    args::{Common, Last},
    operator::{self, Reach, Seen},
    output::{self, Table, age},
    platform,
};

pub async fn run(common: &Common, arguments: Last) -> Outcome {
    let config = platform::configuration(common)?;
    let events: Vec<Seen> = match operator::reach(common, &config).await? {
        Reach::Running(client) => {
            let mut query = vec![("pattern", arguments.pattern.to_string()), ("reveal", arguments.reveal.to_string())];
            query.extend(arguments.recent.map(|recent| ("recent", recent.to_string())));
            client.get("/operator/last", &query).await?
        }
        Reach::Direct(adapters) => {
            operator::last(&adapters, common.tenant.clone(), arguments.pattern, arguments.recent, arguments.reveal)
                .await?
        }
    };
    output::show(common.json, &events, |events| describe(common, events))
}

fn describe(common: &Common, events: &[Seen]) -> String {
    if events.is_empty() {
        return format!("nothing is known of that yet for the tenant {}", common.tenant);
    }
    let now = Clock::system().now();
    let mut table = Table::new(&["TOPIC", "AGE", "BY", "FROM", "EVENT"]);
    for seen in events {
        let actor = seen.actor.as_deref().unwrap_or("-");
        table.row([&seen.topic, &age(seen.time, now), actor, &seen.source, &seen.id.to_string()]);
        if let Some(data) = &seen.data {
            table.row(["", "", "", "", data.get()]);
        }
    }
    table.to_string()
}
