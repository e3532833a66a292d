//! Importing bundles of school data: OneRoster 1.1 and 1.2 as CSV files, in a zip file, in a folder or in this program.
//!
//! | step | module |
//! |---|---|
//! | find the files | `bundle`, `archive` |
//! | read all of it once: is it a bundle? | `manifest`, `table`, `reading` |
//! | read it row by row: what follows from each? | `row`, `rows`, `known`, `fault` |
//! | publish that, until it is confirmed | `outbound` |
//! | say what came of it | `rejects`, `report` |
//!
//! # What is promised
//! - A bundle that is not one is refused before anything is published: the first reading goes through all of its bytes.
//! - A row that breaks the standard is rejected with its line, column and rule, and never stops the others. What stands in it
//!   is told to nobody.
//! - One event follows from each accepted row, except that a row of `roles.csv` (1.2) becomes a part of its person's event. Importing
//!   the same bundle again gives the same events with the same ids.
//! - What a row refers to must be an accepted row further up, or, within one file, any row further down.
//! - Memory does not grow with what is in the rows. It grows with the number of ids that later rows may refer to, or that must not
//!   come twice, by 10 to 21 bytes each; `known` has the table.
//!
//! # What is not done
//! Delta bundles are refused. Files about resources, score scales, learning objectives and user profiles are passed over and named
//! in the report. Passwords are not even looked at. Words with the prefix `ext:`, which 1.2 allows in vocabularies, are rejected,
//! since no event has a place for them.

mod archive;
mod bundle;
mod error;
mod fault;
mod file;
mod known;
mod manifest;
mod outbound;
mod reading;
mod rejects;
mod report;
mod row;
mod rows;
mod run;
mod sample;
mod table;
#[cfg(test)]
mod tests;

pub use bundle::Source;
pub use error::ImportError;
pub use outbound::Target;
pub use rejects::RejectsSink;
pub use report::{Progress, Report};
pub use run::oneroster;
