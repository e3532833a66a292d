//! `fabric token`: a bearer token for development.

use std::time::Duration;

use fabric::{
    Actor, Clock,
    identity::{Identity, Tokens},
};
use serde::Serialize;

use crate::{
    Outcome,
    args::{Common, Token},
    exit::Failure,
    output, platform,
};

#[derive(Serialize)]
struct Minted {
    token: String,
    tenant: String,
    actor: String,
    role: String,
    hours: u32,
}

pub fn run(common: &Common, arguments: Token) -> Outcome {
    let config = platform::configuration(common)?;
    let tokens = Tokens::for_config(&config).map_err(|error| Failure::Other(error.to_string()))?;
    let actor = Actor { id: arguments.actor, role: arguments.role };
    let identity = Identity { tenant: common.tenant.clone(), actor };
    let lifetime = Duration::from_hours(u64::from(arguments.hours));
    let token = tokens
        .mint(&identity, lifetime, Clock::system().now())
        .map_err(|error| Failure::Usage(format!("--hours: {error}")))?;
    let minted = Minted {
        token,
        tenant: identity.tenant.to_string(),
        actor: identity.actor.id.to_string(),
        role: identity.actor.role.to_string(),
        hours: arguments.hours,
    };
    output::show(common.json, &minted, |minted| minted.token.clone())
}
