use std::collections::BTreeMap;

use anyhow::Result;
use fabric_core::{
    ack_ledger::Settlement,
    message::{HeaderValue, Outgoing},
    partition::Partitions,
    resend,
    service::{OnPark, Order, ServiceSpec, SubscriptionSpec},
    topology::{self, RETURNS_MAX, Topology},
};
use fabric_rabbitmq::RabbitBroker;
use fabric_runtime::ports::{Broker, Confirmed, Consumer, Settled};
use fabric_testkit::servers::{Server, require};
use fabric_testkit::wait::eventually;

use crate::{DEADLINE, consume, next, next_id, on_fresh_vhost, outgoing, publish_all, ready};

/// A strict subscription `test.strict` to `test.#`, over so many queues.
fn strict(partitions: u8) -> Result<Topology> {
    let order = Order::Strict { partitions: Partitions::try_new(partitions)?, on_park: OnPark::GoOn };
    let subscription =
        SubscriptionSpec { order, ..SubscriptionSpec::new("test.strict".parse()?, vec!["test.#".parse()?]) };
    let service = ServiceSpec::try_new("test".parse()?, Vec::new(), vec![subscription])?;
    Ok(topology::of_services([&service], &["test"]))
}

fn with_slot(id: &str, slot: impl Into<HeaderValue>) -> Outgoing {
    let mut message = outgoing("events.test", "test.a.b", id);
    message.message.headers.set(resend::SLOT, slot);
    message
}

async fn give_back(consumer: &mut dyn Consumer, tags: impl IntoIterator<Item = u64>) {
    for tag in tags {
        let settled = consumer.settle(vec![Settlement::GiveBack { tag }]).await;
        assert_eq!(settled, Settled { sent: 1, lost: 0 });
    }
}

/// Reads a queue to its end and gives the ids in the order of their arrival, none of them acknowledged.
async fn ids_in(broker: &RabbitBroker, queue: &str, count: u64) -> Result<Vec<String>> {
    let mut consumer = consume(broker, queue, 2_000).await?;
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(next_id(consumer.as_mut()).await?);
    }
    consumer.close(DEADLINE).await;
    Ok(ids)
}

#[tokio::test]
async fn every_slot_goes_to_its_queue_and_what_has_none_to_the_first() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    let strict = strict(5)?;
    broker.declare(&strict).await?;
    broker.declare(&strict).await?;
    let splitter = &strict.splitters[0];
    let slots = (0..64_u8).map(|slot| with_slot(&slot.to_string(), HeaderValue::Int(slot.into())));
    let strays = [
        outgoing("events.test", "test.a.b", "none"),
        with_slot("text", "7"),
        with_slot("beyond", HeaderValue::Int(64)),
        with_slot("negative", HeaderValue::Int(-1)),
    ];
    let outcomes = publish_all(&broker, slots.chain(strays)).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Confirmed::Routed)), "{outcomes:?}");
    let elsewhere = broker.publish(outgoing("events.test", "elsewhere.a.b", "1")).await;
    assert_eq!(elsewhere, Ok(Confirmed::Unrouted));

    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (slot, queue) in splitter.slots() {
        expected.entry(queue).or_default().push(slot.to_string());
    }
    let first = expected.entry(splitter.slotless_queue()).or_default();
    first.extend(["none", "text", "beyond", "negative"].map(str::to_owned));
    assert_eq!(expected.len(), 5);
    for (queue, expected) in expected {
        let count = ready(&broker, &queue).await?;
        assert_eq!(ids_in(&broker, &queue, count).await?, expected, "{queue}");
    }
    Ok(())
}

#[tokio::test]
async fn one_consumer_at_a_time_gets_what_is_in_a_strict_queue() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&strict(1)?).await?;
    let mut active = consume(&broker, "test.strict", 2).await?;
    let mut waiting = consume(&broker, "test.strict", 10).await?;
    publish_all(&broker, (1..=6).map(|index| outgoing("events.test", "test.a.b", &index.to_string()))).await;
    for expected in ["1", "2"] {
        assert_eq!(next_id(active.as_mut()).await?, expected);
    }
    active.settle(vec![Settlement::Ack { tag: 1, multiple: false }]).await;
    assert_eq!(next_id(active.as_mut()).await?, "3");
    // Closed with two of its deliveries unsettled: the other consumer begins with those.
    active.close(DEADLINE).await;
    for expected in ["2", "3", "4", "5", "6"] {
        assert_eq!(next_id(waiting.as_mut()).await?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_given_back_keeps_its_place() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&strict(1)?).await?;
    publish_all(&broker, (1..=9).map(|index| outgoing("events.test", "test.a.b", &index.to_string()))).await;
    let mut consumer = consume(&broker, "test.strict", 4).await?;
    for expected in ["1", "2", "3", "4"] {
        assert_eq!(next_id(consumer.as_mut()).await?, expected);
    }
    give_back(consumer.as_mut(), 1..=4).await;
    for expected in ["1", "2", "3", "4"] {
        assert_eq!(next_id(consumer.as_mut()).await?, expected);
    }
    consumer.settle(vec![Settlement::Ack { tag: 8, multiple: true }]).await;
    assert_eq!(next_id(consumer.as_mut()).await?, "5");
    Ok(())
}

#[tokio::test]
async fn what_comes_back_too_often_is_parked_by_the_broker() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&strict(1)?).await?;
    publish_all(&broker, ["poison", "good"].map(|id| outgoing("events.test", "test.a.b", id))).await;
    let mut consumer = consume(&broker, "test.strict", 1).await?;
    let mut attempts = 0;
    let tag = loop {
        let incoming = next(consumer.as_mut()).await?.unwrap();
        if incoming.message.properties.message_id.as_deref() == Some("good") {
            break incoming.tag;
        }
        attempts += 1;
        give_back(consumer.as_mut(), [incoming.tag]).await;
    };
    assert_eq!(attempts, RETURNS_MAX + 1);
    consumer.settle(vec![Settlement::Ack { tag, multiple: false }]).await;
    eventually(DEADLINE, "the poison in the parked queue", async || {
        anyhow::Ok(ready(&broker, "test.strict.parked").await? == 1)
    })
    .await
}

#[tokio::test]
async fn looking_at_parked_events_does_not_wear_them_out() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&strict(1)?).await?;
    publish_all(&broker, (1..=3).map(|index| outgoing("", "test.strict.parked", &index.to_string()))).await;
    let mut consumer = consume(&broker, "test.strict.parked", 3).await?;
    for look in 0..2 * u64::from(RETURNS_MAX) {
        for expected in ["1", "2", "3"] {
            assert_eq!(next_id(consumer.as_mut()).await?, expected, "at look {look}");
        }
        give_back(consumer.as_mut(), 3 * look + 1..=3 * look + 3).await;
    }
    consumer.close(DEADLINE).await;
    assert_eq!(ids_in(&broker, "test.strict.parked", 3).await?, ["1", "2", "3"]);
    Ok(())
}
