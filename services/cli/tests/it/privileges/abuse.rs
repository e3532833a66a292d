//! What somebody tries who has a service's user.

use anyhow::{Context as _, Result, ensure};
use fabric::core::{
    codec::Poison,
    delivery::{Disposition, ParkReason},
};
use fabric_testkit::{
    servers::{Server, require},
    wait::eventually,
};
use lapin::{
    BasicProperties, Channel, ErrorKind, ExchangeKind,
    options::{
        BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions,
        QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
    },
    types::{AMQPValue, FieldArray, FieldTable},
};

use super::ground::Ground;
use crate::process::DEADLINE;

/// What the broker says to what is not allowed.
const ACCESS_REFUSED: u16 = 403;
/// And to a user id that is not the connection's.
const PRECONDITION_FAILED: u16 = 406;

/// One attempt.
enum Try {
    Publish { exchange: &'static str, key: &'static str },
    PublishAs { exchange: &'static str, key: &'static str, user: &'static str },
    Bind { exchange: &'static str, pattern: &'static str },
    Consume(&'static str),
    Get(&'static str),
    Purge(&'static str),
    Delete(&'static str),
    DeclareQueue(&'static str),
    DeclareExchange(&'static str),
    BindQueue { queue: &'static str, exchange: &'static str },
}

/// The user, what it tries, and what the broker says.
const TABLE: &[(&str, Try, u16)] = &[
    ("social", Try::Publish { exchange: "events.kyc", key: "kyc.identity.verified" }, ACCESS_REFUSED),
    ("social", Try::Publish { exchange: "events.gradebook", key: "gradebook.grade.posted" }, ACCESS_REFUSED),
    // In a context where it may publish something else.
    ("social", Try::Publish { exchange: "events.notification", key: "notification.email.sent" }, ACCESS_REFUSED),
    ("social", Try::Publish { exchange: "events.fabric", key: "fabric.subscription.paused" }, ACCESS_REFUSED),
    // Past all exchanges, straight into somebody's queue.
    ("social", Try::Publish { exchange: "", key: "kyc.document_verification" }, ACCESS_REFUSED),
    ("social", Try::Publish { exchange: "", key: "fabric.control" }, ACCESS_REFUSED),
    ("social", Try::Publish { exchange: "queues.kyc", key: "kyc.document_verification" }, ACCESS_REFUSED),
    ("social", Try::Publish { exchange: "queues.fabric", key: "fabric.control" }, ACCESS_REFUSED),
    ("social", Try::Publish { exchange: "amq.topic", key: "anything" }, ACCESS_REFUSED),
    // In another's name.
    (
        "social",
        Try::PublishAs { exchange: "events.social", key: "social.post.created", user: "academic" },
        PRECONDITION_FAILED,
    ),
    // Listening in.
    ("social", Try::Bind { exchange: "events.kyc", pattern: "#" }, ACCESS_REFUSED),
    ("social", Try::Bind { exchange: "events.kyc", pattern: "kyc.identity.verified" }, ACCESS_REFUSED),
    ("social", Try::Bind { exchange: "events.gradebook", pattern: "gradebook.grade.posted" }, ACCESS_REFUSED),
    ("social", Try::Bind { exchange: "events.fabric", pattern: "#" }, ACCESS_REFUSED),
    ("social", Try::Bind { exchange: "amq.rabbitmq.trace", pattern: "#" }, ACCESS_REFUSED),
    ("social", Try::Consume("kyc.document_verification"), ACCESS_REFUSED),
    ("social", Try::Get("kyc.document_verification.parked"), ACCESS_REFUSED),
    ("social", Try::Get("events.unrouted"), ACCESS_REFUSED),
    // Breaking things, its own among them.
    ("social", Try::Purge("kyc.document_verification"), ACCESS_REFUSED),
    ("social", Try::Delete("kyc.document_verification"), ACCESS_REFUSED),
    ("social", Try::Delete("social.feed_projection"), ACCESS_REFUSED),
    ("social", Try::DeclareQueue("kyc.something"), ACCESS_REFUSED),
    ("social", Try::DeclareQueue("social.something"), ACCESS_REFUSED),
    ("social", Try::DeclareExchange("events.made_up"), ACCESS_REFUSED),
    ("social", Try::BindQueue { queue: "social.feed_projection", exchange: "events.kyc" }, ACCESS_REFUSED),
    ("social", Try::BindQueue { queue: "kyc.document_verification", exchange: "events.social" }, ACCESS_REFUSED),
    // The operator's tools change nothing that stands either.
    ("fabric", Try::Delete("kyc.document_verification"), ACCESS_REFUSED),
    ("fabric", Try::DeclareQueue("kyc.something"), ACCESS_REFUSED),
    ("fabric", Try::Publish { exchange: "", key: "kyc.document_verification" }, ACCESS_REFUSED),
];

#[tokio::test(flavor = "multi_thread")]
async fn hostile_uses_are_refused() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let ground = Ground::new().await?;
    for (number, (user, attempt, expected)) in TABLE.iter().enumerate() {
        let connection = ground.connection(user).await?;
        let channel = connection.create_channel().await?;
        let refused = attempt.make(&channel, user).await;
        let code = match refused.as_ref().map_err(lapin::Error::kind) {
            Err(ErrorKind::ProtocolError(error)) => error.get_id(),
            other => anyhow::bail!("row {number}: {user} was not refused: {other:?}"),
        };
        ensure!(code == *expected, "row {number}: {user} was refused with {code}, not {expected}: {refused:?}");
        connection.close(200, "done".into()).await?;
    }
    Ok(())
}

impl Try {
    async fn make(&self, channel: &Channel, user: &str) -> lapin::Result<()> {
        let none = FieldTable::default;
        match *self {
            Self::Publish { exchange, key } => publish(channel, exchange, key, BasicProperties::default()).await,
            Self::PublishAs { exchange, key, user } => {
                publish(channel, exchange, key, BasicProperties::default().with_user_id(user.into())).await
            }
            Self::Bind { exchange, pattern } => {
                let queue = format!("{user}.tap.curious");
                let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
                channel.queue_declare(queue.as_str().into(), options, none()).await?;
                let options = QueueBindOptions::default();
                channel.queue_bind(queue.as_str().into(), exchange.into(), pattern.into(), options, none()).await
            }
            Self::Consume(queue) => {
                channel.basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), none()).await.map(drop)
            }
            Self::Get(queue) => channel.basic_get(queue.into(), BasicGetOptions::default()).await.map(drop),
            Self::Purge(queue) => channel.queue_purge(queue.into(), QueuePurgeOptions::default()).await.map(drop),
            Self::Delete(queue) => channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.map(drop),
            Self::DeclareQueue(queue) => {
                channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), none()).await.map(drop)
            }
            Self::DeclareExchange(exchange) => {
                let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
                channel.exchange_declare(exchange.into(), ExchangeKind::Topic, options, none()).await
            }
            Self::BindQueue { queue, exchange } => {
                let options = QueueBindOptions::default();
                channel.queue_bind(queue.into(), exchange.into(), "#".into(), options, none()).await
            }
        }
    }
}

/// Publishes and waits until the broker has said something to it.
async fn publish(channel: &Channel, exchange: &str, key: &str, properties: BasicProperties) -> lapin::Result<()> {
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let options = BasicPublishOptions::default();
    channel.basic_publish(exchange.into(), key.into(), options, b"{}", properties).await?.await.map(drop)
}

/// An event that academic may publish, with headers that nobody should believe.
fn forged(topic: &str, more: &[(&str, AMQPValue)]) -> BasicProperties {
    let mut headers = FieldTable::default();
    let id = "0198c1f2-7b1e-7000-8000-1f0000000001";
    for (name, value) in
        [("specversion", "1.0"), ("id", id), ("source", "academic"), ("type", topic), ("tenantid", "demo")]
    {
        headers.insert(format!("cloudEvents_{name}").as_str().into(), AMQPValue::LongString(value.into()));
    }
    for (name, value) in more {
        headers.insert((*name).into(), value.clone());
    }
    BasicProperties::default()
        .with_headers(headers)
        .with_message_id(id.into())
        .with_content_type("application/json".into())
}

fn list(keys: &[&str]) -> AMQPValue {
    let keys: Vec<AMQPValue> = keys.iter().map(|key| AMQPValue::LongString((*key).into())).collect();
    AMQPValue::FieldArray(FieldArray::from(keys))
}

/// Brokers before 4.0.3 let a publisher add routing keys by header that nobody checks. What comes that way is not handled.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_smuggled_in_by_a_header_is_parked_and_not_handled() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let ground = Ground::new().await?;
    let host = ground.start("notification").await?;
    let topic = "notification.dispatch.requested";
    for header in ["CC", "BCC"] {
        let connection = ground.connection("academic").await?;
        let channel = connection.create_channel().await?;
        let properties = forged(topic, &[(header, list(&["notification.email.bounced"]))]);
        let refused = publish(&channel, "events.notification", topic, properties).await;
        // A broker that checks them refuses it, which is just as well.
        if refused.is_ok() {
            let smuggled = |one: &fabric::runtime::activity::SettledDelivery| {
                one.subscription.as_str() == "notification.delivery_failure"
                    && one.disposition == Disposition::Park(ParkReason::Poison(Poison::NoHandler))
            };
            eventually(DEADLINE, &format!("what came by {header} is parked"), async || {
                Ok::<bool, anyhow::Error>(host.activity().recorded().iter().any(smuggled))
            })
            .await?;
        }
        connection.close(200, "done".into()).await?;
    }
    host.drain().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_histories_are_not_believed() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let ground = Ground::new().await?;
    let host = ground.start("notification").await?;
    let mut death = FieldTable::default();
    death.insert("count".into(), AMQPValue::LongLongInt(1_000));
    death.insert("queue".into(), AMQPValue::LongString("notification.dispatch".into()));
    death.insert("reason".into(), AMQPValue::LongString("rejected".into()));
    let deaths = AMQPValue::FieldArray(FieldArray::from(vec![AMQPValue::FieldTable(death)]));
    let long = |text: &str| AMQPValue::LongString(text.into());
    let topic = "notification.dispatch.requested";
    let properties = forged(
        topic,
        &[
            ("x-death", deaths),
            ("x-delivery-count", AMQPValue::LongLongInt(99)),
            ("fabric-attempt", AMQPValue::LongLongInt(999)),
            ("fabric-dropped", AMQPValue::Boolean(true)),
            ("fabric-redrive-id", long("rd-1")),
            ("fabric-not-before", long("2099-01-01T00:00:00Z")),
        ],
    );
    let connection = ground.connection("academic").await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let example = fabric_catalog::example(topic).context("every event has an example")?;
    let options = BasicPublishOptions::default();
    channel
        .basic_publish("events.notification".into(), topic.into(), options, example.as_bytes(), properties)
        .await?
        .await?;
    eventually(DEADLINE, "it is handled at its first attempt", async || {
        let settled = host.activity().recorded();
        let dispatch = settled.iter().find(|one| one.subscription.as_str() == "notification.dispatch");
        if let Some(one) = dispatch {
            ensure!(one.attempt == 1, "the attempt is believed: {one:?}");
            ensure!(one.disposition == Disposition::Ack, "it was not handled: {one:?}");
        }
        Ok(dispatch.is_some())
    })
    .await?;
    connection.close(200, "done".into()).await?;
    host.drain().await;
    Ok(())
}
