use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use fabric::{
    config::Config,
    core::topology::{Permission, TopicPermission},
    management::Management,
};
use fabric_testkit::{
    servers::{Server, require},
    wait::eventually,
};
use serde_json::json;

use super::{World, ends, ends_json, node, of_class};
use crate::process::DEADLINE;

/// Whether somebody may log in there.
async fn logs_in(url: &str, user: &str, password: &str) -> Result<()> {
    let url = url.replace("guest:guest", &format!("{user}:{password}"));
    let config = Config::load(None, [("FABRIC__BROKER__URL".to_owned(), url)])?;
    let adapters = fabric::connect(&config, "test").await?;
    let mut status = adapters.broker.status();
    tokio::time::timeout(DEADLINE, status.wait_for(|status| status.connected)).await.context("it was refused")??;
    Ok(())
}

/// Whether the user of the kyc service may enter a virtual host, if it is there.
async fn enters(management: &Management) -> Result<Option<bool>> {
    Ok(management.users().await?.get("kyc").map(|user| user.permission.is_some()))
}

/// Whoever is made again gets the password that the file has; who is not in it, a new one. Gives another file with that.
async fn keeps_to_the_file(world: &World, passwords: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let (cli, management) = (&world.cli, &world.management);
    let file = cli.folder().join("users.json");
    let before = std::fs::read(&file)?;
    management.delete_user("kyc").await?;
    ends(cli, &["apply", "--users", "users.json", "--yes"], 0).await?;
    assert_eq!(std::fs::read(&file)?, before);
    logs_in(&world.url, "kyc", &passwords["kyc"]).await?;
    management.delete_user("kyc").await?;
    ends(cli, &["apply", "--users", "more.json", "--yes"], 0).await?;
    let more: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(cli.folder().join("more.json"))?)?;
    assert_eq!(more.keys().collect::<Vec<_>>(), ["kyc"]);
    std::fs::write(&file, "no JSON")?;
    management.delete_user("kyc").await?;
    let refused = ends(cli, &["apply", "--users", "users.json", "--yes"], 3).await?;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("users.json"));
    std::fs::write(&file, &before)?;
    ends(cli, &["apply", "--users", "users.json", "--yes"], 0).await?;
    Ok(more)
}

/// Users belong to the whole broker, so this is the only test with them.
#[tokio::test(flavor = "multi_thread")]
async fn users_are_made_with_passwords_and_keep_them() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let world = World::new().await?;
    let (cli, management) = (&world.cli, &world.management);
    ends(cli, &["apply", "--yes"], 0).await?;
    ends(cli, &["plan"], 0).await?;
    let report = ends_json(cli, &["plan", "--users"], 10).await?;
    assert!(of_class(&report, "create").contains(&"academic -".to_owned()), "{report}");
    ends(cli, &["apply", "--users", "users.json", "--yes"], 0).await?;
    ends(cli, &["plan", "--users"], 0).await?;
    let file = cli.folder().join("users.json");
    let before = std::fs::read(&file)?;
    let passwords: BTreeMap<String, String> = serde_json::from_slice(&before)?;
    logs_in(&world.url, "academic", &passwords["academic"]).await?;

    // Fewer and more rights than it should have.
    let user = management.users().await?.remove("academic").context("it is there")?;
    let lowered = Permission { write: "^$".to_owned(), read: ".*".to_owned(), configure: "^$".to_owned() };
    management.put_permission("academic", &lowered).await?;
    let (_, topic) = user.topics.iter().next().context("it has topics")?;
    management.put_topic_permission("academic", "amq.topic", topic).await?;
    let report = ends_json(cli, &["plan", "--users"], 10).await?;
    let safe = of_class(&report, "safe");
    for field in ["permission.write", "permission.read", "topics.amq.topic.write"] {
        assert!(safe.contains(&format!("academic {field}")), "{safe:?}");
    }
    ends(cli, &["apply", "--users", "users.json", "--yes"], 0).await?;
    let mut again = management.users().await?.remove("academic").context("it is there")?;
    let none = "^$".to_owned();
    assert_eq!(again.topics.remove("amq.topic"), Some(TopicPermission { write: none.clone(), read: none }));
    assert_eq!(again, user);
    ends(cli, &["plan", "--users"], 0).await?;
    assert_eq!(std::fs::read(&file)?, before, "nobody needed a password");
    logs_in(&world.url, "academic", &passwords["academic"]).await?;

    let more = keeps_to_the_file(&world, &passwords).await?;

    // The same by a file of definitions, on another virtual host.
    let other = World::new().await?;
    std::fs::copy(&file, other.cli.folder().join("users.json"))?;
    let exported = ends(&other.cli, &["export", "--users", "users.json"], 0).await?.stdout;
    assert!(!String::from_utf8_lossy(&exported).contains(passwords["academic"].as_str()));
    let definitions = other.cli.folder().join("definitions.json");
    std::fs::write(&definitions, &exported)?;
    node().await?.ctl(&["import_definitions", definitions.to_str().context("a path")?]).await?;
    eventually(DEADLINE, "all of it stands", async || {
        Ok::<bool, anyhow::Error>(other.cli.run(&["topology", "plan", "--users"]).await?.status.success())
    })
    .await?;
    logs_in(&other.url, "kyc", &passwords["kyc"]).await?;
    let report = ends_json(&other.cli, &["plan", "--users"], 0).await?;
    assert_eq!(report["changes"], json!([]));
    ends(&world.cli, &["export", "--users", "more.json"], 0).await?;
    let completed: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(cli.folder().join("more.json"))?)?;
    assert_eq!((&completed["kyc"], completed.len()), (&more["kyc"], passwords.len()));

    // A service that is no more: its user stays while another virtual host lets it in, and can do nothing here any more.
    let without_kyc = "academic,user,social,notification";
    let prune = ["apply", "--prune", "--users", "users.json", "--services", without_kyc, "--yes"];
    ends(cli, &prune, 0).await?;
    assert_eq!(enters(management).await?, Some(false));
    assert_eq!(enters(&other.management).await?, Some(true));
    let planned = ends_json(cli, &["plan", "--users", "--services", without_kyc], 0).await?;
    assert_eq!(planned["changes"], json!([]));
    ends(&other.cli, &prune, 0).await?;
    assert_eq!(enters(management).await?, None, "nobody lets it in any more");
    Ok(())
}
