//! The command line of `fabric events`.

use clap::Subcommand;
use fabric::{Pattern, Topic};

use crate::exit;

/// `fabric events`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Events {
    /// Which topics: `*` stands for one word, `#` for any number.
    #[arg(default_value = "#", value_parser = Pattern::try_new)]
    pub pattern: Pattern,
    /// What to do instead of listing.
    #[command(subcommand)]
    pub instead: Option<Instead>,
}

/// What `fabric events` does instead of listing.
#[derive(Debug, Subcommand)]
pub enum Instead {
    /// Show all about one event: its fields, an example, who publishes it and who listens.
    #[command(after_help = exit::TABLE)]
    Show(Show),
}

/// `fabric events show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The event's topic, such as `gradebook.grade.posted`.
    #[arg(value_parser = Topic::try_new)]
    pub topic: Topic,
}
