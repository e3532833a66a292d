//! The services of the platform, and what a command needs of the configuration to run or reach them.

use std::path::PathBuf;

use fabric::{
    Adapters, AnyService, Descriptor, Fabric, ServiceName,
    config::{self, Config},
    connect,
    core::{
        service::ServiceSpec,
        topology::{self, Topology},
    },
    host::{Host, contexts_of},
    http::ServeError,
    runtime::ids::Ids,
};
use serde::{Deserialize, Serialize};

use crate::{Outcome, args::Common, exit::Failure};

/// The services that this binary can run.
pub const SERVICES: [&str; 5] = ["academic", "user", "social", "notification", "kyc"];

/// The events that the platform knows.
pub fn catalogue() -> &'static [Descriptor] {
    fabric_catalog::all()
}

/// The configuration, with what the command line says laid over it.
pub fn configuration(common: &Common) -> Outcome<Config> {
    let given = [("FABRIC__BROKER__URL", &common.amqp), ("FABRIC__CACHE__URL", &common.redis)];
    let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    Config::load(common.config.as_deref(), config::environment().chain(given))
        .map_err(|error| Failure::Usage(error.to_string()))
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

/// Connects to what the configuration names.
pub async fn adapters(config: &Config) -> Outcome<Adapters> {
    Ok(connect(config, "fabric").await.map_err(ServeError::from)?)
}

/// Starts services in this process.
pub async fn host(config: &Config, adapters: Adapters, services: &[Box<dyn AnyService>]) -> Outcome<Host> {
    let host = Host::start(config, adapters, Ids::system(), catalogue(), services).await;
    Ok(host.map_err(ServeError::from)?)
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

/// How a running `fabric up` can be reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Running {
    /// Where it listens.
    pub url: String,
    /// Its process.
    pub pid: u32,
}
