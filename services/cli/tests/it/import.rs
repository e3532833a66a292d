//! Bringing school data in.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use crate::process::Cli;

fn sample() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/oneroster-sample")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_on_its_own_runs_the_services_until_everything_is_handled() -> Result<()> {
    let cli = Cli::new()?;
    let rejects = cli.folder().join("rejects.csv");
    let (bundle, file) = (sample().to_string_lossy().into_owned(), rejects.to_string_lossy().into_owned());
    let output = cli.run(&["import", "oneroster", &bundle, "--rejects", &file, "--json"]).await?;
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(report["rejected"], json!(3));
    assert!(report["handled"].as_u64() > report["published"].as_u64(), "{report}");
    assert_eq!(std::fs::read_to_string(&rejects)?.lines().count(), 4, "a heading and three rows");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_fabric_does_the_import_and_remembers_it() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    let (bundle, file) =
        (sample().to_string_lossy().into_owned(), cli.folder().join("r.csv").to_string_lossy().into_owned());
    let output = cli.run(&["import", "oneroster", &bundle, "--rejects", &file]).await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(7), "{said} {}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("results.csv"), "{said}");
    assert_eq!(cli.json(&["last", "rostering.import.completed"]).await?.as_array().map(Vec::len), Some(1));
    up.stop().await
}
