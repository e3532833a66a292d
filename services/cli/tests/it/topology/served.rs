//! A service at work while its queues are migrated.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use fabric::{
    config::Config,
    connect,
    core::{
        delivery::Disposition,
        message::{HeaderValue, Message, Outgoing, Properties},
        name::EventId,
        resend,
        topology::{QueueDefinition, names},
    },
    host::Host,
    runtime::{activity::SettledDelivery, ids::Ids, ports::Broker},
};
use fabric_testkit::{
    servers::{Server, require},
    wait::eventually,
};
use tokio::task::JoinHandle;

use super::{World, ends};
use crate::process::DEADLINE;

const SUBSCRIPTION: &str = "academic.grade_calculation";
const TOPIC: &str = "gradebook.grade.withdrawn";

/// The pause between two events: handling takes longer than publishing.
const PACE: Duration = Duration::from_millis(5);

/// The academic service in this process. It makes nothing on the broker.
async fn serve(world: &World) -> Result<Host> {
    let folder = world.cli.folder().join("academic");
    let given = [
        ("FABRIC__BROKER__URL", world.url.as_str()),
        ("FABRIC__TOPOLOGY__AT_START", "verify"),
        ("FABRIC__DATA__FOLDER", folder.to_str().context("a path")?),
    ];
    let config = Config::load(None, given.map(|(name, value)| (name.to_owned(), value.to_owned())))?;
    let adapters = connect(&config, "academic").await?;
    let services: [Box<dyn fabric::AnyService>; 1] = [Box::new(academic::service())];
    let host = Host::start(&config, adapters, Ids::system(), fabric_catalog::all(), &services).await?;
    host.activity().start_recording();
    Ok(host)
}

/// Publishes one event after the other, of all slots in turn, until it is told to stop. Gives their ids.
fn publish(broker: Arc<dyn Broker>, stop: Arc<AtomicBool>) -> JoinHandle<Result<BTreeSet<EventId>>> {
    tokio::spawn(async move {
        let mut ids = BTreeSet::new();
        let mut pace = tokio::time::interval(PACE);
        while !stop.load(Ordering::Relaxed) {
            pace.tick().await;
            let (id, message) = event(ids.len())?;
            let outgoing = Outgoing { exchange: names::exchange("gradebook"), routing_key: TOPIC.to_owned(), message };
            broker.publish(outgoing).await?;
            ids.insert(id);
        }
        Ok(ids)
    })
}

/// A grade that is withdrawn, each of another key.
fn event(number: usize) -> Result<(EventId, Message)> {
    let id = format!("0198c1f2-7b1e-7000-8000-{number:012x}");
    let attributes = [
        ("specversion", "1.0"),
        ("id", &id),
        ("source", "academic"),
        ("type", TOPIC),
        ("tenantid", "demo"),
        ("time", "2026-01-01T00:00:00Z"),
        ("partitionkey", &number.to_string()),
    ];
    let properties = Properties {
        message_id: Some(id.clone()),
        content_type: Some("application/json".to_owned()),
        ..Properties::default()
    };
    let body = fabric_catalog::example(TOPIC).context("it has an example")?.into();
    let mut message = Message { properties, body, ..Message::default() };
    for (name, value) in attributes {
        message.headers.set(format!("cloudEvents_{name}"), value);
    }
    message.headers.set(resend::SLOT, HeaderValue::Int(i64::try_from(number % 64)?));
    Ok((id.parse()?, message))
}

/// The ids of the events that the subscription has come to an end with.
fn settled(host: &Host) -> BTreeSet<EventId> {
    let ended = |one: &SettledDelivery| {
        one.subscription.as_str() == SUBSCRIPTION && matches!(one.disposition, Disposition::Ack | Disposition::Park(_))
    };
    let recorded = host.activity().recorded();
    recorded.iter().filter(|one| ended(one)).filter_map(|one| one.event.as_ref().map(|(_, id)| *id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_handles_everything_while_one_of_its_queues_is_migrated() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let world = World::new().await?;
    let (cli, management) = (&world.cli, &world.management);
    let partition = format!("{SUBSCRIPTION}.partition.1");
    let classic = QueueDefinition { durable: true, auto_delete: false, arguments: [].into() };
    management.put_queue(&partition, &classic).await?;
    ends(cli, &["apply", "--yes"], 11).await?;
    let host = serve(&world).await?;

    let stop = Arc::new(AtomicBool::new(false));
    let publishing = publish(world.broker().await?, Arc::clone(&stop));
    eventually(DEADLINE, "the service is at work", async || settled(&host).len() > 64).await?;
    ends(cli, &["migrate", &partition, "--accept-reordering", "--yes"], 0).await?;
    stop.store(true, Ordering::Relaxed);
    let published = publishing.await??;
    eventually(DEADLINE, "everything is handled", async || settled(&host).is_superset(&published)).await?;
    ends(cli, &["plan"], 0).await?;
    host.drain().await;
    Ok(())
}
