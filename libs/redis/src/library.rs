//! The Redis Function library: loading it and calling it.

use std::collections::HashMap;

use fred::{
    clients::Client,
    error::Error,
    interfaces::FunctionInterface,
    types::{Key, Value},
};

const NAME: &str = "fabric_last_known";
const SOURCE: &str = include_str!("last_known.lua");
/// The version that [`SOURCE`] names.
const VERSION: u32 = 1;
const VERSION_LINE: &str = "-- version: ";

/// The keys and arguments of one call of `fabric_offer`. Cheap to clone: the texts are shared.
#[derive(Clone)]
pub(crate) struct Offer {
    keys: Vec<Key>,
    args: Vec<Value>,
}

impl Offer {
    /// Of a tenant's events: the key of its last events, and how many recent events a topic keeps.
    pub fn new(last_key: String, recent_max: usize) -> Self {
        Self { keys: vec![last_key.into()], args: vec![recent_max.to_string().into()] }
    }

    /// Adds an event: the key of the recent events of its topic, the topic, and the event's record.
    pub fn push(&mut self, recent_key: String, topic: String, record: String) {
        self.keys.push(recent_key.into());
        self.args.extend([topic.into(), record.into()]);
    }
}

/// Offers events: how many became the last of their topic, and how many were not newer.
pub(crate) async fn offer(client: &Client, offer: Offer) -> Result<(usize, usize), Error> {
    match call(client, offer.clone()).await {
        Err(error) if error.details().contains("Function not found") => {
            load(client).await?;
            call(client, offer).await
        }
        answered => answered,
    }
}

/// Loads the library unless the server has it, or has a newer one.
pub(crate) async fn ensure(client: &Client) -> Result<(), Error> {
    let found: Vec<HashMap<String, Value>> = client.function_list(Some(NAME), true).await?;
    let loaded = found.first().and_then(|library| library.get("library_code")).and_then(Value::as_bytes_str);
    if must_load(loaded.as_deref()) { load(client).await } else { Ok(()) }
}

async fn call(client: &Client, Offer { keys, args }: Offer) -> Result<(usize, usize), Error> {
    client.fcall("fabric_offer", keys, args).await
}

async fn load(client: &Client) -> Result<(), Error> {
    client.function_load::<(), _>(true, SOURCE).await?;
    tracing::info!(library = NAME, version = VERSION, "loaded the function library");
    Ok(())
}

/// A library of our version that differs from ours is one that somebody changed, so ours takes its place.
fn must_load(loaded: Option<&str>) -> bool {
    loaded != Some(SOURCE) && loaded.and_then(version).is_none_or(|loaded| loaded <= VERSION)
}

fn version(source: &str) -> Option<u32> {
    source.lines().find_map(|line| line.strip_prefix(VERSION_LINE)).and_then(|version| version.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_names_its_library_and_version() {
        assert_eq!(SOURCE.lines().next(), Some(format!("#!lua name={NAME}").as_str()));
        assert_eq!(version(SOURCE), Some(VERSION));
    }

    #[test]
    fn only_a_newer_library_stays() {
        let table = [
            (None, true),
            (Some(SOURCE.to_owned()), false),
            (Some("-- somebody else's".to_owned()), true),
            (Some(format!("{SOURCE}-- changed")), true),
            (Some(format!("{VERSION_LINE}{}", VERSION - 1)), true),
            (Some(format!("{VERSION_LINE}{}", VERSION + 1)), false),
        ];
        for (loaded, expected) in table {
            assert_eq!(must_load(loaded.as_deref()), expected, "{loaded:?}");
        }
    }
}
