//! `fabric doctor`: why events are not consumed, and what to do about it. The core judges; here everything is read that it judges by.

mod args;
mod facts;
mod parked;
mod text;

pub use args::Doctor;

use fabric::{
    config::Config,
    core::{
        service::ServiceSpec,
        topology::{
            doctor::{Case, Finding, Severity, Target, diagnose, diagnose_process},
            names,
        },
    },
};
use serde::Serialize;

use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    lookup::suggestion,
    operator::{self, Reach},
    output, platform,
    topology::{Desk, Users},
};

/// What was found, and by looking at what.
#[derive(Debug, Serialize)]
struct Report {
    looked_at: LookedAt,
    /// The options that `fabric doctor` was given and the commands of `fabric` that findings name need, too.
    same_options: Vec<&'static str>,
    findings: Vec<Finding>,
}

/// Where findings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum LookedAt {
    /// The broker's management interface, and whatever else answers.
    Broker,
    /// What a process says of itself alone: its broker is inside it.
    Health,
}

pub async fn run(common: &Common, arguments: &Doctor) -> Outcome {
    let config = platform::configuration(common)?;
    let services = platform::specs(&config, &[])?;
    let target = arguments.target.as_deref().map(|name| find(&services, name)).transpose()?;
    let mut report = if config.broker.url.scheme() == "memory" {
        of_process(common, &config, &services).await?
    } else {
        of_broker(common, &config, &services, target.as_ref()).await?
    };
    if let Some(target) = &target {
        report.findings.retain(|finding| finding.concerns(target));
    }
    output::show(common.json, &report, text::describe)?;
    let troubles = report.findings.iter().filter(|finding| finding.severity == Severity::Trouble).count();
    match troubles {
        0 => Ok(()),
        1 => Err(Failure::NotReady("there is 1 trouble".to_owned())),
        more => Err(Failure::NotReady(format!("there are {more} troubles"))),
    }
}

/// The subscription or the queue of this name, or an error that names the nearest ones.
fn find(services: &[ServiceSpec], name: &str) -> Outcome<Target> {
    Target::find(services, name).ok_or_else(|| {
        let subscriptions = services.iter().flat_map(ServiceSpec::subscriptions);
        let known = subscriptions.map(|own| own.name.as_str()).chain([names::UNROUTED, names::CONTROL]);
        Failure::Refused(format!("there is no subscription or queue {name}{}", suggestion(name, known)))
    })
}

/// Looks at everything that can be reached of a broker.
async fn of_broker(
    common: &Common,
    config: &Config,
    services: &[ServiceSpec],
    target: Option<&Target>,
) -> Outcome<Report> {
    let desk = Desk::open(config, &[], Users::LeftOut)?;
    let actual = desk.actual().await?;
    let facts = facts::of_broker(common, config, &desk, &actual, services, target).await?;
    let (wanted, vhost) = (&desk.wanted, desk.management.vhost());
    let findings = diagnose(&Case { services, wanted, actual: &actual, facts: &facts, vhost });
    Ok(Report { looked_at: LookedAt::Broker, same_options: same_options(common), findings })
}

/// Asks the process that has the broker inside it.
async fn of_process(common: &Common, config: &Config, services: &[ServiceSpec]) -> Outcome<Report> {
    let Reach::Running(client) = operator::reach(common, config)? else {
        return Err(Failure::Usage(
            "broker.url is memory:// and cache.url is not: nobody else can look into it".to_owned(),
        ));
    };
    let facts = facts::of_process(&client, &operator::address(common, config)?).await?;
    let findings = diagnose_process(services, &facts);
    Ok(Report { looked_at: LookedAt::Health, same_options: same_options(common), findings })
}

/// The options that were given and say whom to speak to: a command that is run next needs them, too. Their values are left out, since
/// URLs have passwords in them.
fn same_options(common: &Common) -> Vec<&'static str> {
    let given = [
        ("--config", common.config.is_some()),
        ("--amqp", common.amqp.is_some()),
        ("--redis", common.redis.is_some()),
        ("--url", common.url.is_some()),
    ];
    given.into_iter().filter_map(|(option, is_given)| is_given.then_some(option)).collect()
}
