use std::{collections::BTreeSet, sync::Arc};

use anyhow::Result;
use fabric_runtime::ports::{Broker, Confirmed, PublishError};
use fabric_testkit::servers::{Server, require};
use fabric_testkit::wait::eventually;
use lapin::options::{BasicGetOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};

use crate::{DEADLINE, consume, next_id, on_fresh_vhost, outgoing, publish_all, raw, ready, topology};

#[tokio::test]
async fn one_unroutable_among_a_hundred_is_told_apart() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    for unroutable in [0, 42, 99] {
        let key = |index| if index == unroutable { "elsewhere.a.b" } else { "test.a.b" };
        let messages = (0..100).map(|index| outgoing("events.test", key(index), &format!("{unroutable}-{index}")));
        let outcomes = publish_all(&broker, messages).await;
        for (index, outcome) in outcomes.into_iter().enumerate() {
            let expected = if index == unroutable { Confirmed::Unrouted } else { Confirmed::Routed };
            assert_eq!(outcome, Ok(expected), "{index}");
        }
    }
    eventually(DEADLINE, "all that was routed", async || anyhow::Ok(ready(&broker, "work").await? == 297)).await
}

/// The driver hands a return over with whichever confirm completes next. A transient queue's confirms come several at once, together
/// with those of what was unroutable, and the driver completes such confirms in random order.
#[tokio::test]
async fn returns_are_told_apart_among_confirms_that_come_together() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    let (_connection, channel) = raw(&url).await?;
    channel.queue_declare("transient".into(), QueueDeclareOptions::default(), FieldTable::default()).await?;
    for round in 0..20 {
        let is_routable = |index: usize| !(index + round).is_multiple_of(3);
        let queue = |index| if is_routable(index) { "transient" } else { "missing" };
        let outcomes = publish_all(&broker, (0..100).map(|index| outgoing("", queue(index), &index.to_string()))).await;
        for (index, outcome) in outcomes.into_iter().enumerate() {
            let expected = if is_routable(index) { Confirmed::Routed } else { Confirmed::Unrouted };
            assert_eq!(outcome, Ok(expected), "{index} of round {round}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_full_queue_refuses() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    let (_connection, channel) = raw(&url).await?;
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(3));
    arguments.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
    channel.queue_declare("full".into(), QueueDeclareOptions::durable(), arguments).await?;
    let outcomes = publish_all(&broker, (0..5).map(|index| outgoing("", "full", &index.to_string()))).await;
    let routed = Ok(Confirmed::Routed);
    let refused = Err(PublishError::Refused);
    assert_eq!(outcomes, [routed.clone(), routed.clone(), routed, refused.clone(), refused]);
    Ok(())
}

/// Clones of one of lapin's channels that publish at the same time get each other's confirms.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_publishers_get_their_own_confirms() -> Result<()> {
    const TASKS: usize = 16;
    const EACH: usize = 250;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let broker = Arc::clone(&broker);
        tasks.spawn(async move {
            for index in 0..EACH {
                let is_routable = (task + index) % 3 != 0;
                let key = if is_routable { "test.a.b" } else { "elsewhere.a.b" };
                let outcome = broker.publish(outgoing("events.test", key, &format!("{task}-{index}"))).await;
                let expected = if is_routable { Confirmed::Routed } else { Confirmed::Unrouted };
                assert_eq!(outcome, Ok(expected), "{task}-{index}");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done?;
    }
    let routable = (0..TASKS)
        .flat_map(|task| (0..EACH).filter(move |index| (task + index) % 3 != 0).map(move |index| (task, index)));
    let expected: BTreeSet<String> = routable.map(|(task, index)| format!("{task}-{index}")).collect();
    let mut consumer = consume(&broker, "work", 500).await?;
    let mut arrived = BTreeSet::new();
    for _ in 0..expected.len() {
        let id = next_id(consumer.as_mut()).await?;
        assert!(arrived.insert(id.clone()), "{id} came twice");
        if arrived.len() % 100 == 0 {
            let tag = arrived.len() as u64;
            consumer.settle(vec![fabric_core::ack_ledger::Settlement::Ack { tag, multiple: true }]).await;
        }
    }
    assert_eq!(arrived, expected);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_of_a_key_arrive_in_the_order_in_which_they_were_handed_over() -> Result<()> {
    const KEYS: usize = 8;
    const EACH: usize = 200;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (_, url) = on_fresh_vhost().await?;
    let mut options = crate::options(&url);
    options.publish_connections = 4;
    options.window_max = 7;
    let broker = fabric_rabbitmq::RabbitBroker::connect(options).await?;
    broker.declare(&topology()).await?;
    let messages = (0..EACH).flat_map(|index| {
        (0..KEYS).map(move |key| {
            let mut message = outgoing("events.test", &format!("test.a.k{}", index % 3), &format!("{key}-{index}"));
            message.message.headers.set("cloudEvents_partitionkey", format!("student-{key}"));
            message
        })
    });
    let outcomes = publish_all(&broker, messages).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Confirmed::Routed)));

    let mut consumer = consume(&broker, "work", 2000).await?;
    let mut expected = [0_usize; KEYS];
    for _ in 0..KEYS * EACH {
        let id = next_id(consumer.as_mut()).await?;
        let (key, index) = id.split_once('-').unwrap();
        let next = &mut expected[key.parse::<usize>()?];
        assert_eq!(index.parse::<usize>()?, *next, "of key {key}");
        *next += 1;
    }
    Ok(())
}

