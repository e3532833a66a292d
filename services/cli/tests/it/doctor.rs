//! What keeps events from being consumed is named, with the command to run next.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use anyhow::{Context as _, Result, ensure};
use fabric::{
    core::topology::{BindingDefinition, PolicyDefinition},
    management::Management,
};
use fabric_testkit::{
    servers::{RabbitMq, RabbitMqOptions, Redis, Server, require},
    wait::eventually,
};
use serde_json::Value;

use crate::{
    parked::{DISPATCH, fails},
    process::{Cli, DEADLINE},
};

/// Runs the doctor, and gives its exit code and what it found.
async fn examine(cli: &Cli, target: &[&str]) -> Result<(i32, Value)> {
    let output = cli.run(&[&["doctor", "--json"], target].concat()).await?;
    let code = output.status.code().context("it ended by itself")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(matches!(code, 0 | 6), "it ended with {code}: {errors}");
    Ok((code, serde_json::from_slice(&output.stdout)?))
}

/// Waits until the doctor finds this and nothing else that is grave. What the broker says of itself is some seconds old.
async fn finds(cli: &Cli, target: &[&str], symptom: &str, next: &str) -> Result<()> {
    let last = Mutex::new(Value::Null);
    let found = eventually(DEADLINE, symptom, async || {
        let (code, report) = examine(cli, target).await?;
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let troubles: Vec<&Value> = findings.iter().filter(|one| one["severity"] == "trouble").collect();
        let is_found = !troubles.is_empty()
            && troubles.iter().all(|one| one["symptom"] == symptom)
            && troubles.iter().any(|one| one["next"].as_str().is_some_and(|own| own.starts_with(next)));
        *last.lock().unwrap() = report;
        Ok::<bool, anyhow::Error>(is_found && code == 6)
    });
    found.await.with_context(|| format!("{:#}", last.lock().unwrap()))
}

/// Waits until the doctor finds no trouble.
async fn is_healthy(cli: &Cli) -> Result<Value> {
    let last = Mutex::new(Value::Null);
    let healthy = eventually(DEADLINE, "nothing is the matter", async || {
        let (code, report) = examine(cli, &[]).await?;
        *last.lock().unwrap() = report;
        Ok::<bool, anyhow::Error>(code == 0)
    });
    healthy.await.with_context(|| format!("{:#}", last.lock().unwrap()))?;
    Ok(last.into_inner().unwrap())
}

fn fine(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().into_iter().flatten();
    findings.filter(|one| one["severity"] == "fine").filter_map(|one| one["subscription"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_on_rabbitmq_is_named() -> Result<()> {
    if !require(&[Server::RabbitMq, Server::Redis])? {
        return Ok(());
    }
    let options = RabbitMqOptions { management: true };
    let (mut rabbitmq, redis) = tokio::try_join!(RabbitMq::start_with(options), Redis::start())?;
    let url = rabbitmq.management_url().context("it was asked for")?;
    let cli = Cli::on(&rabbitmq.url(), &redis.url())?.with("FABRIC__TOPOLOGY__MANAGEMENT_URL", &url);
    let management = Management::new(url.parse()?, "/", Duration::from_secs(30));
    let up = cli.up(&[]).await?;

    let report = is_healthy(&cli).await?;
    assert_eq!(report["looked_at"], "broker");
    assert!(fine(&report).contains(&DISPATCH), "{report:#}");
    fails(&cli, &["doctor", "notification.dispach"], 3).await?;

    a_binding_is_missing(&cli, &management).await?;
    a_foreign_policy_wins(&cli, &management).await?;

    cli.json(&["pause", DISPATCH, "--reason", "the mail server moves"]).await?;
    finds(&cli, &[DISPATCH], "paused", "fabric resume notification.dispatch").await?;
    let output = cli.run(&["doctor"]).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("the mail server moves") && text.contains("by operator"), "{text}");
    cli.json(&["resume", DISPATCH]).await?;
    is_healthy(&cli).await?;

    rabbitmq.raise_memory_alarm().await?;
    finds(&cli, &["events.unrouted"], "alarm", "rabbitmq-diagnostics").await?;
    rabbitmq.clear_memory_alarm().await?;
    is_healthy(&cli).await?;

    up.stop().await?;
    finds(&cli, &[DISPATCH], "no_consumer", "fabric up --services notification").await
}

async fn a_binding_is_missing(cli: &Cli, management: &Management) -> Result<()> {
    let bindings = management.actual().await?.definitions.bindings;
    let is_own =
        |binding: &&BindingDefinition| binding.destination.name() == DISPATCH && binding.source.starts_with("events.");
    let binding = bindings.iter().find(is_own).context("it is bound")?;
    management.unbind(binding).await?;
    finds(cli, &[], "missing", "fabric topology apply").await?;
    let (code, other) = examine(cli, &["notification.directory"]).await?;
    assert_eq!(code, 0, "others are not concerned: {other:#}");
    management.bind(binding).await?;
    is_healthy(cli).await.map(drop)
}

async fn a_foreign_policy_wins(cli: &Cli, management: &Management) -> Result<()> {
    let theirs = PolicyDefinition {
        pattern: format!("^{DISPATCH}$"),
        apply_to: "queues".to_owned(),
        priority: 99,
        definition: BTreeMap::from([("max-length".to_owned(), 1_000_000.into())]),
    };
    management.put_policy("theirs", &theirs).await?;
    finds(cli, &[DISPATCH], "policy", "rabbitmqctl list_policies").await?;
    management.delete_policy("theirs").await?;
    is_healthy(cli).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_inside_a_process_is_judged_by_its_health() -> Result<()> {
    let cli = Cli::new()?;
    fails(&cli, &["doctor"], 4).await?;
    let up = cli.up(&[]).await?;
    let report = is_healthy(&cli).await?;
    assert_eq!(report["looked_at"], "health");
    assert!(fine(&report).contains(&DISPATCH), "{report:#}");
    let text = cli.ok(&["doctor", DISPATCH]).await?;
    assert!(text.contains("only what its /health says") && text.lines().count() == 2, "{text}");
    cli.json(&["pause", DISPATCH, "--reason", "the mail server moves"]).await?;
    finds(&cli, &[DISPATCH], "paused", "fabric resume notification.dispatch").await?;
    let (_, report) = examine(&cli, &[DISPATCH]).await?;
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{report:#}");
    let why = report["findings"][0]["why"].as_str().unwrap_or_default();
    assert!(why.contains("the mail server moves"), "{report:#}");
    cli.json(&["resume", DISPATCH]).await?;
    is_healthy(&cli).await?;
    up.stop().await
}
