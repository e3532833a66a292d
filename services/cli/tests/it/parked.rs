//! Parked events: seen, changed, sent back, given up.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use fabric_testkit::{
    servers::{RabbitMq, Redis, Server, require},
    wait::eventually,
};
use serde_json::{Value, json};

use crate::process::{Cli, DEADLINE};

pub const DISPATCH: &str = "notification.dispatch";
pub const REQUESTED: &str = "notification.dispatch.requested";

/// A notice on a channel. Nobody serves `push`, which the handler says for good.
pub fn notice(number: usize, template: &str, channel: &str) -> String {
    json!({
        "notificationId": format!("n-{number}"), "recipientId": format!("u-{number}"), "subjectId": "u-11391",
        "template": template, "variables": {"subject": "Meeting Ada", "text": "At noon"}, "channels": [channel],
        "urgency": "normal", "language": "en", "email": null, "phone": null, "deliverAfterAt": null,
        "expiresAt": null, "requestedAt": "2026-10-20T08:30:01Z"
    })
    .to_string()
}

/// Publishes a notice that cannot be delivered, and gives its id.
async fn publish_failing(cli: &Cli, number: usize, template: &str) -> Result<String> {
    let reply = cli.json(&["publish", REQUESTED, "--data", &notice(number, template, "push")]).await?;
    Ok(reply["id"].as_str().context("it has an id")?.to_owned())
}

async fn parked(cli: &Cli) -> Result<Value> {
    cli.json(&["parked", "ls"]).await
}

async fn until_parked(cli: &Cli, count: usize) -> Result<()> {
    eventually(DEADLINE, "the events are parked", async || {
        Ok::<bool, anyhow::Error>(parked(cli).await?.get(0).is_some_and(|listed| listed["parked"] == count))
    })
    .await
}

/// Runs a command that must end with this code, and gives what it said about it.
pub async fn fails(cli: &Cli, arguments: &[&str], code: i32) -> Result<String> {
    let output = cli.run(arguments).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.code() == Some(code), "{arguments:?} ended with {}: {said}", output.status);
    Ok(said)
}

pub fn audit(cli: &Cli) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(cli.folder().join("data/audit.jsonl"))?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

