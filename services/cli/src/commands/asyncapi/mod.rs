//! `fabric asyncapi`: the services' events as an `AsyncAPI` document. Derived from their values: no server is asked.

mod args;

pub use args::Asyncapi;

use fabric::core::{
    asyncapi::{self, Contract, Extent},
    service::ServiceSpec,
};
use serde_json::Value;

use crate::{Outcome, args::Common, exit::Failure, output, platform};

pub fn run(common: &Common, arguments: &Asyncapi) -> Outcome {
    let extent = if arguments.catalogue { Extent::Catalogue } else { Extent::Services };
    let document = document(common, &arguments.services, extent)?;
    if common.json { output::show(true, &document, |_| String::new()) } else { output::line(&yaml(&document)?) }
}

/// The document of the services with these names; of all when none is named.
pub fn document(common: &Common, names: &[String], extent: Extent) -> Outcome<Value> {
    let config = platform::configuration(common)?;
    let defaults = fabric::subscription_defaults(&config).map_err(|error| Failure::Usage(error.to_string()))?;
    let specs: Vec<ServiceSpec> = platform::services(&config, names)?
        .iter()
        .map(|service| service.spec(&defaults))
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::Other(error.to_string()))?;
    let contracts: Vec<Contract> = platform::catalogue().iter().map(contract).collect::<Outcome<_>>()?;
    Ok(asyncapi::document(&specs.iter().collect::<Vec<_>>(), &contracts, extent))
}

/// The same document as YAML, which people read more easily.
pub fn yaml(document: &Value) -> Outcome<String> {
    serde_saphyr::to_string(document).map_err(|error| Failure::Other(error.to_string()))
}

fn contract(descriptor: &fabric::Descriptor) -> Outcome<Contract> {
    let topic = descriptor.topic;
    let unknown = || Failure::Other(format!("{topic}: the catalogue does not describe its payload"));
    let schema = fabric_catalog::schema(topic).ok_or_else(unknown)?;
    let personal = fabric_catalog::personal_fields(topic).ok_or_else(unknown)?;
    let example = fabric_catalog::example(topic).ok_or_else(unknown)?;
    let example = serde_json::from_str(example).map_err(|error| Failure::Other(format!("{topic}: {error}")))?;
    Ok(Contract { descriptor: *descriptor, schema, example, personal })
}
