//! A reader that goes before the end, such as `head`: what was begun is done, and the exit code says what it came to.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use fabric_testkit::servers::{RabbitMq, RabbitMqOptions, Redis, Server, require};

use crate::process::{Cli, DEADLINE};

/// Runs a command whose output nobody reads, and gives its exit code.
async fn unread(cli: &Cli, arguments: &[&str]) -> Result<Option<i32>> {
    let mut command = tokio::process::Command::from(cli.command(arguments));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    drop((child.stdout.take(), child.stderr.take()));
    let status = tokio::time::timeout(DEADLINE, child.wait()).await;
    Ok(status.with_context(|| format!("{arguments:?} did not end"))??.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_does_not_depend_on_a_reader() -> Result<()> {
    let cli = Cli::new()?;
    assert_eq!(unread(&cli, &["events"]).await?, Some(0));
    assert_eq!(unread(&cli, &["last"]).await?, Some(4), "no `fabric up` runs");
    let up = cli.up(&[]).await?;
    let example = fabric_catalog::example("social.post.created").context("the catalogue has an example")?;
    assert_eq!(unread(&cli, &["publish", "social.post.created", "--data", example]).await?, Some(0));
    assert_eq!(unread(&cli, &["pause", "social.feed_projection", "--reason", "a test"]).await?, Some(0));
    assert_eq!(unread(&cli, &["doctor"]).await?, Some(6), "something is paused");
    up.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_acts_on_a_broker_comes_to_its_end_without_a_reader() -> Result<()> {
    if !require(&[Server::RabbitMq, Server::Redis])? {
        return Ok(());
    }
    let options = RabbitMqOptions { management: true };
    let (rabbitmq, redis) = tokio::try_join!(RabbitMq::start_with(options), Redis::start())?;
    let url = rabbitmq.management_url().context("it was asked for")?;
    let cli = Cli::on(&rabbitmq.url(), &redis.url())?.with("FABRIC__TOPOLOGY__MANAGEMENT_URL", &url);
    assert_eq!(unread(&cli, &["topology", "plan", "--services", "kyc"]).await?, Some(10));
    assert_eq!(unread(&cli, &["topology", "apply", "--services", "kyc", "--yes"]).await?, Some(0));
    let plan = cli.run(&["topology", "plan", "--services", "kyc"]).await?;
    assert_eq!(plan.status.code(), Some(0), "everything was made: {}", String::from_utf8_lossy(&plan.stdout));
    assert_eq!(unread(&cli, &["doctor"]).await?, Some(6), "nobody consumes");
    Ok(())
}
