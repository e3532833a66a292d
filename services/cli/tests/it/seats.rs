//! One `fabric up` in a data folder, and what it writes.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::process::{Cli, DEADLINE};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_with_the_same_data_folder_is_refused() -> Result<()> {
    let cli = Cli::new()?;
    let first = cli.up(&[]).await?;
    let url = cli.url()?;
    let second = cli.run(&["up", "--address", "127.0.0.1:0"]).await?;
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains(&url) && said.contains("FABRIC__DATA__FOLDER"), "{said}");
    assert_eq!(cli.url()?, url, "the first one is still found");
    cli.ok(&["health"]).await?;
    first.stop().await?;
    cli.up(&[]).await?.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_killed_keeps_nobody_out() -> Result<()> {
    let cli = Cli::new()?;
    drop(cli.up(&[]).await?);
    assert!(cli.folder().join("data/up.json").exists(), "it had no time to remove it");
    cli.up(&[]).await?.stop().await?;
    assert!(!cli.folder().join("data/up.json").exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_json_each_line_is_a_document() -> Result<()> {
    let cli = Cli::new()?;
    let arguments = ["up", "--address", "127.0.0.1:0", "--sample", "--json"];
    let mut command = tokio::process::Command::from(cli.command(&arguments));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("it is piped")?).lines();
    let mut next = async || {
        let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.context("nothing came")??;
        let line = line.context("it has ended")?;
        serde_json::from_str::<Value>(&line).with_context(|| line)
    };
    assert!(next().await?["url"].is_string());
    assert_eq!(next().await?["rejected"], 3, "what came of the sample");
    child.kill().await?;
    Ok(())
}
