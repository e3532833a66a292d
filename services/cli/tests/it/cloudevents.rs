//! Publishing what other producers wrote.

use anyhow::Result;
use serde_json::{Value, json};

use crate::process::Cli;

fn event(id: &str, payload: &Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "//registrar", "type": "social.post.deleted", "tenantid": "demo",
        "time": "2026-11-02T09:30:00Z", "data": payload,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_other_producers_are_published_one_by_one_and_keep_their_ids() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    let payload: Value = serde_json::from_str(fabric_catalog::example("social.post.deleted").unwrap())?;
    let file = cli.folder().join("batch.json");
    let path = file.to_string_lossy().into_owned();
    let foreign = json!({ "tenantid": "other" });
    let mut elsewhere = event("e-4", &payload);
    elsewhere["tenantid"] = foreign["tenantid"].clone();
    // One that does not say whose it is belongs to the tenant of the command.
    let mut nobodys = event("e-5", &payload);
    nobodys.as_object_mut().unwrap().remove("tenantid");
    let batch = json!([event("e-1", &payload), event("e-2", &json!({})), { "specversion": "1.0" }, elsewhere, nobodys]);
    std::fs::write(&file, batch.to_string())?;

    let output = cli.run(&["publish", "--cloudevents", &path, "--json"]).await?;
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(lines[0]["topic"], "social.post.deleted");
    for (line, id, why) in
        [(1, json!("e-2"), "must be there"), (2, Value::Null, "missing"), (3, json!("e-4"), "tenant")]
    {
        let said = lines[line]["refused"].as_str().unwrap_or_default();
        assert!(said.contains(why), "{line}: {said}");
        assert_eq!(lines[line]["id"], id, "a refused one is told apart by what it calls itself");
        assert_eq!(lines[line]["topic"].is_string(), id.is_string());
    }
    assert_eq!((&lines[4]["topic"], lines[4]["refused"].is_null()), (&json!("social.post.deleted"), true), "{lines}");
    let again = cli.json(&["last", "social.post.deleted"]).await?;
    assert_eq!(again[0]["time"], json!("2026-11-02T09:30:00Z"));
    assert!([&lines[0]["id"], &lines[4]["id"]].contains(&&again[0]["id"]), "{again}");

    std::fs::write(&file, event("e-1", &payload).to_string())?;
    let one = cli.json(&["publish", "--cloudevents", &path]).await?;
    assert_eq!(one[0]["id"], lines[0]["id"], "the same event again has the same id");

    std::fs::write(&file, "[{}]")?;
    assert_eq!(cli.run(&["publish", "--cloudevents", &path]).await?.status.code(), Some(3));
    up.stop().await
}
