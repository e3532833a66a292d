//! Whom a command speaks to: a running `fabric up`, or the servers themselves.

use std::time::Duration;

use fabric::{
    Actor, ActorId, Clock, Role,
    config::Config,
    identity::{Identity, Tokens},
};

use super::{Client, ROLE};
use crate::{Outcome, args::Common, exit::Failure, platform};

/// Whom a command speaks to.
pub enum Reach {
    /// A running `fabric up`.
    Running(Client),
    /// The broker and the cache themselves, to which a command connects as far as it needs them.
    Direct,
}

/// How long the token of a single command is valid.
const TOKEN_LIFETIME: Duration = Duration::from_hours(1);

/// Finds out whom to speak to: the servers that the configuration names, else the running `fabric up`.
pub fn reach(common: &Common, config: &Config) -> Outcome<Reach> {
    let names_server = config.broker.url.scheme() != "memory" || config.cache.url.scheme() != "memory";
    if common.url.is_none() && names_server {
        return Ok(Reach::Direct);
    }
    Ok(Reach::Running(client(common, config)?))
}

/// A client of the running `fabric up`, with an operator's token for this tenant.
fn client(common: &Common, config: &Config) -> Outcome<Client> {
    let identity = Identity { tenant: common.tenant.clone(), actor: actor()? };
    let url = address(common, config)?;
    let tokens = Tokens::for_config(config).map_err(|error| Failure::Other(error.to_string()))?;
    let token = tokens
        .mint(&identity, TOKEN_LIFETIME, Clock::system().now())
        .map_err(|error| Failure::Other(error.to_string()))?;
    Ok(Client::new(&url, Some(token)))
}

/// Where the running `fabric up` listens.
pub fn address(common: &Common, config: &Config) -> Outcome<String> {
    if let Some(url) = &common.url {
        return Ok(url.clone());
    }
    platform::running(config).map(|running| running.url).ok_or_else(|| {
        Failure::Unreachable(format!(
            "no `fabric up` runs with the data folder {}: start one, or name the servers with --amqp and --redis",
            config.data.folder.display()
        ))
    })
}

/// The operator who gives the command: `operator`, or `operator:NAME` where the system says who that is.
pub fn actor() -> Outcome<Actor> {
    let name = |error: fabric::core::name::InvalidName| Failure::Other(error.to_string());
    let user = std::env::var("USER").ok().and_then(|user| ActorId::try_new(&format!("{ROLE}:{user}")).ok());
    let id = user.map_or_else(|| ROLE.parse().map_err(name), Ok)?;
    Ok(Actor { id, role: Role::try_new(ROLE).map_err(name)? })
}
