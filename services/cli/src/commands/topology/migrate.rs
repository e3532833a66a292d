//! `fabric topology migrate`: a queue to other arguments, a subscription to another number of partitions.

use std::time::Duration;

use fabric::{
    Clock,
    config::Config,
    core::topology::{Reordering, Step},
    runtime::{ids::Ids, ports::Broker},
};

use super::{args, consent};
use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    operator::{self, Act, Audit},
    output, platform,
    topology::{Desk, Users, described, migrate, next_step},
};

/// How long closing the connections may take.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);

pub async fn run(common: &Common, arguments: args::Migrate) -> Outcome {
    let config = platform::configuration(common)?;
    let desk = Desk::open(&config, &[], Users::LeftOut)?;
    let adapters = platform::adapters(&config).await?;
    let ended = on_broker(common, &config, &desk, adapters.broker.as_ref(), &arguments).await;
    adapters.broker.close(CLOSE_DEADLINE).await;
    adapters.cache.close().await;
    ended
}

async fn on_broker(
    common: &Common,
    config: &Config,
    desk: &Desk,
    broker: &dyn Broker,
    arguments: &args::Migrate,
) -> Outcome {
    let name = arguments.name.as_str();
    let reordering = if arguments.accept_reordering { Reordering::Accepted } else { Reordering::Refused };
    let first = next_step(desk, broker, name, reordering).await?;
    if first == Step::Done {
        return say(common, &format!("{name} is as it should be"));
    }
    let begins = described(&first).unwrap_or_default();
    let question = format!("Migrate {name} on the virtual host {}? It begins with: {begins}.", desk.management.vhost());
    consent::ask(question, arguments.yes).await?;
    let id = Ids::system().next(Clock::system().now()).to_string();
    let selection = format!("virtual host {}", desk.management.vhost());
    let act = Act::on_topology(id, &operator::actor()?, "topology migrate", selection, vec![name.to_owned()]);
    let audit = Audit::new(config, Clock::system());
    audit.begin(&act).await?;
    let migrated = tokio::select! {
        migrated = migrate(desk, broker, name, reordering, |step| say(common, step)) => migrated,
        _ = tokio::signal::ctrl_c() => Err(Failure::StoppedEarly(
            "stopped: no event is lost, and doing the same again goes on".to_owned(),
        )),
    };
    let outcome = migrated.as_ref().map_or_else(ToString::to_string, |()| "done".to_owned());
    audit.end(&act, &outcome).await?;
    migrated?;
    say(common, &format!("{name} is as it should be"))
}

/// A line for people, or a JSON object on a line for programs.
fn say(common: &Common, step: &str) -> Outcome {
    if common.json { output::line(&serde_json::json!({ "step": step }).to_string()) } else { output::line(step) }
}
