//! `fabric last`: the last known events.

use fabric::Clock;

use crate::{
    Outcome,
    args::{Common, Last},
    lookup,
    operator::{self, Needed, Reach, Seen},
    output::{self, Table, age},
    platform,
};

pub async fn run(common: &Common, arguments: Last) -> Outcome {
    let config = platform::configuration(common)?;
    operator::require(common, &config, Needed::Cache)?;
    let events: Vec<Seen> = match operator::reach(common, &config)? {
        Reach::Running(client) => {
            let mut query = vec![("pattern", arguments.pattern.to_string()), ("reveal", arguments.reveal.to_string())];
            query.extend(arguments.recent.map(|recent| ("recent", recent.to_string())));
            client.get("/operator/last", &query).await?
        }
        Reach::Direct => {
            let cache = platform::cache(&config).await?;
            let (tenant, pattern) = (common.tenant.clone(), arguments.pattern.clone());
            let read = operator::last(cache.as_ref(), tenant, pattern, arguments.recent, arguments.reveal).await;
            cache.close().await;
            read?
        }
    };
    // What is known may be of other producers; where nothing is, a name that nobody has is said to be one.
    if events.is_empty() {
        lookup::matched(&arguments.pattern)?;
    }
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
