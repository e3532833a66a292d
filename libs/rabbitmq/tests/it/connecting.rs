use std::time::Duration;

use anyhow::Result;
use fabric_rabbitmq::{ConnectError, RabbitBroker, RabbitOptions};
use fabric_runtime::ports::{Broker, Confirmed, DeclareError, PublishError};
use fabric_testkit::relay::Relay;
use fabric_testkit::servers::{RabbitMq, Server, require};
use fabric_testkit::wait::free_port;

use crate::{DEADLINE, options, outgoing, topology};

#[tokio::test]
async fn what_can_never_work_is_refused_at_once() {
    let refused = |url: &str| RabbitBroker::connect(RabbitOptions::new(url));
    assert!(matches!(refused("http://user:secret@host/").await.err(), Some(ConnectError::BadUrl { .. })));
    #[cfg(not(feature = "tls"))]
    assert_eq!(refused("amqps://user:secret@host/").await.err(), Some(ConnectError::NoTls));
    let mut options = RabbitOptions::new("amqp://localhost");
    options.publish_connections = 9;
    assert!(matches!(RabbitBroker::connect(options).await.err(), Some(ConnectError::BadOption { .. })));
}

#[tokio::test]
async fn bad_credentials_and_hosts_are_clear() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let wrong = options(&node.url().replace("guest:guest", "guest:wrong-secret"));
    let error = RabbitBroker::connect(wrong).await.err();
    assert!(
        matches!(&error, Some(ConnectError::Refused { detail }) if detail.contains("ACCESS_REFUSED") && detail.contains(&node.addr().to_string())),
        "{error:?}"
    );
    assert!(!format!("{error:?}").contains("wrong-secret"));
    let error = RabbitBroker::connect(options(&node.url_at(node.addr(), "missing"))).await.err();
    assert!(matches!(&error, Some(ConnectError::Refused { detail }) if detail.contains("missing")), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn nobody_there_is_an_error_only_if_required() -> Result<()> {
    let url = format!("amqp://127.0.0.1:{}/%2f", free_port()?);
    let mut required = options(&url);
    required.connect_timeout = Duration::from_millis(300);
    let error = RabbitBroker::connect(required).await.err();
    assert!(matches!(&error, Some(ConnectError::Away { detail, .. }) if detail.contains("refused")), "{error:?}");

    let mut patient = RabbitOptions::new(&url);
    patient.publish_deadline = Duration::from_millis(200);
    patient.operation_timeout = Duration::from_millis(200);
    let broker = RabbitBroker::connect(patient).await?;
    assert!(!broker.status().borrow().connected);
    let outcome = broker.publish(outgoing("", "work", "1")).await;
    assert!(matches!(outcome, Err(PublishError::NotSent { .. })), "{outcome:?}");
    // What the attempts met is told to whoever waited for a connection.
    let away = broker.declare(&topology()).await;
    assert!(matches!(&away, Err(DeclareError::Away { detail }) if detail.contains("refused")), "{away:?}");
    assert!(broker.depths(vec!["work".to_owned()]).await.is_err());
    broker.close(DEADLINE).await;
    Ok(())
}

/// Two ways to the broker stand for two nodes of a cluster: whichever is gone, everything goes on over the other one.
#[tokio::test]
async fn when_one_host_is_gone_the_next_one_takes_over() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let url = RabbitMq::shared().await?.fresh_vhost().await?;
    let direct = RabbitMq::shared().await?.addr();
    let (one, two) = (Relay::start(direct).await?, Relay::start(direct).await?);
    let several = url.replace(&direct.to_string(), &format!("{},{}", one.addr(), two.addr()));
    assert_ne!(several, url);
    let mut options = RabbitOptions::new(&several);
    options.reconnect_pause_max = Duration::from_millis(200);
    let broker = RabbitBroker::connect(options).await?;
    broker.declare(&topology()).await?;
    let publish = async |id: &str| broker.publish(outgoing("events.test", "test.thing.done", id)).await;
    assert_eq!(publish("1").await, Ok(Confirmed::Routed));
    for (gone, back, id) in [(&one, &two, "2"), (&two, &one, "3")] {
        back.heal().await?;
        gone.cut().await?;
        let mut status = broker.status();
        tokio::time::timeout(DEADLINE, async {
            // The first publish after the cut may find that out, and is published again.
            while publish(id).await != Ok(Confirmed::Routed) {}
            status.wait_for(|status| status.connected).await.map(drop)
        })
        .await??;
    }
    let depths = broker.depths(vec!["work".to_owned()]).await?;
    assert!(depths[0].ready >= 3, "{depths:?}");
    broker.close(DEADLINE).await;
    Ok(())
}

/// The driver gives each attempt a thread that ends only with the socket.
#[tokio::test]
async fn a_broker_that_takes_connections_and_stays_silent_costs_few_threads() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let relay = Relay::start(node.addr()).await?;
    relay.black_hole();
    let mut silent = RabbitOptions::new(node.url_at(relay.addr(), "%2f"));
    silent.connect_timeout = Duration::from_millis(20);
    silent.reconnect_pause_min = Duration::from_millis(1);
    silent.reconnect_pause_max = Duration::from_millis(1);
    let broker = RabbitBroker::connect(silent).await?;
    fabric_testkit::wait::eventually(DEADLINE, "many attempts", async || relay.counts().accepted > 300).await?;
    let threads = std::fs::read_dir("/proc/self/task")?.filter_map(Result::ok).filter(|task| {
        std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.starts_with("lapin-io-loop"))
    });
    // Other tests run beside this one, each with a few connections.
    let threads = threads.count();
    assert!(threads < 150, "{threads} threads");
    relay.heal().await?;
    broker.status().wait_for(|status| status.connected).await?;
    broker.close(DEADLINE).await;
    Ok(())
}

#[tokio::test]
async fn it_comes_up_when_the_broker_does() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let relay = Relay::start(node.addr()).await?;
    relay.cut().await?;
    let url = node.fresh_vhost().await?.replace(&node.addr().to_string(), &relay.addr().to_string());
    let broker = RabbitBroker::connect(RabbitOptions::new(url)).await?;
    let topology = topology();
    let (declared, healed) = tokio::join!(broker.declare(&topology), relay.heal());
    healed?;
    declared?;
    assert_eq!(broker.publish(outgoing("events.test", "test.a.b", "1")).await, Ok(Confirmed::Routed));
    assert_eq!(broker.status().borrow().reconnects, 0);
    Ok(())
}
