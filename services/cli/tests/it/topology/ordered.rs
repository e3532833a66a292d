//! Migrating what keeps the order of events: partitions to another number, and their queues to other arguments.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use fabric::{
    AnyService as _,
    config::Config,
    core::{
        partition::{Partitions, SLOTS},
        resend,
        service::{Order, ServiceSpec},
        topology::{Argument, Definitions, QueueDefinition, of_services},
    },
    host::contexts_of,
};
use fabric_testkit::{
    servers::{Server, require},
    wait::eventually,
};
use serde_json::{Value, json};

use super::{
    World, ends, ends_json,
    load::{Load, every_number},
    of_class,
};
use crate::process::DEADLINE;

/// The service wants it spread over four queues.
const CALCULATION: &str = "academic.grade_calculation";
const WANTED: u8 = 4;

/// Another one that gets the same events.
const AVERAGE: &str = "academic.category_average";

const WITHDRAWN: &str = "gradebook.grade.withdrawn";

/// The academic service with a subscription spread over so many queues.
fn academic(partitions: u8) -> Result<ServiceSpec> {
    let defaults = fabric::subscription_defaults(&Config::load(None, [])?)?;
    let spec = academic::service().spec(&defaults)?;
    let mut subscriptions = spec.subscriptions().to_vec();
    let changed = subscriptions.iter_mut().find(|one| one.name.as_str() == CALCULATION).context("it has it")?;
    let Order::Strict { on_park, .. } = changed.order else { anyhow::bail!("it keeps the order") };
    changed.order = Order::Strict { partitions: Partitions::try_new(partitions)?, on_park };
    Ok(ServiceSpec::try_new(spec.name().clone(), spec.publishes().to_vec(), subscriptions)?)
}

/// To which queues each slot of the subscription is bound.
fn slots(standing: &Definitions) -> BTreeMap<i64, Vec<String>> {
    let mut slots: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for binding in standing.bindings.iter().filter(|binding| binding.source == format!("{CALCULATION}.slots")) {
        if let Some(Argument::Number(slot)) = binding.arguments.get(resend::SLOT) {
            slots.entry(*slot).or_default().push(binding.destination.name().to_owned());
        }
    }
    slots
}

/// What `plan` says of a queue that is left over.
fn holds_nothing(report: &Value, queue: &str) -> bool {
    let changes = report["changes"].as_array().cloned().unwrap_or_default();
    let reason =
        changes.into_iter().find(|change| change["resource"]["name"] == queue).map(|change| change["reason"].clone());
    reason.is_some_and(|reason| reason.as_str().is_some_and(|reason| reason.contains("holds 0 events")))
}

/// Declares the subscription over another number of queues, and migrates it under load, at the second go: the first is killed.
async fn migrates_from(before: u8) -> Result<()> {
    let world = World::new().await?;
    let (cli, management, broker) = (&world.cli, &world.management, world.broker().await?);
    broker.declare(&of_services([&academic(before)?], &contexts_of(fabric_catalog::all()))).await?;
    let report = ends_json(cli, &["apply", "--yes"], if before == 1 { 0 } else { 11 }).await?;
    let moves = of_class(&report, "needs-migration");
    assert_eq!(moves.iter().filter(|change| change.contains(".partition.")).count(), moves.len(), "{report}");
    ends_json(cli, &["plan"], if before == 1 { 10 } else { 11 }).await?;
    let refused = ends(cli, &["migrate", CALCULATION, "--yes"], 3).await?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("keeps the order of events") && said.contains("--accept-reordering"), "{said}");

    let load = Load::start(broker.clone(), WITHDRAWN).await?;
    let bound = management.actual().await?.definitions.bindings;
    let mut first = cli.start(&["topology", "migrate", CALCULATION, "--accept-reordering", "--yes"])?;
    eventually(DEADLINE, "the migration is under way", async || {
        Ok::<bool, anyhow::Error>(management.actual().await?.definitions.bindings != bound)
    })
    .await?;
    first.kill().await?;
    ends(cli, &["migrate", CALCULATION, "--accept-reordering", "--yes"], 0).await?;
    let published = load.stop().await?;

    let wanted: Vec<String> = (0..WANTED).map(|number| format!("{CALCULATION}.partition.{number}")).collect();
    let standing = management.actual().await?.definitions;
    let slots = slots(&standing);
    assert!(slots.len() == usize::from(SLOTS) && slots.values().all(|queues| queues.len() == 1), "{slots:?}");
    let leftover = if before == 1 {
        vec![CALCULATION.to_owned()]
    } else {
        (WANTED..before).map(|number| format!("{CALCULATION}.partition.{number}")).collect()
    };
    if leftover.is_empty() {
        ends(cli, &["plan"], 0).await?;
    } else {
        let report = ends_json(cli, &["plan"], 10).await?;
        assert_eq!(report["verdict"], json!("changes"));
        let expected: Vec<String> = leftover.iter().map(|queue| format!("{queue} -")).collect();
        let mut orphans = of_class(&report, "orphan");
        orphans.dedup();
        assert_eq!(orphans, expected, "{report}");
        assert!(leftover.iter().all(|queue| holds_nothing(&report, queue)), "{report}");
        let report = ends_json(cli, &["apply", "--prune", "--yes"], 0).await?;
        assert_eq!((&report["kept"], &report["left"]), (&json!([]), &json!([])), "{report}");
        ends(cli, &["plan"], 0).await?;
    }
    every_number(broker.as_ref(), &wanted, published).await
}

