use anyhow::{Context as _, Result};
use fabric::{
    core::{
        message::{Message, Outgoing, Properties},
        topology::{PolicyDefinition, QueueDefinition},
    },
    management::OnlyIf,
};
use fabric_testkit::{
    servers::{Server, require},
    wait::{eventually, free_port},
};
use serde_json::{Value, json};

use super::{World, binding, cli, ends, ends_json, named, of_class};
use crate::{
    parked::audit,
    process::{Cli, DEADLINE},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_topology_is_planned_applied_and_then_as_it_should_be() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let world = World::new().await?;
    let cli = &world.cli;
    let report = ends_json(cli, &["plan"], 10).await?;
    assert_eq!((&report["verdict"], &report["unchanged"]), (&json!("changes"), &json!(0)));
    let counted = String::from_utf8(ends(cli, &["plan"], 10).await?.stdout)?;
    assert!(counted.contains(" queues, such as queue academic") && counted.contains("plan --all"), "{counted}");
    let table = String::from_utf8(ends(cli, &["plan", "--all"], 10).await?.stdout)?;
    assert!(table.contains("queue notification.dispatch.parked") && table.contains("it is not there"), "{table}");
    let refused = ends(cli, &["apply"], 2).await?;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--yes"));

    let report = ends_json(cli, &["apply", "--yes"], 0).await?;
    assert_eq!((&report["kept"], &report["left"]), (&json!([]), &json!([])));
    let report = ends_json(cli, &["plan"], 0).await?;
    assert_eq!((&report["verdict"], &report["changes"]), (&json!("unchanged"), &json!([])));
    ends_json(cli, &["apply", "--prune"], 0).await?;
    let acts: Vec<Value> = audit(cli)?.iter().map(|act| json!([act["act"], act["phase"]])).collect();
    assert_eq!(acts, [json!(["topology apply", "begun"]), json!(["topology apply", "ended"])]);

    // Other pauses between attempts: other wait queues.
    let changed = world.cli_with("FABRIC__RETRY__FIRST_DELAY_MS", "1500")?;
    let report = ends_json(&changed, &["plan"], 10).await?;
    let wait = |name: &str| format!("notification.dispatch.retry.{name} -");
    assert!(of_class(&report, "create").contains(&wait("1500")), "{report}");
    assert!(of_class(&report, "orphan").contains(&wait("1000")), "{report}");
    let report = ends_json(&changed, &["apply", "--yes"], 0).await?;
    assert!(of_class(&report, "orphan").contains(&wait("1000")), "without --prune it stays: {report}");
    let report = ends_json(&changed, &["apply", "--prune", "--yes"], 0).await?;
    assert_eq!((&report["kept"], &report["left"]), (&json!([]), &json!([])), "{report}");
    ends(&changed, &["plan"], 0).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_wants_goes_only_when_nothing_is_lost() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let world = World::new().await?;
    let (cli, management) = (&world.cli, &world.management);
    ends(cli, &["apply", "--yes"], 0).await?;
    let arguments = [("x-queue-type".to_owned(), "quorum".into())].into();
    management.put_queue("academic.gone", &QueueDefinition { durable: true, auto_delete: false, arguments }).await?;
    management.bind(&binding("events.gradebook", "academic.gone", "gradebook.#")).await?;
    let properties = Properties { message_id: Some("1".to_owned()), ..Properties::default() };
    let message = Message { properties, ..Message::default() };
    let broker = world.broker().await?;
    broker.publish(Outgoing { exchange: String::new(), routing_key: "academic.gone".into(), message }).await?;

    let report = ends_json(cli, &["apply", "--prune", "--yes"], 0).await?;
    let kept = report["kept"].as_array().context("kept")?;
    assert_eq!(kept.len(), 1, "{report}");
    assert_eq!(
        (named(&kept[0]["resource"]), kept[0]["why"].as_str().unwrap_or_default().contains("1 events")),
        ("academic.gone".to_owned(), true)
    );
    let done = report["done"].as_array().context("done")?;
    assert_eq!((done.len(), &done[0]["done"], &done[0]["resource"]["kind"]), (1, &json!("removed"), &json!("binding")));
    let said = String::from_utf8(ends(cli, &["apply", "--prune", "--yes"], 0).await?.stdout)?;
    assert!(said.contains("kept     queue academic.gone: it holds 1 events"), "{said}");

    management.delete_queue("academic.gone", OnlyIf::default()).await?;
    ends(cli, &["plan"], 0).await?;

    // A whole service less.
    let rest = ["--services", "academic,user,social,notification"];
    let report = ends_json(cli, &[&["plan"][..], &rest].concat(), 10).await?;
    let orphans = of_class(&report, "orphan");
    assert!(orphans.iter().any(|orphan| orphan == "queues.kyc -"), "{orphans:?}");
    ends(cli, &[&["apply", "--prune", "--yes"][..], &rest].concat(), 0).await?;
    ends(cli, &[&["plan"][..], &rest].concat(), 0).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_policy_that_wins_over_ours_is_dangerous_and_stays() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let world = World::new().await?;
    ends(&world.cli, &["apply", "--yes"], 0).await?;
    let foreign = PolicyDefinition {
        pattern: "^notification\\.".to_owned(),
        apply_to: "queues".to_owned(),
        priority: 99,
        definition: [("max-length".to_owned(), 5.into())].into(),
    };
    world.management.put_policy("somebody-elses", &foreign).await?;
    eventually(DEADLINE, "the policy counts", async || {
        let output = world.cli.run(&["topology", "plan", "--json"]).await?;
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let found = of_class(&report, "dangerous").iter().any(|change| change == "notification.dispatch policy");
        Ok::<bool, anyhow::Error>(found && output.status.code() == Some(11))
    })
    .await?;
    let report = ends_json(&world.cli, &["apply", "--prune", "--yes"], 11).await?;
    assert!(!of_class(&report, "dangerous").is_empty(), "{report}");
    assert_eq!(world.management.actual().await?.definitions.policies["somebody-elses"], foreign);
    Ok(())
}

/// These need no broker but the one that is refused.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_told_with_the_key() -> Result<()> {
    let said = ends(&Cli::new()?, &["plan"], 3).await?;
    assert!(String::from_utf8_lossy(&said.stderr).contains("memory://"));
    let away = cli("amqp://127.0.0.1:1", &format!("http://127.0.0.1:{}", free_port()?))?;
    for arguments in [&["plan"][..], &["apply", "--yes"], &["plan", "--users"]] {
        let said = ends(&away, arguments, 4).await?;
        assert!(String::from_utf8_lossy(&said.stderr).contains("topology.management_url"), "{said:?}");
    }
    ends(&away, &["plan", "--services", "acadmic"], 2).await?;
    ends(&away, &["plan", "--serv"], 2).await?;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let world = World::new().await?;
    let wrong = cli(&world.url, &world.management_url.replace("guest:guest", "guest:wr0ng"))?;
    let said = ends(&wrong, &["plan"], 4).await?;
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("topology.management_url") && !said.contains("wr0ng"), "{said}");
    Ok(())
}
