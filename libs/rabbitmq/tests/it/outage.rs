use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use fabric_core::ack_ledger::Settlement;
use fabric_rabbitmq::RabbitBroker;
use fabric_runtime::ports::{Broker, BrokerStatus, Confirmed, PublishError};
use fabric_testkit::relay::Relay;
use fabric_testkit::servers::{RabbitMq, Server, require};
use fabric_testkit::wait::eventually;
use tokio::time::timeout;

use crate::{DEADLINE, consume, next, next_id, options, outgoing, publish_all, topology};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_broker_confirms_nothing_and_everything_comes_back() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let mut node = RabbitMq::start().await?;
    let mut hasty = options(&node.url());
    hasty.publish_deadline = Duration::from_secs(1);
    hasty.operation_timeout = DEADLINE;
    let broker = RabbitBroker::connect(hasty).await?;
    let mut status = broker.status();
    assert!(status.borrow().is_ready());
    broker.declare(&topology()).await?;
    let mut consumer = consume(&broker, "work", 10).await?;
    assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "before")).await, Ok(Confirmed::Routed));
    assert_eq!(next_id(consumer.as_mut()).await?, "before");

    // Publishes under way while it dies: each ends, and those confirmed must be there afterwards.
    let during = tokio::spawn({
        let broker = Arc::clone(&broker);
        async move {
            publish_all(
                &broker,
                (0..2_000).map(|index| outgoing("events.test", "test.a.b", &format!("during-{index}"))),
            )
            .await
        }
    });
    assert!(next_id(consumer.as_mut()).await?.starts_with("during"));
    node.kill().await?;
    let during = timeout(DEADLINE, during).await.context("a publish hangs")??;
    timeout(DEADLINE, status.wait_for(|status| !status.connected)).await??;
    for _ in 0..3 {
        let outcome = broker.publish(outgoing("events.test", "test.a.b", "away")).await;
        assert!(matches!(outcome, Err(PublishError::NotSent { .. })), "{outcome:?}");
    }
    while next(consumer.as_mut()).await?.is_some() {}
    assert_eq!(consumer.settle(vec![Settlement::Ack { tag: 1, multiple: false }]).await.lost, 1);

    node.start_again().await?;
    let back = timeout(DEADLINE, status.wait_for(BrokerStatus::is_ready)).await??.clone();
    assert_eq!(back.reconnects, 2, "one publish connection and the consume connection");
    let mut consumer = consume(&broker, "work", 5_000).await?;
    assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "after")).await, Ok(Confirmed::Routed));
    let mut arrived = std::collections::BTreeSet::new();
    while !arrived.contains("after") {
        arrived.insert(next_id(consumer.as_mut()).await?);
    }
    let confirmed = during.iter().enumerate().filter(|(_, outcome)| **outcome == Ok(Confirmed::Routed));
    for (index, _) in confirmed {
        assert!(arrived.contains(&format!("during-{index}")), "{index} was confirmed and is lost");
    }
    assert!(arrived.contains("before"), "it was never acknowledged");
    assert!(!arrived.contains("away"), "it was said not to be sent");
    let not_sent =
        during.iter().enumerate().filter(|(_, outcome)| matches!(outcome, Err(PublishError::NotSent { .. })));
    for (index, _) in not_sent {
        assert!(!arrived.contains(&format!("during-{index}")), "{index} was said not to be sent");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_reset_mid_stream_lose_nothing() -> Result<()> {
    const MESSAGES: usize = 3_000;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let relay = Relay::start(node.addr()).await?;
    let url = node.fresh_vhost().await?.replace(&node.addr().to_string(), &relay.addr().to_string());
    let broker = RabbitBroker::connect(options(&url)).await?;
    broker.declare(&topology()).await?;
    relay.slice(1_000); // frames are cut in the middle
    let publishing = tokio::spawn({
        let broker = Arc::clone(&broker);
        async move {
            for index in 0..MESSAGES {
                // The same id on every resend, until it is confirmed.
                while broker.publish(outgoing("events.test", "test.a.b", &index.to_string())).await
                    != Ok(Confirmed::Routed)
                {}
            }
        }
    });
    let mut seen = std::collections::BTreeSet::new();
    let mut resets = 0;
    let mut consumer = consume(&broker, "work", 50).await?;
    while seen.len() < MESSAGES {
        let Some(incoming) = next(consumer.as_mut()).await? else {
            consumer = loop {
                if let Ok(consumer) = consume(&broker, "work", 50).await {
                    break consumer;
                }
            };
            continue;
        };
        let tag = incoming.tag;
        seen.insert(incoming.message.properties.message_id.context("no id")?);
        consumer.settle(vec![Settlement::Ack { tag, multiple: false }]).await;
        if seen.len() / 600 > resets {
            resets += 1;
            relay.reset().await?;
        }
    }
    timeout(DEADLINE, publishing).await.context("a publish hangs")??;
    assert!(broker.status().borrow().reconnects >= 2);
    Ok(())
}

#[tokio::test]
async fn a_network_that_goes_silent_makes_a_publish_unknown_and_then_heals() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let relay = Relay::start(node.addr()).await?;
    let url = node.fresh_vhost().await?.replace(&node.addr().to_string(), &relay.addr().to_string());
    let mut hasty = options(&url);
    hasty.publish_deadline = Duration::from_millis(300);
    hasty.connect_timeout = Duration::from_secs(2);
    let broker = RabbitBroker::connect(hasty).await?;
    broker.declare(&topology()).await?;
    relay.black_hole();
    let outcome = broker.publish(outgoing("events.test", "test.a.b", "1")).await;
    assert!(matches!(outcome, Err(PublishError::Unknown { .. })), "{outcome:?}");
    // Overdue confirms end the connection: a late one would be taken for another's. Its heartbeat would take 20 s to miss.
    timeout(Duration::from_secs(10), broker.status().wait_for(|status| !status.connected)).await??;
    relay.heal().await?;
    eventually(DEADLINE, "a publish", async || {
        broker.publish(outgoing("events.test", "test.a.b", "2")).await == Ok(Confirmed::Routed)
    })
    .await
}
