//! `fabric`: runs the platform on nothing but this binary, imports school data, and lets an operator look and act.

mod args;
mod commands;
mod exit;
mod import;
mod lookup;
mod operator;
mod output;
mod platform;
mod topology;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use crate::{args::Args, exit::Failure};

fn main() -> ExitCode {
    let args = Args::parse();
    // Never dropped: that would wait for a thread that still reads from a server, and the broker's driver panics when the runtime goes
    // before its own threads. All of them end with the process.
    let runtime: &'static Runtime = match Runtime::new() {
        Ok(runtime) => Box::leak(Box::new(runtime)),
        Err(error) => return ended(&Failure::from(error)),
    };
    runtime.block_on(commands::run(args)).map_or_else(|failure| ended(&failure), |()| ExitCode::SUCCESS)
}

/// Says why a command failed, and gives its exit code.
fn ended(failure: &Failure) -> ExitCode {
    if !matches!(failure, Failure::Finished) {
        output::complain(&failure.to_string());
    }
    failure.code()
}

/// What a command ends with.
type Outcome<T = ()> = Result<T, Failure>;
