//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use fabric::{ActorId, Pattern, Role, SubscriptionName, TenantId, Topic};

use crate::{
    commands::{
        asyncapi::Asyncapi, docs::Docs, doctor::Doctor, events::Events, explain::Explain, new::New, parked::Parked,
        schema::Schema, topology::Topology,
    },
    exit,
};

/// An event fabric for education: typed events over RabbitMQ and Redis, or over nothing but this binary.
#[derive(Debug, Parser)]
#[command(name = "fabric", version, after_help = exit::TABLE, max_term_width = 110)]
pub struct Args {
    /// Settings that every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that every command takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// A configuration file; `config/fabric.toml` lists every key. Keys can also be set as `FABRIC__SECTION__KEY`.
    #[arg(long, global = true, value_name = "FILE", env = "FABRIC_CONFIG")]
    pub config: Option<PathBuf>,
    /// Write JSON instead of tables.
    #[arg(long, global = true)]
    pub json: bool,
    /// The broker: `fabric up` runs on it, and other commands speak to it themselves instead of to a running `fabric up`.
    #[arg(long, global = true, value_name = "URL")]
    pub amqp: Option<String>,
    /// The Redis, likewise: without it `fabric up` keeps the last known events in its memory.
    #[arg(long, global = true, value_name = "URL")]
    pub redis: Option<String>,
    /// Where a running `fabric up` listens; without this, the one that was started with the same data folder.
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// Whose data it is.
    #[arg(long, global = true, default_value = "demo", value_parser = TenantId::try_new)]
    pub tenant: TenantId,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run all services in this process, on `memory://` unless told otherwise.
    #[command(after_help = exit::TABLE)]
    Up(Up),
    /// Bring data in.
    #[command(subcommand, after_help = exit::TABLE)]
    Import(Import),
    /// Publish one event, or CloudEvents from a file.
    #[command(after_help = exit::TABLE)]
    Publish(Publish),
    /// Show events as they go by, until Ctrl-C.
    #[command(after_help = exit::TABLE)]
    Tail(Tail),
    /// Show the last known event of each topic, or the most recent ones of one.
    #[command(after_help = exit::TABLE)]
    Last(Last),
    /// List the events of the catalogue, or show one.
    #[command(after_help = exit::TABLE)]
    Events(Events),
    /// Look at events that could not be handled, change them, send them back or give them up.
    #[command(subcommand, after_help = exit::TABLE)]
    Parked(Parked),
    /// Stop handling a subscription's events, in all instances, until it is resumed; or list what is paused.
    #[command(after_help = exit::TABLE)]
    Pause(Pause),
    /// Handle a paused subscription's events again.
    #[command(after_help = exit::TABLE)]
    Resume(Resume),
    /// Say where an event goes, and why; or what can reach a queue.
    #[command(after_help = exit::TABLE)]
    Explain(Explain),
    /// Say why events are not consumed, and what to do about it.
    #[command(after_help = exit::TABLE)]
    Doctor(Doctor),
    /// Print the services' events as an AsyncAPI document: YAML, or JSON with `--json`.
    #[command(after_help = exit::TABLE)]
    Asyncapi(Asyncapi),
    /// Serve a page that shows all events, services and subscriptions, or write it to a file.
    #[command(after_help = exit::TABLE)]
    Docs(Docs),
    /// Compare, write, show and use the events' JSON Schemas.
    #[command(subcommand, after_help = exit::TABLE)]
    Schema(Schema),
    /// Compare what stands on the broker with what should, make it so, and move what is fixed.
    #[command(subcommand, after_help = exit::TABLE)]
    Topology(Topology),
    /// Write a service, an event or a handler to begin with, and its test.
    #[command(subcommand, after_help = exit::TABLE)]
    New(New),
    /// Ask a running `fabric up` or service how it is.
    #[command(after_help = exit::TABLE)]
    Health(Health),
    /// Mint a bearer token for development, signed with the key in the data folder.
    #[command(after_help = exit::TABLE)]
    Token(Token),
}