/// An event fails, is looked at, changed and sent back, and everything that was done stands in the record.
async fn one_event_is_mended(cli: &Cli) -> Result<()> {
    let id = publish_failing(cli, 1, "notice").await?;
    until_parked(cli, 1).await?;
    let listed = parked(cli).await?;
    assert_eq!(listed[0]["subscription"], DISPATCH);
    let group = &listed[0]["groups"][0];
    assert_eq!(
        (&group["cause"], &group["count"], &group["topic"]),
        (&json!("permanent"), &json!(1), &json!(REQUESTED))
    );
    assert!(cli.ok(&["parked", "ls", DISPATCH]).await?.contains("permanent"));
    assert_eq!(cli.json(&["parked", "ls", "notification.directory"]).await?, json!([]));

    let shown = cli.json(&["parked", "show", DISPATCH, &id]).await?;
    assert_eq!(
        (&shown["handler"], &shown["attempts"], &shown["target"]),
        (&json!(REQUESTED), &json!(1), &json!(DISPATCH))
    );
    assert_eq!(shown["payload"]["variables"]["text"], "<text>");
    assert!(!shown.to_string().contains("Ada"), "{shown}");
    let text = cli.ok(&["parked", "show", DISPATCH, &id, "--reveal"]).await?;
    assert!(text.contains("Meeting Ada") && text.contains("none of the channels"), "{text}");
    fails(cli, &["parked", "show", DISPATCH, &id, "--reveal", "--tenant", "other"], 3).await?;

    let planned = cli.json(&["parked", "redrive", DISPATCH, "--all", "--dry-run"]).await?;
    assert_eq!((&planned[0]["id"], &planned[0]["target"]), (&json!(id), &json!(DISPATCH)));
    assert_eq!(planned.as_array().map(Vec::len), Some(1));
    assert_eq!(parked(cli).await?, listed, "looking changes nothing");

    let redriven = cli.json(&["parked", "redrive", DISPATCH, "--id", &id]).await?;
    assert_eq!((&redriven["sent"], &redriven["told"]), (&json!(1), &json!(true)));
    eventually(DEADLINE, "it failed again", async || {
        let output = cli.run(&["parked", "show", DISPATCH, &id, "--json"]).await?;
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ok::<bool, anyhow::Error>(shown["redrive_id"] == redriven["redrive_id"])
    })
    .await?;

    let mended = notice(1, "notice", "in_app");
    let wrong = mended.replace("\"normal\"", "\"Secret\"");
    let said = fails(cli, &["parked", "edit", DISPATCH, &id, "--data", &wrong, "--yes"], 3).await?;
    assert!(said.contains("urgency") && !said.contains("Secret"), "{said}");
    let said = fails(cli, &["parked", "edit", DISPATCH, &id, "--data", &mended], 2).await?;
    assert!(said.contains("--yes"), "{said}");
    let other_key = mended.replace("n-1\"", "n-2\"");
    let said = fails(cli, &["parked", "edit", DISPATCH, &id, "--data", &other_key, "--yes"], 3).await?;
    assert!(said.contains("key"), "{said}");
    let edited = cli.json(&["parked", "edit", DISPATCH, &id, "--data", &mended, "--yes"]).await?;
    assert_eq!(edited["changes"], json!([{"path": "channels[0]", "kind": "changed"}]));
    assert_eq!((&edited["applied"], &edited["told"]), (&json!(true), &json!(true)));
    assert_eq!(parked(cli).await?[0]["parked"], 1, "it is still parked");
    let text = cli.ok(&["parked", "edit", DISPATCH, &id, "--data", &mended, "--yes"]).await?;
    assert!(text.contains("nothing changes"), "{text}");

    let redriven = cli.json(&["parked", "redrive", DISPATCH, "--all", "--canary"]).await?;
    assert_eq!((&redriven["sent"], &redriven["handled"], &redriven["stopped"]), (&json!(1), &json!(1), &Value::Null));
    assert_eq!(parked(cli).await?, json!([]));
    assert_eq!(cli.ok(&["parked", "ls"]).await?.trim(), "nothing is parked");

    let acts: Vec<Value> = audit(cli)?.iter().map(|record| json!([record["act"], record["phase"]])).collect();
    let expected = ["redrive", "edit", "redrive"].map(|act| [json!([act, "begun"]), json!([act, "ended"])]);
    assert_eq!(acts, expected.as_flattened());
    assert_eq!(audit(cli)?[0]["ids"], json!([id]));
    assert!(!std::fs::read_to_string(cli.folder().join("data/audit.jsonl"))?.contains("Ada"));
    let told = cli.json(&["last", "fabric.dead_letter.*"]).await?;
    let topics: BTreeSet<&str> =
        told.as_array().into_iter().flatten().filter_map(|event| event["topic"].as_str()).collect();
    for what in ["parked", "redriven", "edited", "resolved"] {
        assert!(topics.contains(format!("fabric.dead_letter.{what}").as_str()), "{what} is missing in {topics:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_event_is_mended_and_sent_back() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    one_event_is_mended(&cli).await?;
    up.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_given_up_by_group_and_with_a_reason() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    for number in 0..3 {
        publish_failing(&cli, number, "notice").await?;
    }
    publish_failing(&cli, 3, "no_such_template").await?;
    until_parked(&cli, 4).await?;
    let groups = parked(&cli).await?[0]["groups"].take();
    assert_eq!((&groups[0]["count"], &groups[1]["count"]), (&json!(3), &json!(1)));
    let group = groups[0]["id"].as_str().context("it has an id")?;

    let said = fails(&cli, &["parked", "show", "notification.dispach", "1"], 3).await?;
    assert!(said.contains("did you mean notification.dispatch?"), "{said}");
    for command in [["redrive", "--id"], ["redrive", "--group"]] {
        let said = fails(&cli, &["parked", command[0], DISPATCH, command[1], "nothing"], 3).await?;
        assert!(said.contains("nothing"), "{said}");
    }
    let said = fails(&cli, &["parked", "drop", DISPATCH, "--group", "nothing", "--reason", "x"], 3).await?;
    assert!(said.contains("group nothing"), "{said}");
    fails(&cli, &["parked", "drop", DISPATCH, "--group", group, "--reason", " "], 3).await?;

    let dropped = cli.json(&["parked", "drop", DISPATCH, "--group", group, "--reason", "written by a test"]).await?;
    assert_eq!((&dropped["count"], &dropped["told"]), (&json!(3), &json!(true)));
    until_parked(&cli, 1).await?;
    let records = audit(&cli)?;
    let [begun, ended] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((&begun["reason"], &begun["count"]), (&json!("written by a test"), &json!(3)));
    assert_eq!((&ended["outcome"], &ended["act_id"]), (&json!("3 dropped"), &begun["act_id"]));
    up.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_stops_at_the_first_failure_and_leaves_the_rest() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    let mut ids = BTreeSet::new();
    for number in 0..8 {
        ids.insert(publish_failing(&cli, number, "notice").await?);
    }
    until_parked(&cli, 8).await?;
    let output = cli.run(&["parked", "redrive", DISPATCH, "--all", "--canary", "--json"]).await?;
    assert_eq!(output.status.code(), Some(8), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((&report["sent"], &report["parked_again"]), (&json!(1), &json!(1)));
    assert_eq!(report["stopped"], json!({"failures": {"stage": 1, "failed": 1, "known": 1}}));
    until_parked(&cli, 8).await?;
    up.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_whose_client_goes_stops_and_one_reads_at_a_time() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    // As many as it takes to be in the middle for half a minute.
    for number in 0..30 {
        publish_failing(&cli, number, "notice").await?;
    }
    until_parked(&cli, 30).await?;
    let mut slow = cli.start(&["parked", "redrive", DISPATCH, "--all", "--rate", "1/s"])?;
    eventually(DEADLINE, "it has begun", async || {
        Ok::<bool, anyhow::Error>(cli.folder().join("data/audit.jsonl").exists())
    })
    .await?;
    let said = fails(&cli, &["parked", "redrive", DISPATCH, "--all"], 6).await?;
    assert!(said.contains("somebody else is reading"), "{said}");
    let listed = parked(&cli).await?;
    assert!(listed[0]["unread"].is_string(), "{listed}");
    slow.kill().await?;
    eventually(DEADLINE, "it has ended", async || Ok::<bool, anyhow::Error>(audit(&cli)?.len() == 2)).await?;
    let outcome = audit(&cli)?[1]["outcome"].take();
    assert!(outcome.as_str().is_some_and(|outcome| outcome.contains("stopped: it was told to stop")), "{outcome}");
    until_parked(&cli, 30).await?;
    up.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_can_be_changed_in_an_editor() -> Result<()> {
    let cli = Cli::new()?.with("EDITOR", "sed -i s/push/in_app/");
    let up = cli.up(&[]).await?;
    let id = publish_failing(&cli, 1, "notice").await?;
    until_parked(&cli, 1).await?;
    let edited = cli.json(&["parked", "edit", DISPATCH, &id, "--reveal", "--yes"]).await?;
    assert_eq!(
        edited["changes"],
        json!([{"path": "channels[0]", "kind": "changed", "before": "push", "after": "in_app"}])
    );
    let text = cli.ok(&["parked", "edit", DISPATCH, &id]).await?;
    assert!(text.contains("nothing changes"), "{text}");
    up.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_rabbitmq_and_a_redrive_that_is_killed_loses_nothing() -> Result<()> {
    if !require(&[Server::RabbitMq, Server::Redis])? {
        return Ok(());
    }
    let (rabbitmq, redis) = tokio::try_join!(RabbitMq::start(), Redis::start())?;
    let cli = Cli::on(&rabbitmq.url(), &redis.url())?;
    let up = cli.up(&[]).await?;
    one_event_is_mended(&cli).await?;

    let mut ids = BTreeSet::new();
    for number in 10..40 {
        ids.insert(publish_failing(&cli, number, "notice").await?);
    }
    until_parked(&cli, ids.len()).await?;
    up.stop().await?;
    // Nobody consumes now, so what was sent back stays where it was sent.
    let waiting = async || -> Result<u64> {
        let queues = rabbitmq.ctl(&["list_queues", "--silent", "name", "messages"]).await?;
        let line = queues.lines().find_map(|line| line.strip_prefix("notification.dispatch\t"));
        Ok(line.context("the queue is there")?.trim().parse()?)
    };
    let mut killed = cli.start(&["parked", "redrive", DISPATCH, "--all", "--rate", "1/s"])?;
    eventually(DEADLINE, "it is in the middle", async || Ok::<bool, anyhow::Error>(waiting().await? >= 1)).await?;
    killed.kill().await?;
    let begun = audit(&cli)?.last().context("there is a record")?.clone();
    assert_eq!((&begun["phase"], &begun["count"]), (&json!("begun"), &json!(ids.len())));

    let rest = cli.json(&["parked", "redrive", DISPATCH, "--all"]).await?;
    assert!(rest["sent"].as_u64().is_some_and(|sent| sent > 0 && sent < 30), "{rest}");
    assert_eq!(cli.json(&["parked", "redrive", DISPATCH, "--all"]).await?["sent"], 0, "once more is harmless");
    let up = cli.up(&[]).await?;
    until_parked(&cli, ids.len()).await?;
    let planned = cli.json(&["parked", "redrive", DISPATCH, "--all", "--dry-run"]).await?;
    let back: BTreeSet<String> =
        planned.as_array().into_iter().flatten().filter_map(|step| Some(step["id"].as_str()?.to_owned())).collect();
    assert_eq!(back, ids, "each of them is parked again, once");
    up.stop().await
}
