//! `fabric topology export`: what should stand, as the broker's own file.

use std::collections::BTreeMap;

use fabric::core::topology::to_json;

use super::args;
use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    output, platform,
    topology::{Passwords, Users, definitions, vhost},
};

pub fn run(common: &Common, arguments: &args::Export) -> Outcome {
    let config = platform::configuration(common)?;
    let users = if arguments.users.is_some() { Users::Included } else { Users::LeftOut };
    let wanted = definitions(&config, &arguments.services, users)?;
    let vhost = vhost(&config.broker.url)
        .ok_or_else(|| Failure::Usage("broker.url: its virtual host is not UTF-8".to_owned()))?;
    let hashes = match &arguments.users {
        Some(file) => Passwords::complete(file, wanted.users.keys().cloned())?.hashes()?,
        None => BTreeMap::new(),
    };
    let file = to_json(&wanted, &vhost, &hashes);
    output::line(&serde_json::to_string_pretty(&file).map_err(|error| Failure::Other(error.to_string()))?)
}
