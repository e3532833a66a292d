//! Watching ends when it should: at Ctrl-C, after as many events as were asked for, and when nobody reads any more.

use std::process::{Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use fabric_testkit::servers::{RabbitMq, Redis, Server, require};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout},
};

use crate::process::{Cli, DEADLINE};

const TOPIC: &str = "social.post.created";

/// A watch that has seen an event already, so it certainly watches.
struct Watch {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watch {
    fn start(cli: &Cli, arguments: &[&str]) -> Result<Self> {
        let mut command = tokio::process::Command::from(cli.command(&[&["tail"], arguments].concat()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let lines = BufReader::new(child.stdout.take().context("it is piped")?);
        Ok(Self { child, lines })
    }

    /// Publishes until the watch has shown something.
    async fn seen(&mut self, cli: &Cli) -> Result<()> {
        let mut line = String::new();
        tokio::select! {
            read = self.lines.read_line(&mut line) => { read?; }
            failed = endlessly(cli) => failed?,
        }
        ensure!(line.contains(TOPIC), "it showed {line:?}");
        Ok(())
    }

    fn interrupt(&self) -> Result<()> {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        Ok(kill_process(pid.context("it has ended already")?, Signal::INT)?)
    }

    /// Waits for the end, with nothing more published.
    async fn ended(self) -> Result<Output> {
        let Self { child, lines } = self;
        // Its output is read to the end, so that it is not kept from writing.
        let reading = tokio::spawn(async move {
            let mut lines = lines.lines();
            while let Ok(Some(_)) = lines.next_line().await {}
        });
        let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.context("it did not end")??;
        reading.await?;
        Ok(output)
    }
}

/// Publishes until that fails.
async fn endlessly(cli: &Cli) -> Result<()> {
    let example = fabric_catalog::example(TOPIC).context("the catalogue has an example")?;
    loop {
        cli.ok(&["publish", TOPIC, "--data", example]).await?;
    }
}

async fn ends_in_good_order(watch: Watch) -> Result<()> {
    let output = watch.ended().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(0) && said.is_empty(), "it ended with {}: {said}", output.status);
    Ok(())
}

async fn every_watch_ends(cli: &Cli, further: &[&str]) -> Result<()> {
    let mut watch = Watch::start(cli, &[&["social.#"], further].concat())?;
    watch.seen(cli).await?;
    watch.interrupt()?;
    ends_in_good_order(watch).await?;

    // After the last event that was asked for there is none for which it could have to wait.
    let mut watch = Watch::start(cli, &[&["social.#", "--count", "1"], further].concat())?;
    watch.seen(cli).await?;
    ends_in_good_order(watch).await?;

    let mut watch = Watch::start(cli, &[&["social.#"], further].concat())?;
    watch.seen(cli).await?;
    let Watch { mut child, lines } = watch;
    drop(lines);
    let ended = tokio::time::timeout(DEADLINE, child.wait());
    // It finds out when it has something to show.
    let status =
        tokio::select! { ended = ended => ended.context("it did not end")??, failed = endlessly(cli) => return failed };
    ensure!(status.success(), "it ended with {status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_when_it_should() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    every_watch_ends(&cli, &[]).await?;
    let url = cli.url()?;
    let mut watch = Watch::start(&cli, &["social.#", "--url", &url])?;
    watch.seen(&cli).await?;
    watch.interrupt()?;
    ends_in_good_order(watch).await?;
    let nothing = cli.run(&["tail", "--count", "0"]).await?;
    assert_eq!(nothing.status.code(), Some(2), "none at all is no number of events to wait for");
    up.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_on_the_broker_itself_ends_when_it_should() -> Result<()> {
    if !require(&[Server::RabbitMq, Server::Redis])? {
        return Ok(());
    }
    let (rabbitmq, redis) = tokio::try_join!(RabbitMq::start(), Redis::start())?;
    let cli = Cli::on(&rabbitmq.url(), &redis.url())?;
    let up = cli.up(&["--services", "social"]).await?;
    every_watch_ends(&cli, &[]).await?;
    up.stop().await
}
