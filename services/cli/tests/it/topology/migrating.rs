use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use anyhow::{Context as _, Result, ensure};
use fabric::{
    core::{
        ack_ledger::Settlement,
        message::{Message, Outgoing, Properties},
        topology::{QueueDefinition, names},
    },
    runtime::ports::{Broker, Confirmed, ConsumeRequest},
};
use fabric_testkit::{
    servers::{Server, require},
    wait::eventually,
};

use super::{World, ends, ends_json, of_class};
use crate::{
    parked::{DISPATCH, REQUESTED, audit},
    process::DEADLINE,
};

/// Publishes numbered events one after the other until it is told to stop, each again until it is confirmed.
async fn publish_numbers(broker: Arc<dyn Broker>, stop: Arc<AtomicBool>, count: Arc<AtomicU64>) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let number = count.load(Ordering::Relaxed).to_string();
        let properties = Properties { message_id: Some(number), ..Properties::default() };
        let message = Message { properties, ..Message::default() };
        let outgoing =
            Outgoing { exchange: names::exchange("notification"), routing_key: REQUESTED.to_owned(), message };
        match broker.publish(outgoing).await {
            Ok(Confirmed::Routed) => drop(count.fetch_add(1, Ordering::Relaxed)),
            Ok(Confirmed::Unrouted) => anyhow::bail!("for a moment nothing was bound"),
            Err(_) => {}
        }
    }
    Ok(())
}

/// Takes every event of a queue out, until each number below `count` was there.
async fn every_number(broker: &dyn Broker, queue: &str, count: u64) -> Result<()> {
    let request = ConsumeRequest { queue: queue.to_owned(), prefetch: 500, consumer_name: "test".to_owned() };
    let mut consumer = broker.consume(request).await?;
    let mut missing: BTreeSet<u64> = (0..count).collect();
    while !missing.is_empty() {
        let next = tokio::time::timeout(DEADLINE, poll_fn(|context| consumer.poll_next(context))).await;
        let next = next.with_context(|| format!("{} of {count} are lost: {:?}", missing.len(), missing.first()))?;
        let incoming = next.context("the consumer ended")?;
        let id = incoming.message.properties.message_id.context("it has an id")?;
        missing.remove(&id.parse()?);
        consumer.settle(vec![Settlement::Ack { tag: incoming.tag, multiple: false }]).await;
    }
    Ok(())
}

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
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let load = tokio::spawn(publish_numbers(Arc::clone(&broker), Arc::clone(&stop), Arc::clone(&count)));
    eventually(DEADLINE, "some events wait", async || count.load(Ordering::Relaxed) > 100).await?;

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
    stop.store(true, Ordering::Relaxed);
    load.await??;
    ends(cli, &["plan"], 0).await?;
    assert!(String::from_utf8(ends(cli, &["migrate", DISPATCH], 0).await?.stdout)?.contains("as it should be"));
    let definition = management.actual().await?.definitions.queues.remove(DISPATCH).context("it stands")?;
    assert_eq!(definition.arguments.get("x-queue-type"), Some(&"quorum".into()));
    every_number(broker.as_ref(), DISPATCH, count.load(Ordering::Relaxed)).await?;

    let acts: Vec<String> = audit(cli)?.iter().map(|act| format!("{} {}", act["act"], act["phase"])).collect();
    ensure!(
        acts.ends_with(&["\"topology migrate\" \"begun\"".into(), "\"topology migrate\" \"ended\"".into()]),
        "{acts:?}"
    );
    let said = ends(cli, &["migrate", "notification.dispatsch", "--yes"], 3).await?;
    assert!(String::from_utf8_lossy(&said.stderr).contains("nobody wants"));
    Ok(())
}
