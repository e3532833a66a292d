//! Running the binary.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use fabric_testkit::wait::eventually;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Child;

/// How long anything here may take before the test gives up.
pub const DEADLINE: Duration = Duration::from_mins(2);

/// The binary with a data folder and an environment of its own.
pub struct Cli {
    folder: TempDir,
    options: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

impl Cli {
    /// The binary on `memory://`.
    pub fn new() -> Result<Self> {
        Ok(Self { folder: TempDir::new()?, options: Vec::new(), environment: Vec::new() })
    }

    /// The binary on these servers.
    pub fn on(amqp: &str, redis: &str) -> Result<Self> {
        let options = ["--amqp", amqp, "--redis", redis].map(str::to_owned).to_vec();
        Ok(Self { options, ..Self::new()? })
    }

    /// The same with a variable in its environment.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command to its end, which must come within the deadline.
    pub async fn run(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = tokio::process::Command::from(self.command(arguments));
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
        Ok(tokio::time::timeout(DEADLINE, output).await.with_context(|| format!("{arguments:?} did not end"))??)
    }

    /// Runs a command that must succeed, and gives what it printed.
    pub async fn ok(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments).await?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?} ended with {}: {errors}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs a command with `--json` that must succeed.
    pub async fn json(&self, arguments: &[&str]) -> Result<Value> {
        let text = self.ok(&[arguments, &["--json"]].concat()).await?;
        serde_json::from_str(&text).with_context(|| format!("{arguments:?} printed {text}"))
    }

    /// Where the running `fabric up` listens.
    pub fn url(&self) -> Result<String> {
        let running: Value = serde_json::from_slice(&std::fs::read(self.folder().join("data/up.json"))?)?;
        Ok(running["url"].as_str().context("it says where it listens")?.to_owned())
    }

    /// Starts `fabric up` and waits until it is ready.
    pub async fn up(&self, arguments: &[&str]) -> Result<Up> {
        let mut command =
            tokio::process::Command::from(self.command(&[&["up", "--address", "127.0.0.1:0"], arguments].concat()));
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true).spawn()?;
        eventually(DEADLINE, "fabric up is ready", async || {
            Ok::<bool, anyhow::Error>(self.run(&["health"]).await?.status.success())
        })
        .await?;
        Ok(Up { child })
    }

    /// Starts a command that somebody ends.
    pub fn start(&self, arguments: &[&str]) -> Result<Child> {
        let mut command = tokio::process::Command::from(self.command(arguments));
        Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?)
    }

    /// A command that is not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fabric"));
        // Health asks a process and not the servers, so it refuses to be told where these are.
        let options = if arguments.first() == Some(&"health") { &[][..] } else { &self.options };
        command
            .args(arguments)
            .args(options)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.environment.iter().cloned())
            .env("FABRIC__LOG__FILTER", "warn")
            .env("FABRIC__DATA__FOLDER", self.folder.path().join("data"));
        command
    }
}

/// A running `fabric up`. It is killed when dropped.
pub struct Up {
    child: Child,
}

impl Up {
    /// Sends SIGTERM and waits for the end.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self
            .child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .and_then(Pid::from_raw)
            .context("it has ended already")?;
        kill_process(pid, Signal::TERM)?;
        let status = tokio::time::timeout(DEADLINE, self.child.wait()).await.context("it did not end")??;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }
}
