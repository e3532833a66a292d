//! What a user can get wrong, and what the command says to it.

use anyhow::Result;

use crate::process::Cli;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_answered_with_its_code_and_a_word_of_help() -> Result<()> {
    let cli = Cli::new()?;
    let file = cli.folder().join("not-a-bundle.zip");
    std::fs::write(&file, "this is no zip file")?;
    let bundle = file.to_string_lossy().into_owned();
    let table: &[(&[&str], i32, &str)] = &[
        (&["explain", "gradebook.grade.postd"], 3, "did you mean gradebook.grade.posted?"),
        (&["explain", "gradebook"], 2, "three words"),
        (&["events", "nothing.like.this"], 3, "no event"),
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
        (&["token", "--role", "Teacher"], 2, "role"),
        (&["token", "--hours", "100000"], 2, "--hours"),
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
        (&["publish", "gradebook.grade.posted", "--data", "{}"], "missing field"),
        (&["publish", "gradebook.grade.posted", "--data", "not json"], "not JSON"),
        (&["publish", "gradebook.grade.posted", "--data", &too_much], "scorePercent"),
        (
            &["publish", "gradebook.grade.posted", "--data", example, "--role", "student"],
            "the role student may not publish",
        ),
    ];
    for (arguments, says) in table {
        let output = cli.run(arguments).await?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?} should say {says:?}, and says: {said}");
    }
    up.stop().await
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
