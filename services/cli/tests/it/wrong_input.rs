//! What a user can get wrong, and what the command says to it.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::process::{Cli, DEADLINE};

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_answered_with_its_code_and_a_word_of_help() -> Result<()> {
    let cli = Cli::new()?;
    let file = cli.folder().join("not-a-bundle.zip");
    std::fs::write(&file, "this is no zip file")?;
    let bundle = file.to_string_lossy().into_owned();
    let table: &[(&[&str], i32, &str)] = &[
        (&["explain", "gradebook.grade.postd"], 3, "did you mean gradebook.grade.posted?"),
        (&["explain", "gradebook"], 2, "three words"),
        (&["events", "nothing.like.this"], 3, "no event of the catalogue matches nothing.like.this\n"),
        (&["events", "show", "nothing.like.this"], 3, "the catalogue has no event nothing.like.this\n"),
        (&["events", "iep"], 3, "did you mean iep.#?"),
        (&["events", "gradebok.#"], 3, "did you mean gradebook.#?"),
        (&["events", "a..b"], 2, "word 2"),
        (&["publish", "gradebook.grade.posted", "--data", "{}"], 4, "no `fabric up` runs"),
        (&["publish", "gradebook.grade.posted", "--data", "@/no/such/file"], 2, "cannot read"),
        (&["publish", "gradebook.grade.posted"], 2, "--data"),
        (&["publish", "--cloudevents", "/no/such/file"], 2, "cannot read"),
        (&["publish", "--cloudevents", "x", "--data", "{}"], 2, "cannot be used with"),
        (&["publish"], 2, "TOPIC"),
        (&["last", "#"], 4, "no `fabric up` runs"),
        (&["last", "#", "--url", "http://127.0.0.1:1"], 4, "does not answer"),
        (&["health", "--url", "http://127.0.0.1:1"], 4, "does not answer"),
        (&["health"], 4, "start one, or say with --url where a process listens"),
        (&["token", "--role", "Teacher"], 2, "role"),
        (&["token", "--role", "tacher"], 2, "there is no role tacher; there are admin, counselor, "),
        (&["token", "--hours", "100"], 2, "1 to 24 hours"),
        (&["token", "--hours", "100000"], 2, "--hours"),
        (&["health", "--amqp", "amqp://127.0.0.1:1"], 2, "--url"),
        (&["health", "--redis", "redis://127.0.0.1:1"], 2, "--url"),
        (&["last", "--amqp", "amqp://127.0.0.1:1"], 2, "cache.url is memory://"),
        (&["last", "--amqp", "amqp://127.0.0.1:1"], 2, "name the server with --redis"),
        (&["tail", "--redis", "redis://127.0.0.1:1"], 2, "name the server with --amqp"),
        (
            &["publish", "social.post.deleted", "--data", "{}", "--redis", "redis://127.0.0.1:1"],
            2,
            "name the server with --amqp",
        ),
        (&["up", "--services", "academic,nope"], 2, "there is no service \"nope\""),
        (&["up", "--address", "somewhere"], 2, "--address"),
        (&["up", "--amqp", "http://x"], 2, "broker.url"),
        (&["import", "oneroster", "/no/such/bundle"], 3, "/no/such/bundle"),
        (&["import", "oneroster", &bundle], 3, "zip"),
        (&["parked", "ls"], 4, "no `fabric up` runs"),
        (&["parked", "ls", "Notification"], 2, "subscription"),
        (&["parked", "redrive", "notification.dispatch"], 2, "--all"),
        (&["parked", "redrive", "notification.dispatch", "--all", "--id", "1"], 2, "cannot be used with"),
        (&["parked", "redrive", "notification.dispatch", "--all", "--rate", "0/s"], 2, "a rate is"),
        (&["parked", "drop", "notification.dispatch", "--all"], 2, "--reason"),
        (&["explain", "kyc.document.verified", "--config", "/no/such/file"], 2, "/no/such/file"),
    ];
    for (arguments, code, says) in table {
        let output = cli.run(arguments).await?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?} should say {says:?}, and says: {said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_refused_names_its_field_and_its_rule() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    let example = fabric_catalog::example("gradebook.grade.posted").unwrap_or_default();
    let too_much = example.replacen("\"scorePercent\": ", "\"scorePercent\": 9", 1);
    assert_ne!(too_much, example);
    let table: &[(&[&str], &str)] = &[
        (&["publish", "gradebook.grade.posted", "--data", "{}"], "the field studentId must be there"),
        (&["publish", "gradebook.grade.posted", "--data", "not json"], "not JSON"),
        (&["publish", "gradebook.grade.posted", "--data", &too_much], "scorePercent"),
        (
            &["publish", "gradebook.grade.posted", "--data", example, "--role", "student"],
            "the role student may not publish gradebook.grade.posted; these may: ",
        ),
        (&["publish", "gradebook.grade.posted", "--data", example, "--role", "studnt"], "these may: "),
        (&["publish", "gradebook.grade.posted", "--data", "{}", "--role", "studnt"], "these may: "),
    ];
    for (arguments, says) in table {
        let output = cli.run(arguments).await?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?} should say {says:?}, and says: {said}");
    }
    all_faults_are_said(&cli, example).await?;
    an_unknown_name_is_no_silence(&cli).await?;
    up.stop().await
}

