//! Subscriptions that an operator pauses and resumes.

use anyhow::{Context as _, Result};
use fabric_testkit::{
    servers::{RabbitMq, Redis, Server, require},
    wait::eventually,
};
use serde_json::{Value, json};

use crate::{
    parked::{DISPATCH, REQUESTED, audit, fails, notice},
    process::{Cli, DEADLINE},
};

/// What health says of the subscription.
async fn dispatch(cli: &Cli) -> Result<Value> {
    let health = cli.json(&["health"]).await?;
    let all = health["events"]["subscriptions"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|one| one["subscription"] == DISPATCH).context("it is there")
}

async fn until(cli: &Cli, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<()> {
    eventually(DEADLINE, what, async || Ok::<bool, anyhow::Error>(is_so(&dispatch(cli).await?))).await
}

/// Pauses the subscription while nothing waits for it; what is published then stays in its queue.
async fn it_is_paused(cli: &Cli, number: usize) -> Result<()> {
    let paused = cli.json(&["pause", DISPATCH, "--reason", "the mail server moves"]).await?;
    assert_eq!(
        (&paused["paused"], &paused["was_paused"], &paused["told"]),
        (&json!(true), &json!(false), &json!(true))
    );
    until(cli, "it is paused", |one| one["paused"] == true && one["active_consumers"] == 0).await?;
    cli.json(&["publish", REQUESTED, "--data", &notice(number, "notice", "in_app")]).await?;
    until(cli, "the event waits", |one| one["pending"] == 1).await?;
    let health = cli.json(&["health"]).await?;
    assert_eq!(health["ready"]["status"], "degraded");
    let check = |name: &str| health["ready"]["checks"].as_array()?.iter().find(|check| check["name"] == name).cloned();
    assert_eq!(check("pauses").context("pauses")?["detail"], format!("paused by an operator: {DISPATCH}"));
    assert_eq!(check("consumers").context("consumers")?["ok"], true, "what is paused is not missing");

    let listed = cli.json(&["pause"]).await?;
    assert_eq!((&listed[0]["subscription"], &listed[0]["reason"]), (&json!(DISPATCH), &json!("the mail server moves")));
    assert!(listed[0]["by"].as_str().is_some_and(|by| by.starts_with("operator")), "{listed}");
    assert!(cli.ok(&["pause", DISPATCH, "--reason", "once more"]).await?.contains("was paused before"));
    Ok(())
}

async fn it_goes_on(cli: &Cli) -> Result<()> {
    assert!(cli.ok(&["resume", DISPATCH]).await?.contains("goes on"));
    until(cli, "the event is handled", |one| one["pending"] == 0 && one["handled"] == 1 && one["paused"] == false)
        .await?;
    assert_eq!(cli.json(&["pause"]).await?, json!([]));
    assert!(cli.ok(&["resume", DISPATCH]).await?.contains("was not paused"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_paused_and_resumed() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    it_is_paused(&cli, 1).await?;
    it_goes_on(&cli).await?;
    let acts: Vec<Value> = audit(&cli)?.iter().map(|act| json!([act["act"], act["phase"], act["reason"]])).collect();
    assert_eq!(acts[0], json!(["pause", "begun", "the mail server moves"]));
    assert_eq!(acts[4], json!(["resume", "begun", null]));

    let said = fails(&cli, &["pause", "notification.dispatsch", "--reason", "x"], 3).await?;
    assert!(said.contains("did you mean notification.dispatch?"), "{said}");
    fails(&cli, &["pause", DISPATCH], 2).await?;
    fails(&cli, &["pause", "--reason", "x"], 2).await?;
    fails(&cli, &["resume"], 2).await?;
    up.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_on_rabbitmq_reaches_every_instance_and_outlives_them() -> Result<()> {
    if !require(&[Server::RabbitMq, Server::Redis])? {
        return Ok(());
    }
    let (rabbitmq, redis) = tokio::try_join!(RabbitMq::start(), Redis::start())?;
    let (one, other) = (Cli::on(&rabbitmq.url(), &redis.url())?, Cli::on(&rabbitmq.url(), &redis.url())?);
    let first = one.up(&[]).await?;
    let second = other.up(&[]).await?;
    // The number of consumers is that of both.
    it_is_paused(&one, 1).await?;
    until(&other, "the other one has paused too", |own| own["paused"] == true).await?;
    first.stop().await?;
    second.stop().await?;
    let again = one.up(&[]).await?;
    until(&one, "a new one starts paused", |own| own["paused"] == true && own["pending"] == 1).await?;
    it_goes_on(&one).await?;
    again.stop().await
}
