use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use fabric_testkit::{
    servers::{Server, require},
    wait::free_port,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{ChildStdout, Command},
};

use super::{World, binding, cli, ends};
use crate::process::DEADLINE;

const EXTRA: &str = "gradebook.extra.added";

/// The next line about the extra binding. What has just been made may be missing from the API's lists for a moment.
async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Value> {
    loop {
        let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.context("it says nothing")??;
        let seen: Value = serde_json::from_str(&line.context("it ended")?)?;
        if seen["resource"]["name"]["key"] == EXTRA {
            return Ok(seen);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_told_when_it_appears_and_when_it_is_gone() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let world = World::new().await?;
    ends(&world.cli, &["apply", "--yes"], 0).await?;
    let mut command = Command::from(world.cli.command(&["topology", "watch", "--every", "1", "--json"]));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("it is piped")?).lines();
    let extra = binding("events.gradebook", "notification.dispatch", EXTRA);
    world.management.bind(&extra).await?;
    let seen = next(&mut lines).await?;
    assert_eq!((&seen["drift"], &seen["class"]), (&"appeared".into(), &"orphan".into()), "{seen}");
    assert!(seen["at"].is_string(), "{seen}");
    world.management.unbind(&extra).await?;
    let seen = next(&mut lines).await?;
    assert_eq!(seen["drift"], "gone", "{seen}");

    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw).context("it runs")?;
    kill_process(pid, Signal::INT)?;
    let status = tokio::time::timeout(DEADLINE, child.wait()).await.context("it does not end")??;
    ensure!(status.success(), "it ended with {status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_away_is_told_once() -> Result<()> {
    let away = cli("amqp://127.0.0.1:1", &format!("http://127.0.0.1:{}", free_port()?))?;
    let shown = ends(&away, &["watch", "--every", "1", "--count", "3", "--json"], 0).await?.stdout;
    let lines: Vec<Value> = String::from_utf8(shown)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0]["away"].is_string(), "{lines:?}");
    Ok(())
}
