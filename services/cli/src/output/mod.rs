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

/// Writes a value as JSON on a single line, or what `human` makes of it: for a command that writes several values.
pub fn show_line<T: Serialize>(json: bool, value: &T, human: impl FnOnce(&T) -> String) -> Outcome {
    let text = if json {
        serde_json::to_string(value).map_err(|error| Failure::Other(error.to_string()))?
    } else {
        human(value)
    };
    line(&text)
}

/// Says something on standard error that keeps nothing from being done.
pub fn warn(text: &str) {
    complain(&format!("warning: {text}"));
}

/// Writes a line to standard output. A reader that has gone away, such as `head`, is no failure and ends nothing: what was begun is
/// brought to its end, and what it came to stands in the exit code.
pub fn line(text: &str) -> Outcome {
    written(text).map(drop)
}

/// The same for a command that does nothing but show what goes by. Without a reader there is nothing left to do, so it ends.
pub fn passing(text: &str) -> Outcome {
    if written(text)? { Ok(()) } else { Err(Failure::Finished) }
}

/// Whether somebody reads it.
fn written(text: &str) -> Outcome<bool> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}

/// Says something on standard error. When nobody reads that either, there is nobody left to tell, and the exit code says it.
pub fn complain(text: &str) {
    drop(writeln!(io::stderr(), "fabric: {text}"));
}
