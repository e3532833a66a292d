//! The command line of `fabric topology`.

use std::path::PathBuf;

use clap::Subcommand;

use crate::exit;

/// `fabric topology`.
#[derive(Debug, Subcommand)]
pub enum Topology {
    /// Say what differs between what stands on the broker and what should; nothing is changed.
    #[command(after_help = exit::TABLE)]
    Plan(Plan),
    /// Make what is missing and change what can be changed in place. What is dangerous or needs a migration is only told.
    #[command(after_help = exit::TABLE)]
    Apply(Apply),
    /// Print everything that should stand as a definitions.json, which `rabbitmqctl import_definitions` takes. No server is asked.
    #[command(after_help = exit::TABLE)]
    Export(Export),
    /// Move a queue to the arguments that it should have, or a subscription to another number of partitions, while events come. It
    /// may be stopped at any time, and goes on when it is called again.
    #[command(after_help = exit::TABLE)]
    Migrate(Migrate),
    /// Show what begins and ceases to differ, until Ctrl-C.
    #[command(after_help = exit::TABLE)]
    Watch(Watch),
}

/// `fabric topology plan`.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// Compare the services' users and what they may do, too. Only an administrator sees them.
    #[arg(long)]
    pub users: bool,
    /// Show each change, also of many that say the same. With `--json` it always is.
    #[arg(long)]
    pub all: bool,
    /// As if only these services were there; what belongs to the others is then wanted by nobody.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub services: Vec<String>,
}

/// `fabric topology apply`.
#[derive(Debug, clap::Args)]
pub struct Apply {
    /// Take away what nobody wants any more, too, as far as nothing is lost by that.
    #[arg(long)]
    pub prune: bool,
    /// Make the services' users, too, with the passwords that this JSON file has, or new random ones that are added to it; users
    /// that are there keep theirs. With `--prune`, users of services that are no more lose what they may do here, and are deleted
    /// when there is no other virtual host that they may enter.
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// As if only these services were there.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub services: Vec<String>,
    /// Do not ask first.
    #[arg(long)]
    pub yes: bool,
}

/// `fabric topology export`.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// With the services' users and hashes of their passwords: those that this JSON file has, or new random ones that are added to
    /// it.
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// Only of these services.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub services: Vec<String>,
}

/// `fabric topology migrate`.
#[derive(Debug, clap::Args)]
pub struct Migrate {
    /// The queue, or the subscription, such as `social.feed_projection`.
    #[arg(value_name = "QUEUE")]
    pub name: String,
    /// Events may be handled in another order than they were published in, this once.
    #[arg(long)]
    pub accept_reordering: bool,
    /// Do not ask first.
    #[arg(long)]
    pub yes: bool,
}

/// `fabric topology watch`.
#[derive(Debug, clap::Args)]
pub struct Watch {
    /// How many seconds pass between two looks.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub every: u64,
    /// Stop after this many looks.
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Watch the services' users, too.
    #[arg(long)]
    pub users: bool,
}
