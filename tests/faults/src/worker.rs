//! The process that is killed: the sample service on a connection to the broker.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;
use fabric::{Adapters, Clock, config::Config, host::Host, http, runtime::ids::Ids};
use fabric_memory::{CacheOptions, MemoryCache};
use fabric_testkit::history::Recorder;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use tokio_util::sync::CancellationToken;

use crate::{
    broker::{Wrongs, connect},
    crash::{At, Crash},
    mutant::Mutant,
    sample::{self, TENANT, Walk},
};

/// What a worker says once it consumes, or would if the broker were there.
pub const READY: &str = "ready";

/// How a worker is started.
#[derive(Debug, Clone, Args)]
pub struct WorkerArgs {
    /// The broker.
    #[arg(long)]
    pub url: String,
    /// The folder of the experiment.
    #[arg(long)]
    pub folder: PathBuf,
    /// The worker's name.
    #[arg(long)]
    pub name: String,
    /// The process that it ends with.
    #[arg(long)]
    pub parent: i32,
    /// The longest that a handler takes.
    #[arg(long)]
    pub handle_ms: u64,
    /// How long a handler may take.
    #[arg(long)]
    pub timeout_ms: u64,
    /// How long stopping may take.
    #[arg(long)]
    pub grace_ms: u64,
    /// Where it dies.
    #[arg(long)]
    pub crash: Option<At>,
    /// What it does wrong.
    #[arg(long)]
    pub mutant: Option<Mutant>,
}

impl WorkerArgs {
    /// The same as a command line.
    pub fn command_line(&self) -> Vec<String> {
        let mut line: Vec<String> = ["worker", "--url", &self.url, "--name", &self.name].map(str::to_owned).into();
        let mut add = |name: &str, value: String| line.extend([format!("--{name}"), value]);
        add("folder", self.folder.display().to_string());
        add("parent", self.parent.to_string());
        add("handle-ms", self.handle_ms.to_string());
        add("timeout-ms", self.timeout_ms.to_string());
        add("grace-ms", self.grace_ms.to_string());
        if let Some(at) = self.crash {
            add("crash", at.to_string());
        }
        if let Some(mutant) = self.mutant {
            add("mutant", mutant.name());
        }
        line
    }
}

/// Lets the kernel end this process with the one that started it, whatever ends that one.
pub fn end_with(parent: i32) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    ensure!(getppid().map(Pid::as_raw_pid) == Some(parent), "the parent has ended already");
    Ok(())
}

/// Runs until SIGTERM, and drains.
pub async fn run(args: WorkerArgs) -> Result<ExitCode> {
    end_with(args.parent)?;
    let config = config(&args)?;
    fabric::telemetry::init_logging(&config.log)?;
    let crash = Crash::planned(args.crash);
    let walk = Walk {
        recorder: Recorder::in_folder(&args.folder.join("history"), &args.name)?,
        failures: args.folder.join("failures"),
        handle_ms: args.handle_ms,
        crash: crash.clone(),
    };
    let service = sample::service(walk, Duration::from_millis(args.timeout_ms))?;
    let broker = connect(&args.url, &args.name, Wrongs { crash, mutant: args.mutant }).await?;
    let adapters = Adapters { broker, cache: MemoryCache::new(CacheOptions::default()), clock: Clock::system() };
    let host = Host::start(&config, adapters, Ids::system(), &[], &[Box::new(service)]).await?;
    let listener = http::listen(config.http.address).await?;
    let router = host.health().router();
    println!("{READY}");
    let grace = Duration::from_millis(config.drain.grace_ms);
    http::serve(listener, router, host, grace, CancellationToken::new()).await.context("serving")?;
    Ok(ExitCode::SUCCESS)
}

fn config(args: &WorkerArgs) -> Result<Config> {
    let values = [
        ("FABRIC__SUBSCRIBER__TENANTS", TENANT.to_owned()),
        ("FABRIC__DRAIN__GRACE_MS", args.grace_ms.to_string()),
        ("FABRIC__DATA__FOLDER", args.folder.display().to_string()),
        ("FABRIC__HTTP__ADDRESS", "127.0.0.1:0".to_owned()),
        ("FABRIC__LOG__FILTER", "info".to_owned()),
    ];
    Ok(Config::load(None, values.map(|(name, value)| (name.to_owned(), value)))?)
}
