//! `fabric token`: a bearer token for development.

use std::{collections::BTreeSet, time::Duration};

use fabric::{
    Actor, Clock,
    identity::{Identity, Tokens},
};
use serde::Serialize;

use crate::{
    Outcome,
    args::{Common, Token},
    exit::Failure,
    operator, output, platform,
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
    let known = roles();
    if !known.contains(arguments.role.as_str()) {
        let known: Vec<&str> = known.into_iter().collect();
        return Err(Failure::Usage(format!(
            "--role: there is no role {}; there are {}",
            arguments.role,
            known.join(", ")
        )));
    }
    let hours_max = config.auth.token_lifetime_max_hours;
    if arguments.hours > hours_max {
        return Err(Failure::Usage(format!("--hours: a token may be valid for 1 to {hours_max} hours")));
    }
    let tokens = Tokens::for_config(&config).map_err(|error| Failure::Other(error.to_string()))?;
    let actor = Actor { id: arguments.actor, role: arguments.role };
    let identity = Identity { tenant: common.tenant.clone(), actor };
    let lifetime = Duration::from_hours(u64::from(arguments.hours));
    let token =
        tokens.mint(&identity, lifetime, Clock::system().now()).map_err(|error| Failure::Other(error.to_string()))?;
    let minted = Minted {
        token,
        tenant: identity.tenant.to_string(),
        actor: identity.actor.id.to_string(),
        role: identity.actor.role.to_string(),
        hours: arguments.hours,
    };
    output::show(common.json, &minted, |minted| minted.token.clone())
}

/// The roles that may cause events, and the operator's.
fn roles() -> BTreeSet<&'static str> {
    platform::catalogue().iter().flat_map(|event| event.roles).copied().chain([operator::ROLE]).collect()
}
