//! The command line of `fabric schema`.

use std::path::PathBuf;

use clap::Subcommand;
use fabric::{Pattern, Topic};

use crate::exit;

/// `fabric schema`.
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// Say what differs between the kept schemas and the events of this binary, and whether it breaks a contract.
    ///
    /// A version without a kept schema fails the check, for nothing can be compared with it: an older one always (exit code 9), the present
    /// one until `fabric schema write` has kept it (exit code 1).
    #[command(after_help = exit::TABLE)]
    Check(Kept),
    /// Write the schemas of this binary's events. A breaking change of a version that is kept already is refused.
    #[command(after_help = exit::TABLE)]
    Write(Kept),
    /// Say whether a payload, or a whole CloudEvent as JSON, is valid by the kept schema alone.
    #[command(after_help = exit::TABLE)]
    Validate(Validate),
    /// Print an event's JSON Schema.
    #[command(after_help = exit::TABLE)]
    Show(Show),
}

/// `fabric schema check` and `write`.
#[derive(Debug, clap::Args)]
pub struct Kept {
    /// Which topics: `*` stands for one word, `#` for any number.
    #[arg(default_value = "#", value_parser = Pattern::try_new)]
    pub pattern: Pattern,
    /// Where the schemas are kept.
    #[command(flatten)]
    pub folder: Folder,
}

/// Where the schemas are kept.
#[derive(Debug, clap::Args)]
pub struct Folder {
    /// The folder with a file `TOPIC.vVERSION.json` for each version of each event.
    #[arg(long, value_name = "FOLDER", default_value = "config/schemas")]
    pub dir: PathBuf,
}

/// `fabric schema validate`.
#[derive(Debug, clap::Args)]
pub struct Validate {
    /// The event's topic, such as `gradebook.grade.posted`.
    #[arg(value_parser = Topic::try_new)]
    pub topic: Topic,
    /// The file with the JSON; `-` is standard input.
    pub file: PathBuf,
    /// The payload's version; without it, what a CloudEvent's `dataschema` says, or the newest that is kept.
    #[arg(long, value_name = "N")]
    pub version: Option<u16>,
    /// Where the schemas are kept.
    #[command(flatten)]
    pub folder: Folder,
}

/// `fabric schema show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The event's topic, such as `gradebook.grade.posted`.
    #[arg(value_parser = Topic::try_new)]
    pub topic: Topic,
    /// The payload's version; without it, the one of this binary.
    #[arg(long, value_name = "N")]
    pub version: Option<u16>,
    /// Where the schemas are kept.
    #[command(flatten)]
    pub folder: Folder,
}
