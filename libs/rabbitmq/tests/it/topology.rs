use anyhow::Result;
use fabric_core::topology::{DirectBinding, Queue, QueueRole, Topology};
use fabric_rabbitmq::RabbitBroker;
use fabric_runtime::ports::{Broker, Confirmed, ConsumeError, DeclareError, PublishError};
use fabric_testkit::relay::Relay;
use fabric_testkit::servers::{RabbitMq, Server, require};
use fabric_testkit::wait::eventually;
use lapin::options::{ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{FieldTable, ShortString};

use crate::{DEADLINE, consume, next, next_id, on_fresh_vhost, options, outgoing, raw, ready, topology};

#[tokio::test]
async fn declaring_again_changes_nothing() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    broker.declare(&topology()).await?;
    assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "1")).await, Ok(Confirmed::Routed));
    Ok(())
}

#[tokio::test]
async fn a_queue_with_other_arguments_is_named_and_the_others_are_declared() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    let (_connection, channel) = raw(&url).await?;
    for queue in ["work", "work.retry.200"] {
        channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), FieldTable::default()).await?;
    }
    match broker.declare(&topology()).await {
        Err(DeclareError::Different { resource, detail }) => {
            assert_eq!(resource, "the queue work");
            assert!(detail.contains("x-queue-type") || detail.contains("inequivalent"), "{detail}");
        }
        other => panic!("{other:?}"),
    }
    let names = ["work.parked".to_owned()];
    assert_eq!(broker.depths(names.to_vec()).await?.len(), 1);
    // What is bound to it works although it is not as it should be.
    assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "1")).await, Ok(Confirmed::Routed));
    Ok(())
}

#[tokio::test]
async fn what_waits_returns_to_the_work_queue() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let mut consumer = consume(&broker, "work", 1).await?;
    assert_eq!(broker.publish(outgoing("queues.test", "work.retry.200", "late")).await, Ok(Confirmed::Routed));
    let incoming = next(consumer.as_mut()).await?.unwrap();
    assert_eq!(incoming.message.properties.message_id.as_deref(), Some("late"));
    assert_eq!(incoming.routing_key, "work");
    Ok(())
}

#[tokio::test]
async fn a_copy_finds_its_queue_again_after_its_binding_or_its_exchange_was_deleted() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let (_connection, channel) = raw(&url).await?;
    let copy = |id| broker.publish(outgoing("queues.test", "work.parked", id));
    let (queue, exchange): (ShortString, ShortString) = ("work.parked".into(), "queues.test".into());
    channel.queue_unbind(queue.clone(), exchange.clone(), queue, FieldTable::default()).await?;
    assert_eq!(copy("unbound").await, Ok(Confirmed::Unrouted));
    eventually(DEADLINE, "the binding", async || copy("1").await == Ok(Confirmed::Routed)).await?;

    channel.exchange_delete(exchange, ExchangeDeleteOptions::default()).await?;
    assert!(matches!(copy("refused").await, Err(PublishError::NoExchange { .. })));
    eventually(DEADLINE, "the exchange", async || copy("2").await == Ok(Confirmed::Routed)).await
}

