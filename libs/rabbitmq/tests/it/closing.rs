use std::time::Duration;

use anyhow::Result;
use fabric_core::ack_ledger::{AckLedger, AckPolicy};
use fabric_rabbitmq::RabbitBroker;
use fabric_runtime::ports::{Broker, Confirmed, ConsumeError, PublishError};
use fabric_testkit::servers::{RabbitMq, Server, require};
use fabric_testkit::wait::eventually;

use crate::{DEADLINE, consume, next, on_fresh_vhost, options, outgoing, publish_all, ready, topology};

/// An acknowledgement is not written when the driver says so: whoever exits right after it loses many.
#[tokio::test]
async fn no_acknowledged_delivery_comes_again_after_closing() -> Result<()> {
    const MESSAGES: u64 = 5_000;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let messages = (0..MESSAGES).map(|index| outgoing("events.test", "test.a.b", &index.to_string()));
    assert!(publish_all(&broker, messages).await.iter().all(|outcome| *outcome == Ok(Confirmed::Routed)));

    let mut ledger = AckLedger::new(AckPolicy { count_max: 16, delay_max: Duration::from_hours(1) });
    let mut consumer = consume(&broker, "work", 300).await?;
    for _ in 0..MESSAGES {
        let tag = next(consumer.as_mut()).await?.unwrap().tag;
        ledger.delivered(tag);
        let settlements = ledger.finished(tag, Duration::ZERO);
        assert_eq!(consumer.settle(settlements).await.lost, 0);
    }
    assert_eq!(consumer.settle(ledger.flush()).await.lost, 0);
    consumer.close(DEADLINE).await;
    broker.close(DEADLINE).await;

    let again = RabbitBroker::connect(options(&url)).await?;
    eventually(DEADLINE, "the old connection's end", async || {
        again.depths(vec!["work".to_owned()]).await.map(|depths| depths[0].consumers == 0)
    })
    .await?;
    assert_eq!(ready(&again, "work").await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_is_queued_is_sent_before_closing_and_nothing_after() -> Result<()> {
    const MESSAGES: usize = 1_000;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let messages = (0..MESSAGES).map(|index| outgoing("events.test", "test.a.b", &index.to_string()));
    let publishing = publish_all(&broker, messages);
    let closing = async {
        tokio::task::yield_now().await;
        broker.close(DEADLINE).await;
    };
    let (outcomes, ()) = tokio::join!(publishing, closing);
    assert!(
        outcomes.iter().all(|outcome| *outcome == Ok(Confirmed::Routed)),
        "{:?}",
        outcomes.iter().find(|outcome| outcome.is_err())
    );
    let late = broker.publish(outgoing("events.test", "test.a.b", "late")).await;
    assert!(matches!(late, Err(PublishError::NotSent { .. })), "{late:?}");
    let late = consume(&broker, "work", 1).await.err().unwrap();
    assert!(matches!(late.downcast_ref(), Some(ConsumeError::Away { .. })), "{late:?}");
    assert!(!broker.status().borrow().connected);

    let again = RabbitBroker::connect(options(&url)).await?;
    eventually(DEADLINE, "all of them", async || anyhow::Ok(ready(&again, "work").await? == MESSAGES as u64)).await
}

#[tokio::test]
async fn a_broker_that_is_dropped_closes_its_connections() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let url = node.fresh_vhost().await?;
    let vhost = url.rsplit_once('/').unwrap().1.to_owned();
    let mut named = options(&url);
    named.publish_connections = 2;
    let broker = RabbitBroker::connect(named).await?;
    let connections = async || {
        let list = node.ctl(&["list_connections", "vhost"]).await?;
        anyhow::Ok(list.lines().filter(|line| *line == vhost).count())
    };
    eventually(DEADLINE, "three connections", async || anyhow::Ok(connections().await? == 3)).await?;
    drop(broker);
    eventually(DEADLINE, "their end", async || anyhow::Ok(connections().await? == 0)).await
}
