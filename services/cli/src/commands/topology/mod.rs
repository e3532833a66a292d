//! `fabric topology`: what stands on the broker.

mod apply;
mod args;
mod consent;
mod export;
mod migrate;
mod plan;
mod text;
mod watch;

pub use args::Topology;

use crate::{Outcome, args::Common};

pub async fn run(common: &Common, command: Topology) -> Outcome {
    match command {
        Topology::Plan(arguments) => plan::run(common, arguments).await,
        Topology::Apply(arguments) => apply::run(common, arguments).await,
        Topology::Export(arguments) => export::run(common, &arguments),
        Topology::Migrate(arguments) => migrate::run(common, arguments).await,
        Topology::Watch(arguments) => watch::run(common, &arguments).await,
    }
}