#[tokio::test(flavor = "multi_thread")]
async fn more_partitions_are_filled_under_load_and_no_event_is_lost() -> Result<()> {
    if require(&[Server::RabbitMq])? { migrates_from(2).await } else { Ok(()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_too_many_are_emptied_under_load_and_no_event_is_lost() -> Result<()> {
    if require(&[Server::RabbitMq])? { migrates_from(6).await } else { Ok(()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_queue_becomes_partitions_under_load_and_no_event_is_lost() -> Result<()> {
    if require(&[Server::RabbitMq])? { migrates_from(1).await } else { Ok(()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_keeps_the_order_is_migrated_only_when_that_is_accepted() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let world = World::new().await?;
    let (cli, management, broker) = (&world.cli, &world.management, world.broker().await?);
    let (classic, shared) = (format!("{CALCULATION}.partition.1"), format!("{AVERAGE}.partition.0"));
    let standing = |arguments| QueueDefinition { durable: true, auto_delete: false, arguments };
    management.put_queue(&classic, &standing([].into())).await?;
    management.put_queue(&shared, &standing([("x-queue-type".to_owned(), "quorum".into())].into())).await?;
    let report = ends_json(cli, &["apply", "--yes"], 11).await?;
    let left = of_class(&report, "needs-migration");
    for field in [format!("{classic} x-queue-type"), format!("{shared} x-single-active-consumer")] {
        assert!(left.contains(&field), "{left:?}");
    }
    for queue in [&classic, &shared] {
        let said = ends(cli, &["migrate", queue, "--yes"], 3).await?;
        let said = String::from_utf8_lossy(&said.stderr);
        assert!(said.contains("keeps the order of events") && said.contains("--accept-reordering"), "{said}");
    }
    ends(cli, &["plan"], 11).await?;

    let load = Load::start(broker.clone(), WITHDRAWN).await?;
    let accepted = |queue| ["migrate", queue, "--accept-reordering", "--yes"];
    let (first, second) = (accepted(classic.as_str()), accepted(shared.as_str()));
    tokio::try_join!(ends(cli, &first, 0), ends(cli, &second, 0))?;
    let published = load.stop().await?;
    ends(cli, &["plan"], 0).await?;
    let standing = management.actual().await?.definitions.queues;
    for queue in [&classic, &shared] {
        let arguments = &standing[queue].arguments;
        assert_eq!(arguments.get("x-queue-type"), Some(&"quorum".into()));
        assert_eq!(arguments.get("x-single-active-consumer"), Some(&true.into()));
    }
    for subscription in [CALCULATION, AVERAGE] {
        let queues: Vec<String> = (0..WANTED).map(|number| format!("{subscription}.partition.{number}")).collect();
        every_number(broker.as_ref(), &queues, published).await?;
    }
    Ok(())
}