/// `fabric up`.
#[derive(Debug, clap::Args)]
pub struct Up {
    /// Import the sample bundle, a small invented school, once everything runs.
    #[arg(long)]
    pub sample: bool,
    /// Run only these services.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub services: Vec<String>,
    /// Listen here instead of at `http.address`; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
}

/// `fabric import`.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// A OneRoster 1.1 or 1.2 CSV bundle: a zip file or a folder.
    #[command(after_help = exit::TABLE)]
    Oneroster(Oneroster),
}

/// `fabric import oneroster`.
#[derive(Debug, clap::Args)]
pub struct Oneroster {
    /// The bundle.
    pub path: PathBuf,
    /// Where rejected rows are written; without this, beside the bundle as `NAME.rejects.csv`.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
}

/// `fabric publish`.
#[derive(Debug, clap::Args)]
pub struct Publish {
    /// The event's topic, such as `gradebook.grade.posted`.
    #[arg(value_parser = Topic::try_new, required_unless_present = "cloudevents", requires = "data")]
    pub topic: Option<Topic>,
    /// The payload as JSON, or @FILE, or @- for standard input.
    #[arg(long, value_name = "JSON|@FILE", requires = "topic")]
    pub data: Option<String>,
    /// Publish the CloudEvents in this file (- is standard input): one, or a JSON array of them. Each keeps its id, its time and its
    /// correlation, so publishing them again is harmless.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["topic", "data"])]
    pub cloudevents: Option<String>,
    /// Who causes it.
    #[arg(long, default_value = "operator", value_parser = ActorId::try_new)]
    pub actor: ActorId,
    /// In which role; without this, as the service that owns the event.
    #[arg(long, value_parser = Role::try_new)]
    pub role: Option<Role>,
}

/// `fabric tail`.
#[derive(Debug, clap::Args)]
pub struct Tail {
    /// Which topics: `*` stands for one word, `#` for any number.
    #[arg(default_value = "#", value_parser = Pattern::try_new)]
    pub pattern: Pattern,
    /// Stop after this many events.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Show the payloads too. They can hold student data.
    #[arg(long)]
    pub reveal: bool,
}

/// `fabric last`.
#[derive(Debug, clap::Args)]
pub struct Last {
    /// Which topics: `*` stands for one word, `#` for any number.
    #[arg(default_value = "#", value_parser = Pattern::try_new)]
    pub pattern: Pattern,
    /// The N most recent events of one topic, newest first, instead of the last one of each. While many are published at once,
    /// only the newest of every few milliseconds is kept.
    #[arg(long, value_name = "N")]
    pub recent: Option<usize>,
    /// Show the payloads too. They can hold student data.
    #[arg(long)]
    pub reveal: bool,
}

/// `fabric pause`.
#[derive(Debug, clap::Args)]
pub struct Pause {
    /// The subscription, such as `social.feed_projection`; without one, what is paused is listed.
    #[arg(value_parser = SubscriptionName::try_new, requires = "reason")]
    pub subscription: Option<SubscriptionName>,
    /// Why; it is recorded, and shown to whoever asks.
    #[arg(long, value_name = "TEXT", requires = "subscription")]
    pub reason: Option<String>,
}

/// `fabric resume`.
#[derive(Debug, clap::Args)]
pub struct Resume {
    /// The subscription, such as `social.feed_projection`.
    #[arg(value_parser = SubscriptionName::try_new)]
    pub subscription: SubscriptionName,
}

/// `fabric health`.
#[derive(Debug, clap::Args)]
pub struct Health {}

/// `fabric token`.
#[derive(Debug, clap::Args)]
pub struct Token {
    /// Whose token it is.
    #[arg(long, default_value = "developer", value_parser = ActorId::try_new)]
    pub actor: ActorId,
    /// In which role.
    #[arg(long, default_value = "admin", value_parser = Role::try_new)]
    pub role: Role,
    /// For how many hours.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub hours: u32,
}
