use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use fabric_core::ack_ledger::Settlement;
use fabric_rabbitmq::RabbitBroker;
use fabric_runtime::ports::{Broker, BrokerStatus, Confirmed, PublishError, Settled};
use fabric_testkit::servers::{RabbitMq, Server, require};
use fabric_testkit::wait::eventually;
use tokio::time::timeout;

use crate::{DEADLINE, consume, next, next_id, options, outgoing, publish_all, topology};

#[tokio::test]
async fn under_an_alarm_publishing_ends_in_time_and_acknowledging_goes_on() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let mut node = RabbitMq::start().await?;
    let mut hasty = options(&node.url());
    hasty.publish_deadline = Duration::from_millis(500);
    let broker = RabbitBroker::connect(hasty).await?;
    broker.declare(&topology()).await?;
    publish_all(&broker, (1..=5).map(|index| outgoing("events.test", "test.a.b", &index.to_string()))).await;
    let mut consumer = consume(&broker, "work", 2).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "1");

    node.raise_memory_alarm().await?;
    // The broker says so at the first publish, which was handed to it: nobody knows.
    let outcome = broker.publish(outgoing("events.test", "test.a.b", "handed over")).await;
    assert!(matches!(outcome, Err(PublishError::Unknown { .. })), "{outcome:?}");
    let status = timeout(DEADLINE, broker.status().wait_for(|status| status.blocked.is_some())).await??.clone();
    assert!(status.connected && !status.is_ready());
    let outcomes =
        publish_all(&broker, (0..300).map(|index| outgoing("events.test", "test.a.b", &format!("kept {index}")))).await;
    let is_not_sent = |outcome: &Result<Confirmed, PublishError>| matches!(outcome, Err(PublishError::NotSent { .. }));
    assert!(outcomes.iter().all(is_not_sent), "{:?}", outcomes.iter().find(|outcome| !is_not_sent(outcome)));

    assert_eq!(consumer.settle(vec![Settlement::Ack { tag: 1, multiple: false }]).await, Settled { sent: 1, lost: 0 });
    assert_eq!(next_id(consumer.as_mut()).await?, "2");
    assert_eq!(next_id(consumer.as_mut()).await?, "3", "the acknowledgement made room");

    node.clear_memory_alarm().await?;
    timeout(DEADLINE, broker.status().wait_for(BrokerStatus::is_ready)).await??;
    eventually(DEADLINE, "a publish", async || {
        broker.publish(outgoing("events.test", "test.a.b", "after")).await == Ok(Confirmed::Routed)
    })
    .await?;
    // Nothing that was said not to be sent arrives, and the connection was kept.
    consumer.settle(vec![Settlement::Ack { tag: 3, multiple: true }]).await;
    loop {
        let incoming = next(consumer.as_mut()).await?.context("the consumer has ended")?;
        consumer.settle(vec![Settlement::Ack { tag: incoming.tag, multiple: false }]).await;
        let id = incoming.message.properties.message_id.context("no id")?;
        assert!(!id.starts_with("kept"), "{id}");
        if id == "after" {
            break;
        }
    }
    assert_eq!(broker.status().borrow().reconnects, 0);
    Ok(())
}

#[tokio::test]
async fn under_an_alarm_no_more_waits_than_may_and_what_can_wait_is_sent_afterwards() -> Result<()> {
    const MESSAGES: usize = 100;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let mut node = RabbitMq::start().await?;
    let mut small = options(&node.url());
    small.queue_capacity = 8;
    small.window_max = 8;
    let patient = RabbitBroker::connect(small.clone()).await?;
    small.publish_deadline = Duration::from_millis(500);
    let hasty = RabbitBroker::connect(small).await?;
    patient.declare(&topology()).await?;
    node.raise_disk_alarm().await?;

    let message = |kind: &str, index: usize| outgoing("events.test", "test.a.b", &format!("{kind}-{index}"));
    let outcomes = publish_all(&hasty, (0..MESSAGES).map(|index| message("hasty", index))).await;
    let count = |expected: fn(&PublishError) -> bool| {
        outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(expected)).count()
    };
    let too_many = count(|error| matches!(error, PublishError::NotSent { reason } if reason.starts_with("too much")));
    let others = count(|error| !matches!(error, PublishError::Refused)) - too_many;
    assert_eq!(too_many + others, MESSAGES, "{outcomes:?}");
    // What is with the driver, what waits for its turn, and the queue, which is filled again as callers give up.
    assert!(others <= 8 + 8 + 8 && too_many > 0, "{others} were taken, {too_many} not");

    let publishing = tokio::spawn({
        let patient = Arc::clone(&patient);
        async move { publish_all(&patient, (0..MESSAGES).map(|index| message("patient", index))).await }
    });
    timeout(DEADLINE, patient.status().wait_for(|status| status.blocked.is_some())).await??;
    node.clear_disk_alarm().await?;
    let outcomes = timeout(DEADLINE, publishing).await??;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Confirmed::Routed)), "{outcomes:?}");
    let mut consumer = consume(&patient, "work", 2_000).await?;
    for expected in 0..MESSAGES {
        let id = loop {
            // What the hasty one had handed over may have been written after all.
            let id = next_id(consumer.as_mut()).await?;
            if id.starts_with("patient") {
                break id;
            }
        };
        assert_eq!(id, format!("patient-{expected}"));
    }
    Ok(())
}
