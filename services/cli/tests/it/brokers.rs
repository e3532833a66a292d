//! Commands that speak to a broker themselves: they make nothing there, leave nothing open, and say why they cannot.

use anyhow::{Context as _, Result};
use fabric_testkit::{
    servers::{RabbitMq, Redis, Server, require},
    wait::{eventually, free_port},
};

use crate::{
    parked::{DISPATCH, REQUESTED, fails, notice},
    process::{Cli, DEADLINE},
};

const POST: &str = "social.post.created";

fn post() -> Result<&'static str> {
    fabric_catalog::example(POST).context("the catalogue has an example")
}

/// Everything that stands on a virtual host, except what the broker has from the start.
async fn standing(rabbitmq: &RabbitMq, vhost: &str) -> Result<Vec<String>> {
    let mut standing = Vec::new();
    for list in ["list_exchanges", "list_queues"] {
        let names = rabbitmq.ctl(&[list, "--silent", "-p", vhost, "name"]).await?;
        standing.extend(names.lines().filter(|name| !name.is_empty() && !name.starts_with("amq.")).map(str::to_owned));
    }
    Ok(standing)
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_make_nothing_and_say_what_is_missing() -> Result<()> {
    if !require(&[Server::RabbitMq, Server::Redis])? {
        return Ok(());
    }
    let (rabbitmq, redis) = tokio::try_join!(RabbitMq::start(), Redis::start())?;
    let url = rabbitmq.fresh_vhost().await?;
    let (_, vhost) = url.rsplit_once('/').context("the URL has a virtual host")?;
    // Not even where services would.
    let cli = Cli::on(&url, &redis.url())?.with("FABRIC__TOPOLOGY__AT_START", "create");
    let rejects = cli.folder().join("rejects.csv").to_string_lossy().into_owned();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/oneroster-sample");
    let table: &[(&[&str], &str)] = &[
        (&["publish", POST, "--data", post()?], "the exchange events.social does not exist"),
        (&["tail", "kyc.#"], "the exchange events.kyc does not exist"),
        (&["parked", "ls"], "does not exist"),
        (&["parked", "ls", DISPATCH], "the queue notification.dispatch.parked does not exist"),
        (&["pause"], "fabric.control"),
        (&["resume", DISPATCH], "fabric.control"),
        (&["import", "oneroster", sample, "--rejects", &rejects], "is not there"),
    ];
    for (arguments, says) in table {
        let said = fails(&cli, arguments, 10).await?;
        assert!(said.contains(says) && said.contains("fabric topology apply"), "{arguments:?}: {said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("fabric: ")).count(), 1, "{arguments:?}: {said}");
        assert!(!said.contains("away") && !said.contains("panicked"), "{arguments:?}: {said}");
    }
    assert_eq!(standing(&rabbitmq, vhost).await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_cannot_be_used_is_said_to_be_so_with_its_reason() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let rabbitmq = RabbitMq::start().await?;
    let (at, closed) = (rabbitmq.addr().to_string(), format!("127.0.0.1:{}", free_port()?));
    let url = rabbitmq.url();
    let table = [
        (url.replace("guest:guest", "guest:s3cret"), &at, "ACCESS_REFUSED"),
        (rabbitmq.url_at(rabbitmq.addr(), "nowhere"), &at, "nowhere"),
        (url.replace(&at, &closed), &closed, "refused"),
    ];
    for (url, address, says) in table {
        let cli = Cli::new()?.with("FABRIC__BROKER__CONNECT_TIMEOUT_MS", "1500");
        let commands: &[&[&str]] =
            &[&["publish", POST, "--data", post()?], &["parked", "ls"], &["pause"], &["tail", "kyc.#"]];
        for command in commands {
            let said = fails(&cli, &[command, &["--amqp", &url][..]].concat(), 4).await?;
            assert!(said.contains(says) && said.contains(address), "{command:?}: {said}");
            assert!(!said.contains("s3cret") && !said.contains("panicked"), "{command:?}: {said}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_rights_is_told_which_are_missing() -> Result<()> {
    if !require(&[Server::RabbitMq, Server::Redis])? {
        return Ok(());
    }
    let (rabbitmq, redis) = tokio::try_join!(RabbitMq::start(), Redis::start())?;
    Cli::on(&rabbitmq.url(), &redis.url())?.up(&[]).await?.stop().await?;
    rabbitmq.ctl(&["add_user", "visitor", "s3cret"]).await?;
    rabbitmq.ctl(&["set_permissions", "visitor", "^$", "^$", "^$"]).await?;
    let cli = Cli::on(&rabbitmq.url().replace("guest:guest", "visitor:s3cret"), &redis.url())?;
    let said = fails(&cli, &["publish", POST, "--data", post()?], 4).await?;
    assert!(said.contains("publishing to events.social is not allowed") && said.contains("visitor"), "{said}");
    assert!(said.contains("next: fabric topology apply") && !said.contains("s3cret"), "{said}");
    Ok(())
}

/// The broker writes down each connection that ends without having been closed.
#[tokio::test(flavor = "multi_thread")]
async fn every_command_closes_what_it_has_opened() -> Result<()> {
    if !require(&[Server::RabbitMq, Server::Redis])? {
        return Ok(());
    }
    let (rabbitmq, redis) = tokio::try_join!(RabbitMq::start(), Redis::start())?;
    let cli = Cli::on(&rabbitmq.url(), &redis.url())?;
    cli.up(&[]).await?.stop().await?;
    let table: &[(&[&str], i32)] = &[
        (&["last"], 0),
        (&["publish", REQUESTED, "--data", &notice(1, "notice", "push")], 0),
        (&["publish", REQUESTED, "--data", "{}"], 3),
        (&["parked", "ls"], 0),
        (&["parked", "show", DISPATCH, "nothing"], 3),
        (&["pause"], 0),
        (&["pause", DISPATCH, "--reason", "a test"], 0),
        (&["resume", DISPATCH], 0),
        (&["resume", "notification.dispach"], 3),
        (&["import", "oneroster", "/no/such/bundle"], 3),
        (&["doctor"], 4),
    ];
    for (arguments, code) in table {
        let said = fails(&cli, arguments, *code).await?;
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
    eventually(DEADLINE, "no connection is left", async || {
        Ok::<bool, anyhow::Error>(rabbitmq.ctl(&["list_connections", "--silent", "pid"]).await?.trim().is_empty())
    })
    .await?;
    assert_eq!(torn(&rabbitmq)?, Vec::<String>::new());

    // One that is killed closes nothing, which shows that the broker would have said so.
    drop(cli.up(&[]).await?);
    eventually(DEADLINE, "it is written down", async || Ok::<bool, anyhow::Error>(!torn(&rabbitmq)?.is_empty())).await
}

/// What the broker says of connections of `fabric` that ended without having been closed.
fn torn(rabbitmq: &RabbitMq) -> Result<Vec<String>> {
    let log = std::fs::read_to_string(rabbitmq.folder().join("server.log"))?;
    let is_torn = |line: &&str| {
        line.contains("[warning]") && line.contains("closing AMQP connection") && line.contains("- fabric ")
    };
    Ok(log.lines().filter(is_torn).map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_nobody_says_that_the_topology_stands() -> Result<()> {
    let amqp = format!("amqp://127.0.0.1:{}", free_port()?);
    let cli = Cli::new()?.with("FABRIC__BROKER__URL", &amqp).with("FABRIC__BROKER__OPERATION_TIMEOUT_MS", "500");
    let mut up = cli.start(&["up", "--address", "127.0.0.1:0"])?;
    let checks = std::sync::Mutex::new(serde_json::Value::Null);
    eventually(DEADLINE, "it can be asked", async || {
        let output = cli.run(&["health", "--json"]).await?;
        let Ok(report) = serde_json::from_slice::<serde_json::Value>(&output.stdout) else { return Ok(false) };
        *checks.lock().unwrap() = report["ready"]["checks"].clone();
        Ok::<bool, anyhow::Error>(output.status.code() == Some(6))
    })
    .await?;
    let checks = checks.into_inner()?;
    let check = |name: &str| checks.as_array().into_iter().flatten().find(|check| check["name"] == name).cloned();
    let topology = check("topology").context("topology")?;
    assert_eq!(topology["ok"], false, "{topology}");
    assert!(topology["detail"].as_str().is_some_and(|detail| detail.starts_with("not known")), "{topology}");
    up.kill().await?;
    Ok(())
}
