//! What keeps events from being consumed is named, with the command to run next.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use fabric::{
    SubscriptionName,
    config::Config,
    core::{
        message::{Headers, Message, Outgoing, Properties},
        topology::{BindingDefinition, PolicyDefinition, names},
    },
    management::Management,
    runtime::parked::ParkedQueue,
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

/// Waits until the doctor finds this and nothing else that is grave, and gives the whole command that it names. What the broker says of
/// itself is some seconds old.
async fn finds(cli: &Cli, target: &[&str], symptom: &str, next: &str) -> Result<String> {
    let last = Mutex::new(Value::Null);
    let named = Mutex::new(String::new());
    let found = eventually(DEADLINE, symptom, async || {
        let (code, report) = examine(cli, target).await?;
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let troubles: Vec<&Value> = findings.iter().filter(|one| one["severity"] == "trouble").collect();
        let mut nexts = troubles.iter().filter_map(|one| one["next"].as_str());
        let own = nexts.find(|own| own.starts_with(next)).unwrap_or_default();
        own.clone_into(&mut named.lock().unwrap());
        let is_found = !own.is_empty() && troubles.iter().all(|one| one["symptom"] == symptom);
        *last.lock().unwrap() = report;
        Ok::<bool, anyhow::Error>(is_found && code == 6)
    });
    found.await.with_context(|| format!("{:#}", last.lock().unwrap()))?;
    Ok(named.into_inner().unwrap())
}

/// Runs a command of `rabbitmqctl` as a shell reads it, and gives what it prints.
async fn run_as_printed(rabbitmq: &RabbitMq, command: &str) -> Result<String> {
    let line = format!("printf '%s\\n' {command}");
    let output = tokio::process::Command::new("sh").args(["-c", &line]).output().await?;
    let words = String::from_utf8(output.stdout)?;
    let words: Vec<&str> = words.lines().collect();
    let ["rabbitmqctl", arguments @ ..] = words.as_slice() else { bail!("{command} is another tool's") };
    rabbitmq.ctl(arguments).await
}

/// A name that a shell would take apart.
const VHOST: &str = "my school #1";
/// The same in a URL.
const VHOST_IN_URL: &str = "my%20school%20%231";

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
    rabbitmq.ctl(&["add_vhost", VHOST]).await?;
    rabbitmq.ctl(&["set_permissions", "-p", VHOST, "guest", ".*", ".*", ".*"]).await?;
    let url = rabbitmq.management_url().context("it was asked for")?;
    let amqp = rabbitmq.url_at(rabbitmq.addr(), VHOST_IN_URL);
    let cli = Cli::on(&amqp, &redis.url())?.with("FABRIC__TOPOLOGY__MANAGEMENT_URL", &url);
    let management = Management::new(url.parse()?, VHOST, Duration::from_secs(30));
    let up = cli.up(&[]).await?;

    let report = is_healthy(&cli).await?;
    assert_eq!(report["looked_at"], "broker");
    assert!(fine(&report).contains(&DISPATCH), "{report:#}");
    fails(&cli, &["doctor", "notification.dispach"], 3).await?;

    a_binding_is_missing(&cli, &management).await?;
    a_foreign_policy_wins(&cli, &management, &rabbitmq).await?;
    parked_events_are_looked_at(&cli, &amqp).await?;

    cli.json(&["pause", DISPATCH, "--reason", "the mail server moves"]).await?;
    finds(&cli, &[DISPATCH], "paused", "fabric resume notification.dispatch").await?;
    let output = cli.run(&["doctor"]).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("the mail server moves") && text.contains("by operator"), "{text}");
    assert!(text.contains("need what this one was given: --amqp --redis") && !text.contains("guest"), "{text}");
    cli.json(&["resume", DISPATCH]).await?;
    is_healthy(&cli).await?;

    rabbitmq.raise_memory_alarm().await?;
    finds(&cli, &["events.unrouted"], "alarm", "rabbitmq-diagnostics").await?;
    rabbitmq.clear_memory_alarm().await?;
    is_healthy(&cli).await?;

    up.stop().await?;
    finds(&cli, &[DISPATCH], "no_consumer", "fabric up --services notification").await.map(drop)
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

async fn a_foreign_policy_wins(cli: &Cli, management: &Management, rabbitmq: &RabbitMq) -> Result<()> {
    let theirs = PolicyDefinition {
        pattern: format!("^{DISPATCH}$"),
        apply_to: "queues".to_owned(),
        priority: 99,
        definition: BTreeMap::from([("max-length".to_owned(), 1_000_000.into())]),
    };
    management.put_policy("theirs", &theirs).await?;
    let next = finds(cli, &[DISPATCH], "policy", "rabbitmqctl list_policies").await?;
    let listed = run_as_printed(rabbitmq, &next).await?;
    assert!(listed.contains("theirs"), "{next}: {listed}");
    management.delete_policy("theirs").await?;
    is_healthy(cli).await.map(drop)
}

/// More are parked than are looked at, and the broker has parked the first of them.
async fn parked_events_are_looked_at(cli: &Cli, amqp: &str) -> Result<()> {
    const PARKED: u64 = 210;
    let config = Config::load(None, [("FABRIC__BROKER__URL".to_owned(), amqp.to_owned())])?;
    let broker = fabric::connect(&config, "test").await?.broker;
    let subscription = DISPATCH.parse()?;
    for number in 0..PARKED {
        broker.publish(parked(&subscription, number)).await?;
    }
    finds(cli, &[DISPATCH], "gave_up", "fabric parked ls notification.dispatch").await?;
    let report = eventually_notes(cli, "parked").await?;
    assert!(report.contains("given 1 events of the 200 that were parked first up"), "{report}");

    let mut queue = ParkedQueue::open(broker.as_ref(), &subscription, DEADLINE).await?;
    let report = eventually_notes(cli, "unknown").await?;
    assert!(report.contains("somebody else is reading them"), "{report}");
    assert!(report.contains("fabric doctor notification.dispatch"), "{report}");
    for number in 0..PARKED {
        let incoming = queue.next().await?.context("it is still parked")?;
        assert_eq!(incoming.message.properties.message_id, Some(number.to_string()), "in its place");
        queue.remove(incoming.tag).await?;
    }
    queue.close().await;
    broker.close(DEADLINE).await;
    is_healthy(cli).await.map(drop)
}

/// A parked event; the first one is as the broker parks it, without a fault.
fn parked(subscription: &SubscriptionName, number: u64) -> Outgoing {
    let queue = names::parked_queue(subscription);
    let mut headers = Headers::default();
    if number > 0 {
        headers.set("fabric-fault-type", "permanent");
    }
    let properties = Properties { message_id: Some(number.to_string()), persistent: true, ..Properties::default() };
    let message = Message { properties, headers, body: "{}".into() };
    Outgoing { exchange: names::queues_exchange(names::service_of(&queue)), routing_key: queue, message }
}

/// Waits until the doctor notes this about the dispatch, and gives all that it found.
async fn eventually_notes(cli: &Cli, symptom: &str) -> Result<String> {
    let last = Mutex::new(Value::Null);
    eventually(DEADLINE, symptom, async || {
        let (_, report) = examine(cli, &[DISPATCH]).await?;
        let is_noted = report["findings"].as_array().into_iter().flatten().any(|one| one["symptom"] == symptom);
        *last.lock().unwrap() = report;
        Ok::<bool, anyhow::Error>(is_noted)
    })
    .await?;
    Ok(last.into_inner().unwrap().to_string())
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
