//! The command line of `fabric new`.

use std::path::PathBuf;

use clap::Subcommand;
use fabric::{Pattern, SubscriptionName, Topic};

use super::names;
use crate::exit;

/// `fabric new`.
#[derive(Debug, Subcommand)]
pub enum New {
    /// A service: a crate with an event, a handler of it, and tests that run without any server.
    #[command(after_help = exit::TABLE)]
    Service(Service),
    /// An event of a service that `fabric new service` has written.
    #[command(after_help = exit::TABLE)]
    Event(Event),
    /// A subscription with its handler, of a service that `fabric new service` has written.
    #[command(after_help = exit::TABLE)]
    Handler(Handler),
}

/// `fabric new service`.
#[derive(Debug, clap::Args)]
pub struct Service {
    /// Its name, one word, such as `canteen`.
    #[arg(value_parser = names::service)]
    pub name: String,
    /// Its first event; without this, `NAME.item.added`.
    #[arg(long, value_name = "TOPIC", value_parser = Topic::try_new)]
    pub event: Option<Topic>,
    /// The folder for the crate; without this, one with its name.
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// A copy of the event fabric's repository to depend on; without this, the crate is for a workspace that is above it and whose
    /// `[workspace.dependencies]` have `fabric`, as the fabric's own do.
    #[arg(long, value_name = "FOLDER")]
    pub fabric_path: Option<PathBuf>,
}

/// `fabric new event`.
#[derive(Debug, clap::Args)]
pub struct Event {
    /// Its topic, such as `canteen.lunch.cancelled`: what it belongs to, and what happened to it.
    #[arg(value_parser = Topic::try_new)]
    pub topic: Topic,
    /// The folder of the service's crate.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub dir: PathBuf,
}

/// `fabric new handler`.
#[derive(Debug, clap::Args)]
pub struct Handler {
    /// The subscription, `SERVICE.NAME`, such as `canteen.kitchen_plan`: its queue bears the same name.
    #[arg(value_name = "SERVICE.NAME", value_parser = SubscriptionName::try_new)]
    pub subscription: SubscriptionName,
    /// What it listens to: a topic, or a pattern, where `*` stands for one word and `#` for any number.
    #[arg(long, value_name = "PATTERN", value_parser = Pattern::try_new)]
    pub on: Pattern,
    /// The folder of the service's crate.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub dir: PathBuf,
}
