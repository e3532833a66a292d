//! The kept schemas, and what the command says of them.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::process::Cli;

const TOPIC: &str = "gradebook.grade.posted";

/// The folder with the schemas that this project keeps.
fn kept() -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../config/schemas").display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kept_schemas_are_those_of_the_events() -> Result<()> {
    let cli = Cli::new()?;
    let found = cli.json(&["schema", "check", "--dir", &kept()]).await?;
    assert_eq!(found, json!([]), "run `fabric schema write`");
    Ok(())
}

/// Writes the schema of one topic into a folder, changed.
async fn changed(cli: &Cli, change: impl FnOnce(&mut Value)) -> Result<()> {
    let folder = cli.folder().join("schemas");
    let _ = std::fs::remove_dir_all(&folder);
    cli.ok(&["schema", "write", TOPIC, "--dir", "schemas"]).await?;
    let file = folder.join(format!("{TOPIC}.v1.json"));
    let mut schema: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    change(&mut schema);
    Ok(std::fs::write(file, schema.to_string())?)
}

/// What is done to a kept schema.
type Change = fn(&mut Value);

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_named_with_its_class_and_a_breaking_one_is_refused() -> Result<()> {
    let cli = Cli::new()?;
    // What is kept is the old version: what is taken away from it is new.
    let table: [(Change, &str, Value, &str); 3] = [
        (
            |kept| drop(kept["properties"].as_object_mut().map(|fields| fields.remove("comment"))),
            "comment",
            json!("compatible"),
            "",
        ),
        (
            |kept| kept["required"].as_array_mut().into_iter().for_each(|names| names.push(json!("comment"))),
            "comment",
            json!("backward_only"),
            "",
        ),
        (|kept| kept["required"] = json!([]), "scorePercent", json!("breaking"), "write an upcaster"),
    ];
    for (change, path, class, says) in table {
        changed(&cli, change).await?;
        let output = cli.run(&["schema", "check", TOPIC, "--dir", "schemas", "--json"]).await?;
        let found: Value = serde_json::from_slice(&output.stdout)?;
        let one = found.as_array().and_then(|all| all.iter().find(|one| one["path"] == path)).context("it is found")?;
        assert_eq!((&one["class"], &one["topic"]), (&class, &json!(TOPIC)), "{found}");
        let breaks = !says.is_empty();
        let write = cli.run(&["schema", "write", TOPIC, "--dir", "schemas"]).await?;
        for output in [output, write] {
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(if breaks { 9 } else { 0 }), "{path}: {said}");
            assert!(said.contains(says), "{said}");
        }
        let again = cli.run(&["schema", "check", TOPIC, "--dir", "schemas"]).await?;
        assert_eq!(again.status.success(), !breaks, "what is refused is not written");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_event_is_kept_by_writing_and_what_is_not_kept_fails() -> Result<()> {
    let cli = Cli::new()?;
    changed(&cli, |_| ()).await?;
    let check = ["schema", "check", TOPIC, "--dir", "schemas"];
    cli.ok(&check).await?;
    std::fs::remove_file(cli.folder().join("schemas").join(format!("{TOPIC}.v1.json")))?;
    let output = cli.run(&check).await?;
    let (rows, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{rows}{said}");
    for words in [&rows, &said] {
        assert!(words.contains("not kept yet: run `fabric schema write`"), "{rows}{said}");
    }
    cli.ok(&["schema", "write", TOPIC, "--dir", "schemas"]).await?;
    cli.ok(&check).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_belong_to_nothing_known_are_named() -> Result<()> {
    let cli = Cli::new()?;
    changed(&cli, |_| ()).await?;
    let folder = cli.folder().join("schemas");
    for name in ["gradebook.grade.posted.v7.json", "gradebook.grade.lost.v1.json", "else.json"] {
        std::fs::write(folder.join(name), "{}")?;
    }
    let output = cli.run(&["schema", "check", "gradebook.grade.*", "--dir", "schemas", "--json"]).await?;
    assert_eq!(output.status.code(), Some(9));
    let found: Value = serde_json::from_slice(&output.stdout)?;
    let kinds: Vec<_> =
        found.as_array().into_iter().flatten().map(|one| (one["topic"].as_str(), one["kind"].as_str())).collect();
    for expected in [
        (TOPIC, "newer"),
        ("gradebook.grade.lost", "unknown"),
        ("else.json", "unreadable"),
        ("gradebook.grade.created", "not_kept"),
    ] {
        assert!(kinds.contains(&(Some(expected.0), Some(expected.1))), "{expected:?} in {kinds:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_producer_is_checked_by_the_schema_alone() -> Result<()> {
    let cli = Cli::new()?;
    changed(&cli, |_| ()).await?;
    let example: Value = serde_json::from_str(fabric_catalog::example(TOPIC).context("it has an example")?)?;
    let event = |payload: &Value, schema: &str| json!({"specversion": "1.0", "type": TOPIC, "dataschema": schema, "data": payload});
    let mut wrong = example.clone();
    wrong["scorePercent"] = json!("SECRET");
    wrong["postedAt"] = json!("SECRET");
    wrong.as_object_mut().context("an object")?.remove("resultId");
    let ours = "urn:fabric:gradebook.grade.posted:1";
    let table: [(Value, i32, &[&str]); 6] = [
        (example.clone(), 0, &["valid"]),
        (event(&example, ours), 0, &["valid"]),
        (wrong.clone(), 3, &["scorePercent", "postedAt", "date-time", "resultId"]),
        (event(&wrong, ours), 3, &["scorePercent"]),
        (event(&example, "urn:fabric:gradebook.grade.posted:9"), 3, &["v9.json"]),
        (event(&example, "https://example.edu/schema"), 3, &["dataschema"]),
    ];
    for (given, code, says) in table {
        std::fs::write(cli.folder().join("given.json"), given.to_string())?;
        let output = cli.run(&["schema", "validate", TOPIC, "given.json", "--dir", "schemas"]).await?;
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(says.iter().all(|word| said.contains(word)) && !said.contains("SECRET"), "{said}");
    }
    let shown: Value = serde_json::from_str(&cli.ok(&["schema", "show", TOPIC]).await?)?;
    assert_eq!(Some(shown), fabric_catalog::schema(TOPIC));
    Ok(())
}
