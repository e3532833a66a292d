//! The services of the platform, and what a command needs of the configuration to run or reach them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use fabric::{
    Adapters, AnyService, Descriptor, Fabric, ServiceName,
    config::{self, AtStart, Config, ConfigError, Place},
    connect, connect_broker, connect_cache, connect_command,
    core::{
        service::ServiceSpec,
        topology::{self, Topology},
    },
    host::{Host, contexts_of},
    http::ServeError,
    runtime::{
        ids::Ids,
        ports::{Broker, Cache},
    },
};
use serde::{Deserialize, Serialize};

use crate::{Outcome, args::Common, exit::Failure};

/// What operators see in the broker's list of connections.
const CLIENT: &str = "fabric";

/// How long closing connections may take.
pub const CLOSE_DEADLINE: Duration = Duration::from_secs(5);

/// The services that this binary can run.
pub const SERVICES: [&str; 5] = ["academic", "user", "social", "notification", "kyc"];

/// The events that the platform knows.
pub fn catalogue() -> &'static [Descriptor] {
    fabric_catalog::all()
}

/// The configuration, with what the command line says laid over it.
pub fn configuration(common: &Common) -> Outcome<Config> {
    let given: Vec<(&str, &str, String)> = [
        ("--amqp", "FABRIC__BROKER__URL", common.amqp.clone()),
        ("--redis", "FABRIC__CACHE__URL", common.redis.clone()),
    ]
    .into_iter()
    .filter_map(|(flag, variable, value)| Some((flag, variable, value?)))
    .collect();
    let variables = given.iter().map(|(_, variable, value)| ((*variable).to_owned(), value.clone()));
    let loaded = Config::load(common.config.as_deref(), config::environment().chain(variables));
    loaded.map_err(|error| {
        let flag = match &error {
            ConfigError::Unfit { key, place: Place::Environment { name }, wanted } => given
                .iter()
                .find(|(_, variable, _)| name == variable)
                .map(|(flag, ..)| format!("{flag} (`{key}`) must be {wanted}")),
            _ => None,
        };
        Failure::Usage(flag.unwrap_or_else(|| error.to_string()))
    })
}

/// Checks what the command line says for every command, whether or not this one needs it: what is mistyped is never silently left out.
pub fn check(common: &Common) -> Outcome {
    if let Some(url) = &common.url
        && !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme))
    {
        return Err(Failure::Usage("--url must be a URL that begins with http:// or https://".to_owned()));
    }
    if common.config.is_some() || common.amqp.is_some() || common.redis.is_some() {
        configuration(common)?;
    }
    Ok(())
}

/// The values of the services with these names; of all when none is named.
pub fn services(config: &Config, names: &[String]) -> Outcome<Vec<Box<dyn AnyService>>> {
    if let Some(unknown) = names.iter().find(|name| !SERVICES.contains(&name.as_str())) {
        return Err(Failure::Usage(format!(
            "--services: there is no service {unknown:?}; there are {}",
            SERVICES.join(", ")
        )));
    }
    SERVICES
        .iter()
        .filter(|name| names.is_empty() || names.iter().any(|wanted| wanted == *name))
        .map(|name| service(config, name))
        .collect()
}

fn service(config: &Config, name: &str) -> Outcome<Box<dyn AnyService>> {
    Ok(match name {
        "academic" => Box::new(academic::service()),
        "user" => Box::new(user::service()),
        "social" => Box::new(social::service()),
        "kyc" => Box::new(kyc::service()),
        _ => {
            let mailer =
                notification::Mailer::from_config(config).map_err(|error| Failure::Usage(error.to_string()))?;
            Box::new(notification::service(mailer))
        }
    })
}

/// What the services with these names are, as plain values; all when none is named.
pub fn specs(config: &Config, names: &[String]) -> Outcome<Vec<ServiceSpec>> {
    let defaults = fabric::subscription_defaults(config).map_err(|error| Failure::Usage(error.to_string()))?;
    let specs = services(config, names)?.iter().map(|service| service.spec(&defaults)).collect::<Result<Vec<_>, _>>();
    specs.map_err(|error| Failure::Other(error.to_string()))
}

/// What these services need on the broker, derived from their values: no server is asked.
pub fn topology_of(specs: &[ServiceSpec]) -> Topology {
    topology::of_services(specs, &contexts_of(catalogue()))
}

/// What all services need on the broker.
pub fn topology(config: &Config) -> Outcome<Topology> {
    Ok(topology_of(&specs(config, &[])?))
}

/// Connects services to what the configuration names. They make what is missing there, unless they are told not to.
pub async fn adapters_of_services(config: &Config) -> Outcome<Adapters> {
    Ok(connect(config, CLIENT).await.map_err(ServeError::from)?)
}

/// Connects a command that looks at what stands on a broker: it makes nothing there, and a server that is away is told by whatever is
/// asked of it.
pub async fn adapters(config: &Config) -> Outcome<Adapters> {
    let mut config = config.clone();
    config.topology.at_start = AtStart::Verify;
    adapters_of_services(&config).await
}

/// The broker that the configuration names, for a command: nothing is made there, and it must be reached now.
pub async fn broker(config: &Config) -> Outcome<Arc<dyn Broker>> {
    Ok(connect_broker(config, CLIENT).await.map_err(ServeError::from)?)
}

/// The cache that the configuration names.
pub async fn cache(config: &Config) -> Outcome<Arc<dyn Cache>> {
    Ok(connect_cache(config).await.map_err(ServeError::from)?)
}

/// A host for a command that publishes or looks at queues itself, mostly without services: nothing is made on the broker, and it must
/// be reached now.
pub async fn visit(config: &Config, services: &[Box<dyn AnyService>]) -> Outcome<Host> {
    host(config, connect_command(config, CLIENT).await.map_err(ServeError::from)?, services).await
}

/// Starts services in this process. When they cannot start, the adapters are closed.
pub async fn host(config: &Config, adapters: Adapters, services: &[Box<dyn AnyService>]) -> Outcome<Host> {
    match Host::start(config, adapters.clone(), Ids::system(), catalogue(), services).await {
        Ok(host) => Ok(host),
        Err(error) => {
            adapters.broker.close(CLOSE_DEADLINE).await;
            adapters.cache.close().await;
            Err(ServeError::from(error).into())
        }
    }
}

/// The handle of the service that the fabric's own events belong to.
pub fn platform_of(host: &Host) -> Outcome<Fabric> {
    let name = ServiceName::try_new("platform").map_err(|error| Failure::Other(error.to_string()))?;
    Ok(host.fabric_as(name))
}

/// Where a running `fabric up` says how it can be reached.
pub fn running_file(config: &Config) -> PathBuf {
    config.data.folder.join("up.json")
}

/// What the running `fabric up` says of itself, if one runs with this data folder.
pub fn running(config: &Config) -> Option<Running> {
    serde_json::from_slice(&std::fs::read(running_file(config)).ok()?).ok()
}

/// How a running `fabric up` can be reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Running {
    /// Where it listens.
    pub url: String,
    /// Its process.
    pub pid: u32,
}
