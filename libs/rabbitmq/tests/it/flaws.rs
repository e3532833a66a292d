//! Each flaw shows, and a broker without one does better in the other tests.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use fabric_core::ack_ledger::Settlement;
use fabric_rabbitmq::{Flaw, RabbitBroker};
use fabric_runtime::ports::{Broker, Confirmed, Settled};
use fabric_testkit::relay::Relay;
use fabric_testkit::servers::{RabbitMq, Server, require};
use fabric_testkit::wait::eventually;
use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;

use crate::{DEADLINE, consume, next_id, options, outgoing, publish_all, raw, ready, topology};

/// A broker with a flaw on a virtual host of its own, and the host's URL.
async fn with(flaw: Flaw) -> Result<(Arc<RabbitBroker>, String)> {
    let url = RabbitMq::shared().await?.fresh_vhost().await?;
    let mut options = options(&url);
    options.flaw = Some(flaw);
    let broker = RabbitBroker::connect(options).await?;
    broker.declare(&topology()).await?;
    Ok((broker, url))
}

#[tokio::test]
async fn returns_are_taken_for_others() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = with(Flaw::PairingTrusted).await?;
    let (_connection, channel) = raw(&url).await?;
    channel.queue_declare("transient".into(), QueueDeclareOptions::default(), FieldTable::default()).await?;
    eventually(DEADLINE, "a publish that is taken for another", async || {
        let is_routable = |index: usize| !index.is_multiple_of(3);
        let queue = |index| if is_routable(index) { "transient" } else { "missing" };
        let outcomes = publish_all(&broker, (0..100).map(|index| outgoing("", queue(index), &index.to_string()))).await;
        let expected = |index| if is_routable(index) { Confirmed::Routed } else { Confirmed::Unrouted };
        outcomes.into_iter().enumerate().any(|(index, outcome)| outcome != Ok(expected(index)))
    })
    .await
}

#[tokio::test]
async fn what_no_queue_wants_is_said_to_be_routed() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = with(Flaw::MandatoryOff).await?;
    assert_eq!(broker.publish(outgoing("events.test", "elsewhere.a.b", "1")).await, Ok(Confirmed::Routed));
    Ok(())
}

#[tokio::test]
async fn giving_back_one_gives_back_those_before_it() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = with(Flaw::NackMultiple).await?;
    publish_all(&broker, (1..=3).map(|index| outgoing("events.test", "test.a.b", &index.to_string()))).await;
    let mut consumer = consume(&broker, "work", 3).await?;
    for expected in ["1", "2", "3"] {
        assert_eq!(next_id(consumer.as_mut()).await?, expected);
    }
    consumer.settle(vec![Settlement::GiveBack { tag: 3 }]).await;
    for expected in ["1", "2", "3"] {
        assert_eq!(next_id(consumer.as_mut()).await?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn what_moves_on_to_a_missing_queue_is_lost() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = with(Flaw::DropHead).await?;
    let (_connection, channel) = raw(&url).await?;
    channel.queue_delete("work".into(), QueueDeleteOptions::default()).await?;
    assert_eq!(broker.publish(outgoing("", "work.retry.200", "1")).await, Ok(Confirmed::Routed));
    let node = RabbitMq::shared().await?;
    let (_, vhost) = url.rsplit_once('/').unwrap();
    eventually(DEADLINE, "an empty wait queue", async || {
        let queues = node.ctl(&["list_queues", "-p", vhost, "name", "messages"]).await?;
        anyhow::Ok(queues.lines().any(|line| line == "work.retry.200\t0"))
    })
    .await?;
    broker.restore().await?;
    assert_eq!(ready(&broker, "work").await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_blocked_publisher_takes_the_acknowledgements_with_it() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let mut node = RabbitMq::start().await?;
    let mut flawed = options(&node.url());
    flawed.flaw = Some(Flaw::OneConnection);
    flawed.publish_deadline = Duration::from_secs(1);
    flawed.operation_timeout = Duration::from_secs(2);
    let broker = RabbitBroker::connect(flawed).await?;
    broker.declare(&topology()).await?;
    assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "1")).await, Ok(Confirmed::Routed));
    let mut consumer = consume(&broker, "work", 1).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "1");
    node.raise_memory_alarm().await?;
    assert!(broker.publish(outgoing("events.test", "test.a.b", "2")).await.is_err());
    let settled = consumer.settle(vec![Settlement::Ack { tag: 1, multiple: false }]).await;
    assert_eq!(settled, Settled { sent: 0, lost: 1 });
    Ok(())
}

#[tokio::test]
async fn what_nobody_has_is_said_to_be_routed() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let relay = Relay::start(node.addr()).await?;
    let mut flawed = options(&node.fresh_vhost().await?.replace(&node.addr().to_string(), &relay.addr().to_string()));
    flawed.flaw = Some(Flaw::ConfirmIgnored);
    let broker = RabbitBroker::connect(flawed).await?;
    relay.black_hole();
    assert_eq!(broker.publish(outgoing("events.missing", "test.a.b", "1")).await, Ok(Confirmed::Routed));
    Ok(())
}
