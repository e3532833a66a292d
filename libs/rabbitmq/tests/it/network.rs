use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use bytes::Bytes;
use fabric_core::ack_ledger::Settlement;
use fabric_rabbitmq::{RabbitBroker, RabbitOptions};
use fabric_runtime::ports::{Broker, BrokerStatus, Confirmed, PublishError};
use fabric_testkit::relay::Relay;
use fabric_testkit::servers::{RabbitMq, Server, require};
use fabric_testkit::wait::eventually;
use tokio::time::timeout;

use crate::{DEADLINE, consume, next, next_id, options, outgoing, publish_all, topology};

/// A broker behind a relay, on a virtual host of its own, with the topology declared.
async fn behind_a_relay(
    parameters: &str,
    change: impl FnOnce(&mut RabbitOptions),
) -> Result<(Arc<RabbitBroker>, Relay)> {
    let node = RabbitMq::shared().await?;
    let relay = Relay::start(node.addr()).await?;
    let url = node.fresh_vhost().await?.replace(&node.addr().to_string(), &relay.addr().to_string());
    let mut options = options(&format!("{url}{parameters}"));
    change(&mut options);
    let broker = RabbitBroker::connect(options).await?;
    broker.declare(&topology()).await?;
    Ok((broker, relay))
}

#[tokio::test]
async fn a_publish_that_is_cut_in_the_middle_of_a_frame_is_unknown_and_nothing_of_it_arrives() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, relay) = behind_a_relay("", |_| {}).await?;
    let large = |id: &str| {
        let mut message = outgoing("events.test", "test.a.b", id);
        message.message.body = Bytes::from(vec![b'x'; 300_000]);
        message
    };
    // In the middle of its first body frame, and of its last.
    for (id, bytes) in [("first", 50_000), ("last", 290_000)] {
        relay.reset_after_bytes(bytes);
        let outcome = broker.publish(large(id)).await;
        assert!(matches!(outcome, Err(PublishError::Unknown { .. })), "{outcome:?}");
        timeout(DEADLINE, broker.status().wait_for(BrokerStatus::is_ready)).await??;
    }
    assert_eq!(broker.publish(large("whole")).await, Ok(Confirmed::Routed));
    let mut consumer = consume(&broker, "work", 10).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "whole");
    Ok(())
}

/// Nobody publishes: only heartbeats can tell. With the default of 10 s that would take twice this deadline.
#[tokio::test]
async fn a_silent_network_is_noticed_by_the_heartbeat_that_the_url_asks_for() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, relay) =
        behind_a_relay("?heartbeat=1", |options| options.connect_timeout = Duration::from_secs(2)).await?;
    let mut consumer = consume(&broker, "work", 10).await?;
    let mut status = broker.status();
    relay.black_hole();
    let ended = async {
        status.wait_for(|status| !status.connected).await?;
        next(consumer.as_mut()).await
    };
    assert_eq!(timeout(Duration::from_secs(10), ended).await??, None);
    relay.heal().await?;
    timeout(DEADLINE, status.wait_for(BrokerStatus::is_ready)).await??;
    let mut consumer = consume(&broker, "work", 10).await?;
    assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "1")).await, Ok(Confirmed::Routed));
    assert_eq!(next_id(consumer.as_mut()).await?, "1");
    Ok(())
}

/// Far more than goes over the line in time, so that publishes end in every way that there is.
#[tokio::test]
async fn on_a_slow_line_everything_is_what_it_is_said_to_be() -> Result<()> {
    const MESSAGES: usize = 200;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, relay) = behind_a_relay("", |options| {
        options.publish_deadline = Duration::from_secs(2);
        options.window_max = 16;
    })
    .await?;
    let mut consumer = consume(&broker, "work", 20).await?;
    relay.delay(200, 100, 7);
    relay.bandwidth(64 * 1024);
    let message = |index: usize| {
        let mut message = outgoing("events.test", "test.a.b", &index.to_string());
        message.message.body = Bytes::from(vec![b'x'; 2_000]);
        message
    };
    let publishing = publish_all(&broker, (0..MESSAGES).map(message));
    let consuming = async {
        // Deliveries and acknowledgements go over the slow line meanwhile.
        let mut arrived = BTreeSet::new();
        while let Some(incoming) = next(consumer.as_mut()).await? {
            consumer.settle(vec![Settlement::Ack { tag: incoming.tag, multiple: false }]).await;
            arrived.insert(incoming.message.properties.message_id.context("no id")?);
            if arrived.contains("last") {
                return Ok(arrived);
            }
        }
        anyhow::bail!("the consumer has ended")
    };
    let publishing = async {
        let outcomes = publishing.await;
        relay.heal().await?;
        eventually(DEADLINE, "the last one", async || {
            broker.publish(outgoing("events.test", "test.a.b", "last")).await == Ok(Confirmed::Routed)
        })
        .await?;
        anyhow::Ok(outcomes)
    };
    let (outcomes, arrived) = tokio::try_join!(publishing, consuming)?;
    let confirmed = outcomes.iter().filter(|outcome| **outcome == Ok(Confirmed::Routed)).count();
    assert!(0 < confirmed && confirmed < MESSAGES, "{confirmed} confirmed: the line is not as slow as it should be");
    for (index, outcome) in outcomes.into_iter().enumerate() {
        let has_arrived = arrived.contains(&index.to_string());
        match outcome {
            Ok(Confirmed::Routed) => assert!(has_arrived, "{index} was confirmed and is lost"),
            Err(PublishError::NotSent { .. }) => assert!(!has_arrived, "{index} was said not to be sent"),
            Err(PublishError::Unknown { .. }) => {}
            wrong => panic!("{index}: {wrong:?}"),
        }
    }
    Ok(())
}
