use anyhow::Result;
use fabric_core::ack_ledger::Settlement;
use fabric_runtime::ports::{Broker, ConsumeError, Settled};
use fabric_testkit::servers::{Server, require};
use fabric_testkit::wait::eventually;
use lapin::options::QueueDeleteOptions;

use crate::{DEADLINE, consume, next, next_id, on_fresh_vhost, outgoing, publish_all, raw, ready, topology};

#[tokio::test]
async fn what_is_acknowledged_is_gone_and_what_is_given_back_returns() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    publish_all(&broker, (1..=5).map(|index| outgoing("events.test", "test.a.b", &index.to_string()))).await;
    let mut consumer = consume(&broker, "work", 5).await?;
    for tag in 1..=5 {
        let incoming = next(consumer.as_mut()).await?.unwrap();
        assert_eq!((incoming.tag, incoming.redelivered, incoming.exchange.as_str()), (tag, false, "events.test"));
        assert_eq!(
            (incoming.routing_key.as_str(), &incoming.message.body[..]),
            ("test.a.b", format!("{{\"id\":\"{tag}\"}}").as_bytes())
        );
    }
    let settlements = vec![
        Settlement::Ack { tag: 2, multiple: true },
        Settlement::GiveBack { tag: 3 },
        Settlement::GiveBack { tag: 5 },
        Settlement::Ack { tag: 4, multiple: false },
    ];
    assert_eq!(consumer.settle(settlements).await, Settled { sent: 4, lost: 0 });
    let mut again = Vec::new();
    for _ in 0..2 {
        let incoming = next(consumer.as_mut()).await?.unwrap();
        assert!(incoming.redelivered);
        again.push(incoming.message.properties.message_id.unwrap());
    }
    again.sort();
    assert_eq!(again, ["3", "5"]);
    consumer.close(DEADLINE).await;
    eventually(DEADLINE, "the two unsettled ones", async || anyhow::Ok(ready(&broker, "work").await? == 2)).await
}

#[tokio::test]
async fn no_more_is_out_than_the_prefetch_says() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    publish_all(&broker, (0..10).map(|index| outgoing("events.test", "test.a.b", &index.to_string()))).await;
    let _consumer = consume(&broker, "work", 4).await?;
    eventually(DEADLINE, "six that wait", async || anyhow::Ok(ready(&broker, "work").await? == 6)).await
}

#[tokio::test]
async fn a_queue_that_is_missing_or_deleted_ends_the_consumer() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    let missing = consume(&broker, "work", 1).await.err().unwrap();
    assert_eq!(missing.downcast_ref(), Some(&ConsumeError::NoQueue { queue: "work".to_owned() }));

    broker.declare(&topology()).await?;
    publish_all(&broker, [outgoing("events.test", "test.a.b", "1")]).await;
    let mut consumer = consume(&broker, "work", 1).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "1");
    let (_connection, channel) = raw(&url).await?;
    channel.queue_delete("work".into(), QueueDeleteOptions::default()).await?;
    assert_eq!(next(consumer.as_mut()).await?, None);
    assert_eq!(next(consumer.as_mut()).await?, None);

    broker.declare(&topology()).await?;
    let mut consumer = consume(&broker, "work", 1).await?;
    publish_all(&broker, [outgoing("events.test", "test.a.b", "2")]).await;
    assert_eq!(next_id(consumer.as_mut()).await?, "2");
    Ok(())
}

#[tokio::test]
async fn acknowledging_what_is_not_ours_ends_the_channel_and_counts_as_lost() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    publish_all(&broker, [outgoing("events.test", "test.a.b", "1")]).await;
    let mut consumer = consume(&broker, "work", 1).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "1");
    consumer.settle(vec![Settlement::Ack { tag: 99, multiple: false }]).await;
    assert_eq!(next(consumer.as_mut()).await?, None);
    assert_eq!(consumer.settle(vec![Settlement::Ack { tag: 1, multiple: false }]).await, Settled { sent: 0, lost: 1 });
    let mut consumer = consume(&broker, "work", 1).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "1");
    Ok(())
}
