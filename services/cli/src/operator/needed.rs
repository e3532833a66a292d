//! Which server a command cannot do without, where it speaks to servers itself.

use fabric::config::Config;

use crate::{Outcome, args::Common, exit::Failure};

/// A server that a command cannot do without.
#[derive(Debug, Clone, Copy)]
pub enum Needed {
    /// The broker.
    Broker,
    /// The cache.
    Cache,
}

/// Fails when the command would speak to the servers itself and the one that it needs is not named: that would be a new one inside this
/// process, with nothing in it and gone with the command.
pub fn require(common: &Common, config: &Config, needed: Needed) -> Outcome {
    let (broker, cache) = (config.broker.url.scheme() == "memory", config.cache.url.scheme() == "memory");
    let (missing, option) = match needed {
        Needed::Broker if broker && !cache => ("broker.url", "--amqp"),
        Needed::Cache if cache && !broker => ("cache.url", "--redis"),
        _ => return Ok(()),
    };
    if common.url.is_some() {
        return Ok(());
    }
    Err(Failure::Usage(format!("{missing} is memory://, which nobody else speaks to: name the server with {option}")))
}