/// What `schema validate` says of a payload, `publish` says too.
async fn all_faults_are_said(cli: &Cli, example: &str) -> Result<()> {
    let mut bad: Value = serde_json::from_str(example)?;
    bad["scorePercent"] = json!("much");
    bad["studentId"] = json!("");
    bad["more"] = json!(1);
    let file = cli.folder().join("bad.json");
    std::fs::write(&file, bad.to_string())?;
    let path = file.to_string_lossy().into_owned();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/schemas");
    let validate = ["schema", "validate", "gradebook.grade.posted", &path, "--dir", kept, "--json"];
    let verdict: Value = serde_json::from_slice(&cli.run(&validate).await?.stdout)?;
    let violations = verdict["violations"].as_array().cloned().unwrap_or_default();
    assert!(violations.len() >= 2, "{verdict}");
    let output = cli.run(&["publish", "gradebook.grade.posted", "--data", &format!("@{path}")]).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    for violation in violations {
        let (path, wanted) = (violation["path"].as_str(), violation["wanted"].as_str());
        let line = format!("  {}: {}\n", path.unwrap_or_default(), wanted.unwrap_or_default());
        assert!(said.contains(&line), "{line:?} is missing in {said}");
    }
    Ok(())
}

/// A mistyped name is answered, and not waited for in silence.
async fn an_unknown_name_is_no_silence(cli: &Cli) -> Result<()> {
    let output = cli.run(&["last", "gradebook.grade.postd"]).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(3) && said.contains("did you mean gradebook.grade.posted?"), "{said}");
    let output = cli.run(&["last", "gradebook.grade.overridden"]).await?;
    assert!(output.status.success(), "an event that has not happened yet is none that nobody knows");

    let mut tail = tokio::process::Command::from(cli.command(&["tail", "gradebook.grade.postd"]));
    let mut tail = tail.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(tail.stderr.take().context("it is piped")?).lines();
    let said = tokio::time::timeout(DEADLINE, lines.next_line()).await??.unwrap_or_default();
    assert!(said.contains("warning") && said.contains("did you mean gradebook.grade.posted?"), "{said}");
    tail.kill().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_says_its_exit_codes() -> Result<()> {
    let cli = Cli::new()?;
    let commands: &[&[&str]] = &[
        &[],
        &["up"],
        &["import"],
        &["import", "oneroster"],
        &["publish"],
        &["tail"],
        &["last"],
        &["events"],
        &["events", "show"],
        &["new"],
        &["new", "service"],
        &["new", "event"],
        &["new", "handler"],
        &["explain"],
        &["parked"],
        &["parked", "ls"],
        &["parked", "show"],
        &["parked", "edit"],
        &["parked", "redrive"],
        &["parked", "drop"],
        &["schema"],
        &["schema", "check"],
        &["schema", "write"],
        &["schema", "validate"],
        &["schema", "show"],
        &["health"],
        &["token"],
    ];
    for command in commands {
        let help = cli.ok(&[*command, &["--help"][..]].concat()).await?;
        assert!(help.contains("Exit codes:") && help.contains("--json"), "{command:?}: {help}");
    }
    Ok(())
}
