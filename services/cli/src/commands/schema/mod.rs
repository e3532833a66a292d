//! `fabric schema`: the schemas of the events as contracts that are kept in files.

mod args;
mod check;
mod folder;
mod validate;
mod write;

pub use args::Schema;
pub(super) use validate::violations;

use serde_json::Value;

use crate::{Outcome, args::Common, exit::Failure, operator, output};

pub fn run(common: &Common, command: &Schema) -> Outcome {
    match command {
        Schema::Check(arguments) => check::run(common, arguments),
        Schema::Write(arguments) => write::run(common, arguments),
        Schema::Validate(arguments) => validate::run(common, arguments),
        Schema::Show(arguments) => show(arguments),
    }
}

/// The version of this binary is shown as it is; others are read from the folder.
fn show(arguments: &args::Show) -> Outcome {
    let schema = match arguments.version {
        None => of_binary(operator::descriptor(&arguments.topic)?.topic)?,
        Some(version) => {
            match fabric_catalog::find(arguments.topic.as_str()).filter(|event| event.version == version) {
                Some(event) => of_binary(event.topic)?,
                None => folder::read(&folder::path(&arguments.folder.dir, arguments.topic.as_str(), version))?,
            }
        }
    };
    output::line(&folder::text(&schema)?)
}

/// The schema of an event of this binary.
fn of_binary(topic: &str) -> Outcome<Value> {
    fabric_catalog::schema(topic).ok_or_else(|| Failure::Other(format!("{topic} has no schema")))
}
