use anyhow::{Context as _, Result, ensure};
use fabric::core::topology::QueueDefinition;
use fabric_testkit::{
    servers::{Server, require},
    wait::eventually,
};

use super::{
    World, ends, ends_json,
    load::{Load, every_number},
    of_class,
};
use crate::{
    parked::{DISPATCH, REQUESTED, audit},
    process::DEADLINE,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_of_another_type_is_migrated_under_load_and_no_event_is_lost() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let world = World::new().await?;
    let (cli, management) = (&world.cli, &world.management);
    let classic = QueueDefinition { durable: true, auto_delete: false, arguments: [].into() };
    management.put_queue(DISPATCH, &classic).await?;
    let report = ends_json(cli, &["apply", "--yes"], 11).await?;
    assert!(of_class(&report, "needs-migration").contains(&format!("{DISPATCH} x-queue-type")), "{report}");
    ends(cli, &["plan"], 11).await?;

    let broker = world.broker().await?;
    let load = Load::start(broker.clone(), REQUESTED).await?;

    let mut first = cli.start(&["topology", "migrate", DISPATCH, "--yes"])?;
    let standby = format!("{DISPATCH}.standby");
    eventually(DEADLINE, "the migration is under way", async || {
        Ok::<bool, anyhow::Error>(management.actual().await?.definitions.queues.contains_key(&standby))
    })
    .await?;
    first.kill().await?;
    let report = ends_json(cli, &["plan"], 11).await?;
    assert!(of_class(&report, "needs-migration").iter().any(|change| change.contains("standby")), "{report}");

    let said = String::from_utf8(ends(cli, &["migrate", DISPATCH, "--yes"], 0).await?.stdout)?;
    for step in [
        "move the events of notification.dispatch to notification.dispatch.standby",
        "delete notification.dispatch.standby",
    ] {
        assert!(said.contains(step), "{said}");
    }
    let published = load.stop().await?;
    ends(cli, &["plan"], 0).await?;
    assert!(String::from_utf8(ends(cli, &["migrate", DISPATCH], 0).await?.stdout)?.contains("as it should be"));
    let definition = management.actual().await?.definitions.queues.remove(DISPATCH).context("it stands")?;
    assert_eq!(definition.arguments.get("x-queue-type"), Some(&"quorum".into()));
    every_number(broker.as_ref(), &[DISPATCH.to_owned()], published).await?;

    let acts: Vec<String> = audit(cli)?.iter().map(|act| format!("{} {}", act["act"], act["phase"])).collect();
    ensure!(
        acts.ends_with(&["\"topology migrate\" \"begun\"".into(), "\"topology migrate\" \"ended\"".into()]),
        "{acts:?}"
    );
    let said = ends(cli, &["migrate", "notification.dispatsch", "--yes"], 3).await?;
    assert!(String::from_utf8_lossy(&said.stderr).contains("nobody wants"));
    Ok(())
}
