//! The `AsyncAPI` document, and the page that shows it.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::process::{Cli, DEADLINE};

#[tokio::test(flavor = "multi_thread")]
async fn the_document_describes_what_services_publish_and_receive() -> Result<()> {
    let cli = Cli::new()?;
    let document = cli.json(&["asyncapi"]).await?;
    assert_eq!(document["asyncapi"], "3.1.0");
    let operations = document["operations"].as_object().context("operations")?;
    assert_eq!(operations["academic.send.gradebook.grade.posted"]["action"], "send");
    assert!(operations.values().any(|one| one["action"] == "receive" && one["x-fabric-retry"]["attempts"].is_u64()));

    let one = cli.json(&["asyncapi", "--service", "kyc"]).await?;
    assert_eq!(one["info"]["x-fabric-services"], serde_json::json!(["kyc"]));
    let channels = |document: &Value| document["channels"].as_object().map_or(0, serde_json::Map::len);
    assert!(channels(&one) < channels(&document));
    assert!(channels(&document) <= channels(&cli.json(&["asyncapi", "--catalogue"]).await?));

    let yaml = cli.ok(&["asyncapi"]).await?;
    assert!(yaml.starts_with("asyncapi:") && yaml.contains("\nchannels:\n"), "{}", &yaml[..200]);
    assert_eq!(cli.run(&["asyncapi", "--service", "nobody"]).await?.status.code(), Some(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_every_topic_and_needs_nobody() -> Result<()> {
    let cli = Cli::new()?;
    let file = cli.folder().join("events.html");
    cli.ok(&["docs", "--out", &file.display().to_string()]).await?;
    let html = std::fs::read_to_string(&file)?;
    let begin = r#"<script type="application/json" id="document">"#;
    let (before, rest) = html.split_once(begin).context("the document is inside")?;
    let (document, after) = rest.split_once("</script>").context("it ends")?;
    assert!(![before, after].iter().any(|part| part.contains("http://") || part.contains("https://")));
    let document: Value = serde_json::from_str(document)?;
    for event in fabric_catalog::all() {
        assert_eq!(document["components"]["messages"][event.topic]["name"], event.topic);
    }
    assert_eq!(cli.run(&["docs", "--out", "/nowhere/at/all.html"]).await?.status.code(), Some(1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_beside_its_document() -> Result<()> {
    let cli = Cli::new()?;
    let mut command = tokio::process::Command::from(cli.command(&["docs", "--address", "127.0.0.1:0", "--json"]));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
    let said = tokio::time::timeout(DEADLINE, lines.next_line()).await??.context("it says where it listens")?;
    let said: Value = serde_json::from_str(&said)?;
    let url = said["url"].as_str().context("its address")?.to_owned();
    let table = [("", "text/html"), ("asyncapi.yaml", "application/yaml"), ("asyncapi.json", "application/json")];
    for (path, media_type) in table {
        let url = format!("{url}{path}");
        let (headers, body) = tokio::task::spawn_blocking(move || get(&url)).await??;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(header("content-type").starts_with(media_type), "{path}");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert!(body.contains("gradebook.grade.posted"), "{path}");
    }
    child.kill().await?;
    Ok(())
}

fn get(url: &str) -> Result<(ureq::http::HeaderMap, String)> {
    let mut response = ureq::get(url).call()?;
    let body = response.body_mut().read_to_string()?;
    Ok((response.headers().clone(), body))
}
