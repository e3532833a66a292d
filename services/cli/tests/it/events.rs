//! What the catalogue has, as the command shows it.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::process::Cli;

const TOPIC: &str = "gradebook.bulk_grades.updated";

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_all_events_with_what_is_known_of_them() -> Result<()> {
    let cli = Cli::new()?;
    let all = cli.json(&["events"]).await?;
    assert_eq!(all.as_array().map(Vec::len), Some(fabric_catalog::all().len()));
    let listed = cli.json(&["events", "gradebook.grade.posted"]).await?;
    let event = fabric_catalog::find("gradebook.grade.posted").context("it is there")?;
    let expected = json!([{
        "topic": event.topic,
        "version": event.version,
        "owner": "academic",
        "aggregate": event.aggregate,
        "scope": "integration",
        "key": "studentId",
        "subject": "studentId",
        "roles": event.roles,
        "publishers": event.publishers,
        "personal": fabric_catalog::personal_fields(event.topic),
        "description": event.description,
    }]);
    assert_eq!(listed, expected);
    let table = cli.ok(&["events", "gradebook.grade.*"]).await?;
    let head: Vec<&str> = table.lines().next().unwrap_or_default().split_whitespace().collect();
    assert_eq!(head, ["TOPIC", "V", "OWNER", "KEY", "SCOPE", "WHAT", "HAPPENED"]);
    assert!(table.lines().skip(1).all(|line| line.trim_start().starts_with("gradebook.grade.")), "{table}");
    Ok(())
}

/// The field of this name.
fn field<'a>(shown: &'a Value, name: &str) -> Result<&'a Value> {
    let mut fields = shown["fields"].as_array().into_iter().flatten();
    fields.find(|field| field["name"] == name).with_context(|| format!("there is no field {name} in {shown}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_shown_with_its_fields_its_example_and_its_listeners() -> Result<()> {
    let cli = Cli::new()?;
    let shown = cli.json(&["events", "show", TOPIC]).await?;
    assert_eq!(
        (&shown["topic"], &shown["dataschema"], &shown["owner"]),
        (&json!(TOPIC), &json!("urn:fabric:gradebook.bulk_grades.updated:1"), &json!("academic"))
    );
    assert_eq!(
        Some(&shown["example"]),
        serde_json::from_str(fabric_catalog::example(TOPIC).unwrap_or_default()).ok().as_ref()
    );
    let grades = field(&shown, "grades")?;
    assert_eq!((&grades["type"], &grades["required"]), (&json!("list of object"), &json!(true)));
    let score = field(&shown, "grades[].score")?;
    assert_eq!((&score["type"], &score["personal"]), (&json!("number"), &json!(true)));
    assert!(score["bounds"].as_str().is_some_and(|bounds| bounds.contains(" to ")), "{score}");

    let posted = cli.json(&["events", "show", "gradebook.grade.posted"]).await?;
    assert_eq!((&posted["key"], &posted["subject"]), (&json!("studentId"), &json!("studentId")));
    assert_eq!(posted["published_by"], json!(["academic"]));
    let subscribers = posted["subscribers"].as_array().context("a list")?;
    let audit =
        subscribers.iter().find(|one| one["subscription"] == "academic.gradebook_audit").context("it listens")?;
    assert_eq!(audit["patterns"][0]["pattern"], "gradebook.#", "{audit}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_can_be_shown_to_people() -> Result<()> {
    let cli = Cli::new()?;
    let shown = cli.ok(&["events", "show", "gradebook.grade.posted"]).await?;
    let says = [
        "partition key        studentId",
        "FIELD",
        "\"studentId\": \"",
        "academic.gradebook_audit",
        "may be caused by",
    ];
    for says in says {
        assert!(shown.contains(says), "{says:?} is missing in {shown}");
    }
    let output = cli.run(&["events", "show", "gradebook.grade.postd"]).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(3) && said.contains("did you mean gradebook.grade.posted?"), "{said}");
    Ok(())
}
