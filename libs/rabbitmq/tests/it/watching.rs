use std::sync::Mutex;

use anyhow::Result;
use fabric_core::Pattern;
use fabric_rabbitmq::RabbitBroker;
use fabric_runtime::ports::{Broker, ClaimError, Confirmed, ConsumeError, Depth, TapRequest};
use fabric_testkit::servers::{RabbitMq, Server, require};
use fabric_testkit::wait::eventually;

use crate::{DEADLINE, consume, next_id, on_fresh_vhost, options, outgoing, publish_all, ready, topology};

#[tokio::test]
async fn a_tap_sees_what_goes_by_and_takes_nothing_away() -> Result<()> {
    const MESSAGES: usize = 600;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let bindings = vec![("events.test".to_owned(), "*.seen.#".parse()?)];
    let mut tap = broker.tap(TapRequest { bindings, backlog_max: 10_000 }).await?;
    let keys = ["test.seen.a", "test.hidden.a", "other.seen.a"];
    let messages = (0..MESSAGES).map(|index| outgoing("events.test", keys[index % 3], &index.to_string()));
    let outcomes = publish_all(&broker, messages).await;
    // What only a tap takes counts as routed: it is a queue like any other.
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Confirmed::Routed)));
    for index in (0..MESSAGES).filter(|index| index % 3 != 1) {
        assert_eq!(next_id(tap.as_mut()).await?, index.to_string());
    }
    eventually(DEADLINE, "the work queue", async || anyhow::Ok(ready(&broker, "work").await? == 400)).await?;
    tap.close(DEADLINE).await;
    eventually(DEADLINE, "the tap's end", async || {
        broker.publish(outgoing("events.test", "other.seen.a", "last")).await == Ok(Confirmed::Unrouted)
    })
    .await
}

#[tokio::test]
async fn a_tap_on_what_does_not_exist_is_refused() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    let bindings = vec![("events.missing".to_owned(), "#".parse()?)];
    let refused = broker.tap(TapRequest { bindings, backlog_max: 100 }).await.err();
    assert_eq!(refused, Some(ConsumeError::NoQueue { queue: "the exchange events.missing".to_owned() }));
    Ok(())
}

#[tokio::test]
async fn a_name_is_claimed_by_one_until_it_goes() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, url) = on_fresh_vhost().await?;
    let other = RabbitBroker::connect(options(&url)).await?;
    let name = || "fabric.migration.work".to_owned();
    let first = broker.claim(name()).await?;
    let taken = Some(ClaimError::Taken { name: name() });
    assert_eq!(other.claim(name()).await.err(), taken, "of another process");
    assert_eq!(broker.claim(name()).await.err(), taken, "of the same connection");
    other.claim("fabric.migration.other".to_owned()).await?;
    assert!(first.is_held());
    drop(first);
    let second = Mutex::new(None);
    eventually(DEADLINE, "it is given back", async || {
        let claimed = other.claim(name()).await;
        let is_ours = claimed.is_ok();
        *second.lock().unwrap() = claimed.ok();
        anyhow::Ok(is_ours)
    })
    .await?;
    let second = second.into_inner().unwrap().unwrap();
    assert!(second.is_held());
    let (_, vhost) = url.rsplit_once('/').unwrap();
    RabbitMq::shared().await?.ctl(&["close_all_connections", "-p", vhost, "for a test"]).await?;
    eventually(DEADLINE, "a lost connection shows", async || anyhow::Ok(!second.is_held())).await
}

/// So a user may be allowed its own taps, and nothing else.
#[tokio::test]
async fn a_taps_queue_is_named_after_its_client_and_goes_with_it() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let node = RabbitMq::shared().await?;
    let url = node.fresh_vhost().await?;
    let (_, vhost) = url.rsplit_once('/').unwrap();
    RabbitBroker::connect(options(&url)).await?.declare(&topology()).await?;
    node.ctl(&["add_user", "watcher", "secret"]).await?;
    let own = r"^academic\.tap\.";
    node.ctl(&["set_permissions", "-p", vhost, "watcher", own, own, r"^(academic\.tap\.|events\.test$)"]).await?;
    let taps = async || {
        let queues = node.ctl(&["list_queues", "-p", vhost, "--quiet", "--no-table-headers", "name"]).await?;
        anyhow::Ok(queues.lines().filter(|name| name.starts_with("academic.tap.")).count())
    };
    let connect = async |name: &str| {
        let mut options = options(&url.replace("guest:guest", "watcher:secret"));
        options.connection_name = name.to_owned();
        RabbitBroker::connect(options).await
    };
    let request = || TapRequest { bindings: vec![("events.test".to_owned(), Pattern::everything())], backlog_max: 10 };
    let refused = connect("kyc").await?.tap(request()).await.err();
    assert!(matches!(refused, Some(ConsumeError::Forbidden { .. })), "{refused:?}");
    let watcher = connect("academic").await?;
    let (one, other) = (watcher.tap(request()).await?, watcher.tap(request()).await?);
    assert_eq!(taps().await?, 2);
    one.close(DEADLINE).await;
    other.close(DEADLINE).await;
    eventually(DEADLINE, "the end of both queues", async || anyhow::Ok(taps().await? == 0)).await
}

#[tokio::test]
async fn a_tap_that_nobody_reads_keeps_the_newest() -> Result<()> {
    const MESSAGES: usize = 2_000;
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let bindings = vec![("events.test".to_owned(), "#".parse()?)];
    let mut tap = broker.tap(TapRequest { bindings, backlog_max: 100 }).await?;
    let messages = (0..MESSAGES).map(|index| outgoing("events.test", "tap.a.b", &index.to_string()));
    publish_all(&broker, messages).await;
    let mut seen = 1;
    while next_id(tap.as_mut()).await? != (MESSAGES - 1).to_string() {
        seen += 1;
    }
    assert!(seen < MESSAGES, "{seen}: nothing was dropped");
    Ok(())
}

#[tokio::test]
async fn depths_leave_out_what_does_not_exist() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let _consumer = consume(&broker, "work.parked", 1).await?;
    publish_all(&broker, (0..3).map(|index| outgoing("", "work", &index.to_string()))).await;
    let asked = ["missing-1", "work", "missing-2", "missing-3", "work.parked", "missing-4"].map(str::to_owned).to_vec();
    let expected = [
        Depth { queue: "work".to_owned(), ready: 3, consumers: 0 },
        Depth { queue: "work.parked".to_owned(), ready: 0, consumers: 1 },
    ];
    eventually(DEADLINE, "the depths", async || broker.depths(asked.clone()).await.map(|depths| depths == expected))
        .await?;
    // Asking for what is not there closes channels, and nothing else.
    assert_eq!(broker.status().borrow().reconnects, 0);
    assert_eq!(broker.depths(Vec::new()).await?, []);
    Ok(())
}