#[tokio::test]
async fn the_same_event_twice_at_once_is_sent_twice() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let keys = ["test.a.b", "elsewhere.a.b", "test.a.b"];
    let outcomes = publish_all(&broker, keys.map(|key| outgoing("events.test", key, "same"))).await;
    assert_eq!(outcomes, [Ok(Confirmed::Routed), Ok(Confirmed::Unrouted), Ok(Confirmed::Routed)]);
    Ok(())
}

#[tokio::test]
async fn a_publish_that_closes_the_channel_spoils_the_others_only_once() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let message = |index: usize| {
        let exchange = if index == 3 { "events.missing" } else { "events.test" };
        outgoing(exchange, "test.a.b", &index.to_string())
    };
    let outcomes = publish_all(&broker, (0..10).map(message)).await;
    for outcome in &outcomes {
        assert!(
            matches!(
                outcome,
                Ok(Confirmed::Routed) | Err(PublishError::Unknown { .. } | PublishError::NoExchange { .. })
            ),
            "{outcome:?}"
        );
    }
    assert!(outcomes[3].is_err());
    // Whoever did not get to know tries again, as a relay does with its batch.
    let outcomes = publish_all(&broker, (0..10).map(message)).await;
    let missing = Err(PublishError::NoExchange { exchange: "events.missing".to_owned() });
    for (index, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome, if index == 3 { missing.clone() } else { Ok(Confirmed::Routed) }, "{index}");
    }
    Ok(())
}

#[tokio::test]
async fn what_amqp_cannot_carry_is_not_sent_and_disturbs_nobody() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let messages = [
        outgoing("events.test", &"x".repeat(256), "1"),
        outgoing("events.test", "test.a.b", ""),
        outgoing("events.test", "test.a.b", "2"),
    ];
    let outcomes = publish_all(&broker, messages).await;
    assert!(matches!(outcomes[0], Err(PublishError::NotSent { .. })), "{outcomes:?}");
    assert!(matches!(outcomes[1], Err(PublishError::NotSent { .. })), "{outcomes:?}");
    assert_eq!(outcomes[2], Ok(Confirmed::Routed));
    assert_eq!(broker.status().borrow().reconnects, 0);
    Ok(())
}

#[tokio::test]
async fn a_message_is_persistent_and_says_whose_it_is() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let mut message = outgoing("events.test", "test.a.b", "1");
    message.message.properties.user_id = Some("somebody-else".to_owned());
    message.message.headers.set("cloudEvents_id", "1");
    assert_eq!(broker.publish(message).await, Ok(Confirmed::Routed));
    let (_connection, channel) = raw(&url).await?;
    let got = channel.basic_get("work".into(), BasicGetOptions { no_ack: true }).await?.unwrap();
    assert_eq!(*got.properties.delivery_mode(), Some(2));
    assert_eq!(got.properties.user_id().as_ref().map(ShortString::as_str), Some("guest"));
    let headers = got.properties.headers().clone().unwrap_or_default();
    assert_eq!(headers.inner().get("cloudEvents_id"), Some(&AMQPValue::LongString("1".into())));
    Ok(())
}
