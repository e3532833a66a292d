//! The process that sends parked events back, and is killed on the way.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;
use fabric::{
    Clock, SubscriptionName,
    core::{
        parked::{ParkedEvents, Select},
        redrive::Plan,
    },
    runtime::{
        parked::ParkedQueue,
        redrive::{Job, Outcomes, run as redrive},
    },
};
use tokio::sync::mpsc;

use crate::{
    broker::{Wrongs, connect},
    crash::{At, Crash},
    sample,
    worker::end_with,
};

/// How long reading waits for a reader before it, who may have been killed.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a redrive is started.
#[derive(Debug, Clone, Args)]
pub struct RedriverArgs {
    /// The broker.
    #[arg(long)]
    pub url: String,
    /// The folder of the experiment.
    #[arg(long)]
    pub folder: PathBuf,
    /// Whose parked events.
    #[arg(long)]
    pub subscription: String,
    /// The process that it ends with.
    #[arg(long)]
    pub parent: i32,
    /// Where it dies.
    #[arg(long)]
    pub crash: Option<At>,
}

impl RedriverArgs {
    /// The same as a command line.
    pub fn command_line(&self) -> Vec<String> {
        let mut line: Vec<String> =
            ["redrive", "--url", &self.url, "--subscription", &self.subscription].map(str::to_owned).into();
        line.extend(["--folder".to_owned(), self.folder.display().to_string()]);
        line.extend(["--parent".to_owned(), self.parent.to_string()]);
        line.extend(self.crash.into_iter().flat_map(|at| ["--crash".to_owned(), at.to_string()]));
        line
    }
}

/// Sends everything back that is parked when it begins.
pub async fn run(args: RedriverArgs) -> Result<ExitCode> {
    end_with(args.parent)?;
    let crash = Crash::planned(args.crash);
    let broker = connect(&args.url, "redrive", Wrongs { crash, mutant: None }).await?;
    let mut status = broker.status();
    tokio::time::timeout(PATIENCE, status.wait_for(|status| status.connected)).await.context("no connection")??;
    let subscription: SubscriptionName = args.subscription.parse()?;
    let mut queue = ParkedQueue::open(broker.as_ref(), &subscription, PATIENCE).await?;
    let mut messages = Vec::new();
    while let Some(message) = queue.next().await? {
        messages.push(message);
    }
    let topology = sample::topology(&args.folder)?;
    let moves = ParkedEvents::of(messages).moves(&Select::All, &topology, &subscription)?;
    let plan = Plan {
        total: moves.len(),
        canary: false,
        failures_percent_max: 10,
        patience: PATIENCE,
        rate: None,
        keep_until_known: false,
    };
    let redrive_id = format!("redrive-{}", std::process::id());
    let (progress, _listener) = mpsc::channel(1);
    let job = Job { redrive_id, moves, plan };
    let report = redrive(broker.as_ref(), &mut queue, job, Outcomes::unwatched(), Clock::system(), &progress).await;
    queue.close().await;
    broker.close(Duration::from_secs(5)).await;
    ensure!(report.stopped.is_none(), "it stopped: {report:?}");
    Ok(ExitCode::SUCCESS)
}
