//! `fabric`: runs the platform on nothing but this binary, imports school data, and lets an operator look and act.

mod args;
mod commands;
mod exit;
mod import;
mod operator;
mod output;
mod platform;
mod topology;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Args, exit::Failure};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match commands::run(args).await {
        Ok(()) | Err(Failure::Finished) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("fabric: {failure}");
            failure.code()
        }
    }
}

/// What a command ends with.
type Outcome<T = ()> = Result<T, Failure>;
