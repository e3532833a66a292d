//! What commands print: tables for people, JSON for programs.

mod progress;
mod table;

use std::io::{self, Write};

use serde::Serialize;

use crate::{Outcome, exit::Failure};
pub use progress::ImportProgress;
pub use table::{Table, age, number};

/// Writes a value as JSON, or what `human` makes of it.
pub fn show<T: Serialize>(json: bool, value: &T, human: impl FnOnce(&T) -> String) -> Outcome {
    let text = if json {
        serde_json::to_string_pretty(value).map_err(|error| Failure::Other(error.to_string()))?
    } else {
        human(value)
    };
    line(&text)
}

/// Writes a line to standard output. A reader that has gone away, such as `head`, is no failure: there is nobody left to tell.
pub fn line(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::Finished),
        written => Ok(written?),
    }
}
