//! The commands, one file each.

pub mod asyncapi;
pub mod docs;
pub mod doctor;
pub mod events;
pub mod explain;
mod health;
pub mod import;
mod last;
pub mod new;
pub mod parked;
mod pause;
mod publish;
pub mod schema;
mod tail;
mod token;
pub mod topology;
mod up;

use crate::{
    Outcome,
    args::{Args, Command, Import},
    platform,
};

/// Runs what the command line says.
pub async fn run(args: Args) -> Outcome {
    let common = args.common;
    platform::check(&common)?;
    match args.command {
        Command::Up(up) => up::run(&common, up).await,
        Command::Import(Import::Oneroster(oneroster)) => import::run(&common, oneroster).await,
        Command::Publish(publish) => publish::run(&common, publish).await,
        Command::Tail(tail) => tail::run(&common, tail).await,
        Command::Last(last) => last::run(&common, last).await,
        Command::Events(events) => events::run(&common, &events),
        Command::Parked(parked) => parked::run(&common, parked).await,
        Command::Pause(pause) => pause::pause(&common, pause).await,
        Command::Resume(resume) => pause::resume(&common, resume).await,
        Command::Explain(explain) => explain::run(&common, &explain),
        Command::Doctor(doctor) => doctor::run(&common, &doctor).await,
        Command::Asyncapi(asyncapi) => asyncapi::run(&common, &asyncapi),
        Command::Docs(docs) => docs::run(&common, &docs).await,
        Command::Schema(schema) => schema::run(&common, &schema),
        Command::Topology(topology) => topology::run(&common, topology).await,
        Command::New(new) => new::run(&common, &new),
        Command::Health(_) => health::run(&common).await,
        Command::Token(token) => token::run(&common, token),
    }
}
