//! Migrating what keeps the order of events: partitions to another number, and their queues to other arguments.

use std::{collections::BTreeMap, ops::Range};

use anyhow::{Context as _, Result, bail, ensure};
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
    named, of_class,
};
use crate::process::{Cli, DEADLINE};

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
    let Order::Strict { on_park, .. } = changed.order else { bail!("it keeps the order") };
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

/// Declares the subscription over another number of queues, and migrates it under load, at the second go: the first is killed.
async fn migrates_from(before: u8) -> Result<()> {
    let world = World::new().await?;
    let (cli, management, broker) = (&world.cli, &world.management, world.broker().await?);
    broker.declare(&of_services([&academic(before)?], &contexts_of(fabric_catalog::all()))).await?;
    let report = ends_json(cli, &["apply", "--yes"], 11).await?;
    let moves = of_class(&report, "needs-migration");
    // A single queue has no slots to move: its partitions are made beside it, and get nothing while the queue does.
    let first_words = if before == 1 { CALCULATION.to_owned() } else { format!("{CALCULATION}.partition.") };
    assert!(!moves.is_empty() && moves.iter().all(|change| change.starts_with(&first_words)), "{report}");
    ends(cli, &["plan"], 11).await?;
    refuses_without_consent(cli, CALCULATION).await?;

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

    let slots = slots(&management.actual().await?.definitions);
    assert!(slots.len() == usize::from(SLOTS) && slots.values().all(|queues| queues.len() == 1), "{slots:?}");
    let leftover = if before == 1 { vec![CALCULATION.to_owned()] } else { partitions(CALCULATION, WANTED..before) };
    if !leftover.is_empty() {
        are_left_over(cli, &leftover).await?;
    }
    ends(cli, &["plan"], 0).await?;
    every_number(broker.as_ref(), &partitions(CALCULATION, 0..WANTED), published).await
}

fn partitions(subscription: &str, numbers: Range<u8>) -> Vec<String> {
    numbers.map(|number| format!("{subscription}.partition.{number}")).collect()
}

async fn refuses_without_consent(cli: &Cli, name: &str) -> Result<()> {
    let refused = ends(cli, &["migrate", name, "--yes"], 3).await?;
    let said = String::from_utf8_lossy(&refused.stderr);
    ensure!(said.contains("keeps the order of events") && said.contains("--accept-reordering"), "{said}");
    Ok(())
}

/// Nothing but these queues is left over, empty, and they are taken away.
async fn are_left_over(cli: &Cli, queues: &[String]) -> Result<()> {
    let report = ends_json(cli, &["plan"], 10).await?;
    let changes = report["changes"].as_array().context("changes")?;
    let left: Vec<String> = changes.iter().map(|change| named(&change["resource"])).collect();
    let is_empty = |change: &Value| change["reason"].as_str().is_some_and(|reason| reason.contains("holds 0 events"));
    assert!(left == queues && changes.iter().all(is_empty), "{report}");
    let report = ends_json(cli, &["apply", "--prune", "--yes"], 0).await?;
    assert_eq!((&report["kept"], &report["left"]), (&json!([]), &json!([])), "{report}");
    Ok(())
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
        refuses_without_consent(cli, queue).await?;
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
        every_number(broker.as_ref(), &partitions(subscription, 0..WANTED), published).await?;
    }
    Ok(())
}
