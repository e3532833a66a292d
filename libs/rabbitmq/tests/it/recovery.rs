use std::time::Duration;

use anyhow::Result;
use fabric_rabbitmq::RabbitBroker;
use fabric_runtime::ports::{Broker, Confirmed, ConsumeError, DeclareError, PublishError};
use fabric_testkit::servers::{RabbitMq, Server, require};
use fabric_testkit::wait::eventually;
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};

use crate::{DEADLINE, consume, next, next_id, on_fresh_vhost, options, outgoing, publish_all, raw, topology};

#[tokio::test]
async fn an_exchange_that_is_deleted_stands_again_once_a_publish_has_missed_it() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "before")).await, Ok(Confirmed::Routed));
    let (_connection, channel) = raw(&url).await?;
    channel.exchange_delete("events.test".into(), ExchangeDeleteOptions::default()).await?;

    let missed = broker.publish(outgoing("events.test", "test.a.b", "missed")).await;
    assert_eq!(missed, Err(PublishError::NoExchange { exchange: "events.test".to_owned() }));
    assert_eq!(broker.publish(outgoing("", "work", "straight")).await, Ok(Confirmed::Routed));
    eventually(DEADLINE, "a publish", async || {
        broker.publish(outgoing("events.test", "test.a.b", "after")).await == Ok(Confirmed::Routed)
    })
    .await?;
    assert_eq!(broker.status().borrow().reconnects, 0);
    let mut consumer = consume(&broker, "work", 10).await?;
    for expected in ["before", "straight", "after"] {
        assert_eq!(next_id(consumer.as_mut()).await?, expected);
    }
    Ok(())
}

/// The broker answers none of those that follow the one which it refuses, and it may not have answered all before it.
#[tokio::test]
async fn of_a_window_with_a_missing_exchange_only_what_was_confirmed_counts_as_done() -> Result<()> {
    const EACH: usize = 200;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    for missing in [0, 100, 199] {
        let message = |index: usize| {
            let exchange = if index == missing { "events.missing" } else { "events.test" };
            outgoing(exchange, "test.a.b", &format!("{missing}-{index}"))
        };
        let outcomes = publish_all(&broker, (0..EACH).map(message)).await;
        let mut consumer = consume(&broker, "work", 2_000).await?;
        assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "last")).await, Ok(Confirmed::Routed));
        let mut arrived = std::collections::BTreeSet::new();
        while !arrived.contains("last") {
            arrived.insert(next_id(consumer.as_mut()).await?);
        }
        for (index, outcome) in outcomes.into_iter().enumerate() {
            let is_there = arrived.contains(&format!("{missing}-{index}"));
            match outcome {
                Ok(Confirmed::Routed) => assert!(is_there, "{index} was confirmed and is lost"),
                Err(PublishError::NotSent { .. } | PublishError::Refused | PublishError::NoExchange { .. }) => {
                    assert!(!is_there, "{index} was refused");
                }
                Err(PublishError::Unknown { .. }) => {}
                other @ (Ok(Confirmed::Unrouted) | Err(PublishError::Forbidden { .. })) => panic!("{index}: {other:?}"),
            }
        }
        consumer
            .settle(vec![fabric_core::ack_ledger::Settlement::Ack { tag: arrived.len() as u64, multiple: true }])
            .await;
        consumer.close(DEADLINE).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_queue_that_is_deleted_can_be_consumed_again_once_everything_is_restored() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let mut consumer = consume(&broker, "work", 1).await?;
    let (_connection, channel) = raw(&url).await?;
    channel.queue_delete("work".into(), QueueDeleteOptions::default()).await?;
    assert_eq!(next(consumer.as_mut()).await?, None);
    let gone = consume(&broker, "work", 1).await.err().unwrap();
    assert_eq!(gone.downcast_ref(), Some(&ConsumeError::NoQueue { queue: "work".to_owned() }));

    broker.restore().await?;
    let mut consumer = consume(&broker, "work", 1).await?;
    assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "1")).await, Ok(Confirmed::Routed));
    assert_eq!(next_id(consumer.as_mut()).await?, "1");
    Ok(())
}

#[tokio::test]
async fn a_queue_that_is_deleted_stands_again_once_a_copy_for_it_was_unrouted() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let (_connection, channel) = raw(&url).await?;
    channel.queue_delete("work.parked".into(), QueueDeleteOptions::default()).await?;
    assert_eq!(broker.publish(outgoing("", "work.parked", "1")).await, Ok(Confirmed::Unrouted));
    eventually(DEADLINE, "the queue", async || {
        broker.publish(outgoing("", "work.parked", "1")).await == Ok(Confirmed::Routed)
    })
    .await
}

#[tokio::test]
async fn restoring_many_times_at_once_is_one_and_says_what_is_wrong() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    broker.restore().await?;
    broker.declare(&topology()).await?;
    let (_connection, channel) = raw(&url).await?;
    channel.queue_delete("work".into(), QueueDeleteOptions::default()).await?;
    let other = lapin::options::QueueDeclareOptions::default();
    channel.queue_declare("work".into(), other, lapin::types::FieldTable::default()).await?;
    // One after the other, each with its pause, they would take longer than this deadline.
    let all = futures_util::future::join_all((0..300).map(|_| broker.restore()));
    for outcome in tokio::time::timeout(DEADLINE, all).await? {
        assert!(matches!(outcome, Err(DeclareError::Different { .. })), "{outcome:?}");
    }
    channel.queue_delete("work".into(), QueueDeleteOptions::default()).await?;
    broker.restore().await?;
    assert!(consume(&broker, "work", 1).await.is_ok());
    Ok(())
}

/// A queue that cannot answer, such as one without a majority, starts the consumer when it can again, long after whoever asked has given
/// up. What it would deliver there would reach nobody.
#[tokio::test]
async fn a_consumer_that_was_given_up_takes_nothing_away_from_the_next_one() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::start().await?;
    let mut options = options(&node.url());
    options.operation_timeout = Duration::from_secs(1);
    let broker = RabbitBroker::connect(options).await?;
    broker.declare(&topology()).await?;
    let published = publish_all(&broker, ["1", "2", "3"].map(|id| outgoing("", "work", id))).await;
    assert!(published.iter().all(Result::is_ok), "{published:?}");
    node.ctl(&["eval", "sys:suspend('%2F_work')."]).await?;
    let given_up = consume(&broker, "work", 10).await.err();
    node.ctl(&["eval", "sys:resume('%2F_work')."]).await?;
    assert!(given_up.is_some_and(|error| error.to_string().contains("in time")));

    eventually(DEADLINE, "the broker has let go of the consumer", async || {
        let depths = broker.depths(vec!["work".to_owned()]).await.unwrap_or_default();
        depths.first().is_some_and(|depth| depth.consumers == 0 && depth.ready == 3)
    })
    .await?;
    let mut consumer = consume(&broker, "work", 10).await?;
    for expected in ["1", "2", "3"] {
        assert_eq!(next_id(consumer.as_mut()).await?, expected);
    }
    assert_eq!(broker.status().borrow().reconnects, 0, "the connection was never lost");
    Ok(())
}