/// Write permission on the default exchange would reach every queue of every service.
#[tokio::test]
async fn whoever_may_write_to_one_services_queues_reaches_no_others() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let url = node.fresh_vhost().await?;
    let (_, vhost) = url.rsplit_once('/').unwrap();
    let owner = RabbitBroker::connect(options(&url)).await?;
    let other = DirectBinding { exchange: "queues.other".to_owned(), queue: "work".to_owned() };
    owner.declare(&topology().union(Topology { direct: [other].into(), ..topology() })).await?;
    node.ctl(&["add_user", "parker", "secret"]).await?;
    node.ctl(&["set_permissions", "-p", vhost, "parker", "^$", r"^queues\.test$", "^work$"]).await?;

    let parker = RabbitBroker::connect(options(&url.replace("guest:guest", "parker:secret"))).await?;
    // It may not bind, and does not need to: what it needs is there.
    let direct = Topology { bindings: Vec::new(), ..topology() };
    parker.declare(&direct).await?;
    assert_eq!(parker.publish(outgoing("queues.test", "work.parked", "1")).await, Ok(Confirmed::Routed));
    for exchange in ["queues.other", ""] {
        let outcome = parker.publish(outgoing(exchange, "work", "2")).await;
        assert!(matches!(outcome, Err(PublishError::Forbidden { .. })), "{exchange:?}: {outcome:?}");
    }
    assert_eq!(ready(&owner, "work").await?, 0);
    let missing = DirectBinding { exchange: "queues.missing".to_owned(), queue: "work".to_owned() };
    match parker.declare(&Topology { direct: [missing].into(), ..direct }).await {
        Err(DeclareError::Forbidden { resource, .. }) => assert!(resource.contains("queues.missing"), "{resource}"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

/// The broker tries such an event again every three minutes, unless it is told to do so sooner.
#[tokio::test]
async fn what_waits_for_a_queue_that_is_gone_is_kept_and_moves_on_once_it_is_back() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    node.ctl(&["eval", "application:set_env(rabbit, dead_letter_worker_publisher_confirm_timeout, 500)."]).await?;
    let (broker, url) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let (_connection, channel) = raw(&url).await?;
    channel.queue_delete("work".into(), QueueDeleteOptions::default()).await?;
    assert_eq!(broker.publish(outgoing("", "work.retry.200", "late")).await, Ok(Confirmed::Routed));
    let (_, vhost) = url.rsplit_once('/').unwrap();
    let moving_on = format!(
        "{{ok, Queue}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"{vhost}\">>, queue, <<\"work.retry.200\">>)), \
         rabbit_amqqueue:info(Queue, [messages, messages_dlx])."
    );
    eventually(DEADLINE, "a dead letter that cannot be moved on", async || {
        anyhow::Ok(node.ctl(&["eval", &moving_on]).await? == "[{messages,1},{messages_dlx,1}]")
    })
    .await?;
    broker.restore().await?;
    let mut consumer = consume(&broker, "work", 1).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "late");
    Ok(())
}

#[tokio::test]
async fn what_was_declared_stands_again_after_a_lost_connection() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let url = node.fresh_vhost().await?;
    let relay = Relay::start(node.addr()).await?;
    let broker =
        RabbitBroker::connect(options(&url.replace(&node.addr().to_string(), &relay.addr().to_string()))).await?;
    broker.declare(&topology()).await?;
    let (_connection, channel) = raw(&url).await?;
    for queue in ["work", "work.parked"] {
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
    }
    assert_eq!(broker.depths(vec!["work".to_owned()]).await?, []);

    relay.reset().await?;
    eventually(DEADLINE, "both queues", async || {
        broker.depths(vec!["work".to_owned(), "work.parked".to_owned()]).await.map(|depths| depths.len() == 2)
    })
    .await
}

#[tokio::test]
async fn who_may_not_declare_may_use_what_is_there() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let url = node.fresh_vhost().await?;
    let (_, vhost) = url.rsplit_once('/').unwrap();
    let owner = RabbitBroker::connect(options(&url)).await?;
    owner.declare(&topology()).await?;
    node.ctl(&["add_user", "reader", "secret"]).await?;
    node.ctl(&["set_permissions", "-p", vhost, "reader", "^own$", "^work$", "^(work|events.test)$"]).await?;

    let reader = RabbitBroker::connect(options(&url.replace("guest:guest", "reader:secret"))).await?;
    reader.declare(&topology()).await?;
    let mut more = topology();
    more.queues.push(Queue { name: "forbidden".to_owned(), role: QueueRole::Parked });
    match reader.declare(&more).await {
        Err(DeclareError::Forbidden { resource, .. }) => assert_eq!(resource, "the queue forbidden"),
        other => panic!("{other:?}"),
    }
    assert!(consume(&reader, "work", 1).await.is_ok());
    let refused = consume(&reader, "work.parked", 1).await.err().unwrap();
    assert!(matches!(refused.downcast_ref(), Some(ConsumeError::Forbidden { .. })), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn many_queues_are_declared_in_one_go() -> Result<()> {
    const QUEUES: usize = 150;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    let queue = |index| Queue { name: format!("queue-{index}"), role: QueueRole::Parked };
    let many = Topology { queues: (0..QUEUES).map(queue).collect(), ..Topology::default() };
    let names: Vec<String> = many.queues.iter().map(|queue| queue.name.clone()).collect();
    broker.declare(&many).await?;
    broker.declare(&many).await?;
    assert_eq!(broker.depths(names).await?.len(), QUEUES);
    Ok(())
}
