//! The command line of `fabric parked`.

use clap::Subcommand;
use fabric::{SubscriptionName, core::parked::Select};

use crate::exit;

/// `fabric parked`.
#[derive(Debug, Subcommand)]
pub enum Parked {
    /// What is parked, by cause.
    #[command(after_help = exit::TABLE)]
    Ls(Ls),
    /// One parked event: why, since when, where it came from and where it would go.
    #[command(after_help = exit::TABLE)]
    Show(Show),
    /// Change the payload of a parked event. It stays parked until it is redriven.
    #[command(after_help = exit::TABLE)]
    Edit(Edit),
    /// Send parked events back to their subscription, and to no other.
    #[command(after_help = exit::TABLE)]
    Redrive(Redrive),
    /// Give parked events up for good.
    #[command(after_help = exit::TABLE)]
    Drop(Drop),
}

/// `fabric parked ls`.
#[derive(Debug, clap::Args)]
pub struct Ls {
    /// Of this subscription only, such as `social.feed_projection`.
    #[arg(value_parser = SubscriptionName::try_new)]
    pub subscription: Option<SubscriptionName>,
}

/// `fabric parked show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The subscription, such as `social.feed_projection`.
    #[arg(value_parser = SubscriptionName::try_new)]
    pub subscription: SubscriptionName,
    /// The event's id.
    pub id: String,
    /// Show the payload, and not only its structure. It can hold student data.
    #[arg(long)]
    pub reveal: bool,
}

/// `fabric parked edit`.
#[derive(Debug, clap::Args)]
pub struct Edit {
    /// The subscription, such as `social.feed_projection`.
    #[arg(value_parser = SubscriptionName::try_new)]
    pub subscription: SubscriptionName,
    /// The event's id.
    pub id: String,
    /// The new payload as JSON, or @FILE. Without it `$VISUAL` or `$EDITOR` opens with the present one.
    #[arg(long, value_name = "JSON|@FILE")]
    pub data: Option<String>,
    /// Show the values that change too. They can hold student data.
    #[arg(long)]
    pub reveal: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `fabric parked redrive`.
#[derive(Debug, clap::Args)]
pub struct Redrive {
    /// The subscription, such as `social.feed_projection`.
    #[arg(value_parser = SubscriptionName::try_new)]
    pub subscription: SubscriptionName,
    /// Which of its parked events.
    #[command(flatten)]
    pub selection: Selection,
    /// Only say what would go where now.
    #[arg(long)]
    pub dry_run: bool,
    /// Send 1, 2, 5, 20, 100, 500, then the rest, each once what became of the last ones is known; stop when more than a tenth fail. Each
    /// event gets one attempt.
    #[arg(long)]
    pub canary: bool,
    /// Send at most so many in a second.
    #[arg(long, value_name = "N/s", value_parser = rate)]
    pub rate: Option<u32>,
    /// How many seconds to wait for what becomes of events: of a canary's, and of those of a strict subscription, which stay parked until
    /// that is known.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub patience: u64,
}

/// `fabric parked drop`.
#[derive(Debug, clap::Args)]
pub struct Drop {
    /// The subscription, such as `social.feed_projection`.
    #[arg(value_parser = SubscriptionName::try_new)]
    pub subscription: SubscriptionName,
    /// Which of its parked events.
    #[command(flatten)]
    pub selection: Selection,
    /// Why; it is recorded.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Which parked events; exactly one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Selection {
    /// Those of the group that `ls` shows under this id.
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// The one with this id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// All of them.
    #[arg(long)]
    pub all: bool,
}

impl Selection {
    /// The selection as a value.
    pub fn select(self) -> Select {
        match (self.group, self.id) {
            (Some(group), _) => Select::Group(group),
            (None, Some(id)) => Select::Id(id),
            (None, None) => Select::All,
        }
    }
}

fn rate(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).parse::<u32>().ok();
    number
        .filter(|number| (1..=100_000).contains(number))
        .ok_or_else(|| "a rate is 1 to 100000, such as 50/s".to_owned())
}
