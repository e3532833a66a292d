use anyhow::{Context, Result};
use fabric_testkit::relay::Relay;
use fabric_testkit::servers::{RabbitMq, RabbitMqOptions, Server, require};
use fabric_testkit::wait::eventually;
use futures_util::{Stream, StreamExt};
use lapin::options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Event};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::{DEADLINE, is_listening};

pub async fn connect(url: &str) -> Result<Connection> {
    Ok(Connection::connect(url, ConnectionProperties::default()).await?)
}

pub async fn publish(channel: &Channel, queue: &str, body: &[u8]) -> Result<()> {
    let persistent = BasicProperties::default().with_delivery_mode(2);
    let confirm =
        channel.basic_publish("".into(), queue.into(), BasicPublishOptions::default(), body, persistent).await?;
    anyhow::ensure!(confirm.await?.is_ack());
    Ok(())
}

pub async fn declare_quorum_queue(channel: &Channel, name: &str) -> Result<()> {
    let mut quorum = FieldTable::default();
    quorum.insert("x-queue-type".into(), lapin::types::AMQPValue::LongString("quorum".into()));
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(name.into(), durable, quorum).await?;
    Ok(())
}

/// Takes the next message out of a queue, which must have one.
pub async fn take(channel: &Channel, queue: &str) -> Result<Vec<u8>> {
    let get = channel.basic_get(queue.into(), BasicGetOptions { no_ack: true });
    Ok(timeout(DEADLINE, get).await??.context("the confirmed message is lost")?.delivery.data)
}

/// Drives a publish until the broker says that it blocks the connection, which it does at the first publish under an
/// alarm.
async fn assert_blocked(
    publish: &mut (impl Future<Output = Result<()>> + Unpin),
    events: &mut (impl Stream<Item = Event> + Unpin),
) -> Result<()> {
    let blocked = async { while !matches!(events.next().await, Some(Event::ConnectionBlocked(_)) | None) {} };
    tokio::select! {
        done = publish => anyhow::bail!("published under an alarm: {done:?}"),
        blocked = timeout(DEADLINE, blocked) => blocked.context("not blocked"),
    }
}

#[tokio::test]
async fn virtual_hosts_of_the_shared_node_are_apart() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let broker = RabbitMq::shared().await?;
    assert!(std::ptr::eq(broker, RabbitMq::shared().await?));
    let mut urls = Vec::new();
    for _ in 0..20 {
        urls.push(broker.fresh_vhost().await?);
    }
    for url in [&urls[0], &urls[19]] {
        let connection = connect(url).await?;
        let channel = connection.create_channel().await?;
        let queue =
            channel.queue_declare("same-name".into(), QueueDeclareOptions::default(), FieldTable::default()).await?;
        assert_eq!(queue.message_count(), 0);
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        publish(&channel, "same-name", b"{}").await?;
        let vhost = url.rsplit_once('/').context("no vhost")?.1;
        assert_eq!(broker.ctl(&["list_queues", "-p", vhost, "name", "messages"]).await?, "same-name\t1");
    }
    let error = broker.ctl(&["no_such_command"]).await.unwrap_err();
    assert!(format!("{error:#}").contains("no_such_command"), "{error:#}");
    Ok(())
}

#[tokio::test]
async fn killed_it_keeps_what_it_confirmed() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let mut broker = RabbitMq::start().await?;
    let mut header = TcpStream::connect(broker.addr()).await?;
    header.write_all(b"HTTP\x00\x00\x00\x00").await?;
    let mut answer = [0; 8];
    header.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"AMQP\x00\x00\x09\x01");

    let connection = connect(&broker.url()).await?;
    let channel = connection.create_channel().await?;
    declare_quorum_queue(&channel, "kept").await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    publish(&channel, "kept", b"{\"percent\":93}").await?;
    broker.flush_registries().await?;

    let pid = broker.pid();
    broker.kill().await?;
    assert!(broker.pid().is_none() && !is_listening(broker.addr()).await);
    broker.start_again().await?;
    assert_ne!(broker.pid(), pid);

    let connection = connect(&broker.url()).await?;
    let channel = connection.create_channel().await?;
    assert_eq!(take(&channel, "kept").await?, b"{\"percent\":93}");

    broker.stop_app().await?;
    assert!(!is_listening(broker.addr()).await);
    broker.start_app().await?;
    assert!(is_listening(broker.addr()).await);
    Ok(())
}

#[tokio::test]
async fn alarms_block_publishers() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let mut broker = RabbitMq::start().await?;
    let relay = Relay::start(broker.addr()).await?;
    let connection = connect(&broker.url_at(relay.addr(), "%2f")).await?;
    let mut events = connection.events_listener();
    let channel = connection.create_channel().await?;
    channel.queue_declare("kept".into(), QueueDeclareOptions::default(), FieldTable::default()).await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;

    broker.raise_memory_alarm().await?;
    let mut held = Box::pin(publish(&channel, "kept", b"{}"));
    assert_blocked(&mut held, &mut events).await?;
    broker.clear_memory_alarm().await?;
    timeout(DEADLINE, held).await.context("still blocked")??;

    broker.raise_disk_alarm().await?;
    let mut held = Box::pin(publish(&channel, "kept", b"{}"));
    assert_blocked(&mut held, &mut events).await?;
    broker.clear_disk_alarm().await?;
    timeout(DEADLINE, held).await.context("still blocked")??;

    broker.pause()?;
    assert!(is_listening(broker.addr()).await, "the kernel still takes connections");
    broker.resume()?;
    publish(&channel, "kept", b"{}").await
}

#[tokio::test]
async fn nodes_in_parallel_do_not_clash() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (bare, managed) =
        tokio::try_join!(RabbitMq::start(), RabbitMq::start_with(RabbitMqOptions { management: true }))?;
    bare.ctl(&["add_vhost", "only-here"]).await?;
    assert_eq!(bare.ctl(&["list_vhosts"]).await?.lines().count(), 2);
    assert_eq!(managed.ctl(&["list_vhosts"]).await?, "/");

    assert_eq!(bare.management_url(), None);
    let url = managed.management_url().context("no management")?;
    let host = url.strip_prefix("http://guest:guest@").context("no user in the URL")?;
    eventually(DEADLINE, "the management API", async || -> Result<bool> {
        let mut stream = TcpStream::connect(host).await?;
        let request = "GET /api/vhosts HTTP/1.0\r\nAuthorization: Basic Z3Vlc3Q6Z3Vlc3Q=\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.contains("200 OK"))
    })
    .await
}
