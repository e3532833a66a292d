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

    // Two at once: one of them does it, and the other is told.
    let migrate = ["topology", "migrate", DISPATCH, "--yes"];
    let (one, two) = tokio::try_join!(cli.run(&migrate), cli.run(&migrate))?;
    let (done, refused) = if one.status.success() { (one, two) } else { (two, one) };
    assert_eq!((done.status.code(), refused.status.code()), (Some(0), Some(3)), "{done:?} {refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("somebody else"), "{refused:?}");
    let said = String::from_utf8(done.stdout)?;
    for step in [
        "move the events of notification.dispatch.standby to notification.dispatch",
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
    // The first was killed, and of the two others both have ended.
    let count = |phase: &str| acts.iter().filter(|act| **act == format!("\"topology migrate\" \"{phase}\"")).count();
    ensure!((count("begun"), count("ended")) == (3, 2), "{acts:?}");
    let said = ends(cli, &["migrate", "notification.dispatsch", "--yes"], 3).await?;
    assert!(String::from_utf8_lossy(&said.stderr).contains("nobody wants"));
    Ok(())
}
