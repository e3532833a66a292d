//! The port `Broker` on virtual time.

use std::{future::poll_fn, sync::Arc, time::Duration};

use fabric_core::{
    Pattern,
    message::Incoming,
    topology::{Queue, QueueRole, Topology},
};
use fabric_memory::{BrokerOptions, MemoryBroker, model::Place};
use fabric_runtime::{
    clock::Clock,
    ports::{
        Broker, Confirmed, ConsumeError, ConsumeRequest, Consumer, DeclareError, Depth, PublishError, Settled,
        TapRequest,
    },
};
use jiff::Timestamp;

use crate::world::{DELAY, EXCHANGE, OTHER, PARKED, WAIT, WORK, ack, id_of, message, to_queue, topology};

pub async fn broker(options: BrokerOptions) -> Arc<MemoryBroker> {
    let broker = MemoryBroker::new(Clock::starting_at(Timestamp::UNIX_EPOCH), options);
    broker.declare(&topology()).await.unwrap();
    broker
}

pub async fn consume(broker: &MemoryBroker, queue: &str, prefetch: u16) -> Result<Box<dyn Consumer>, ConsumeError> {
    broker.consume(ConsumeRequest { queue: queue.to_owned(), prefetch, consumer_name: "test".to_owned() }).await
}

pub async fn next(consumer: &mut Box<dyn Consumer>) -> Option<Incoming> {
    poll_fn(|context| consumer.poll_next(context)).await
}

/// The id and the tag of the next delivery.
pub async fn next_id(consumer: &mut Box<dyn Consumer>) -> Option<(String, u64)> {
    next(consumer).await.map(|incoming| (incoming.message.properties.message_id.unwrap(), incoming.tag))
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_all_the_way() {
    let broker = broker(BrokerOptions::default()).await;
    let outgoing = message(EXCHANGE, "gradebook.grade.posted", "1");
    assert_eq!(broker.publish(outgoing.clone()).await, Ok(Confirmed::Routed));
    assert_eq!(broker.publish(message(EXCHANGE, "kyc.document.verified", "2")).await, Ok(Confirmed::Unrouted));
    let mut consumer = consume(&broker, WORK, 1).await.unwrap();
    let incoming = next(&mut consumer).await.unwrap();
    assert_eq!(
        (incoming.exchange, incoming.routing_key, incoming.message),
        (outgoing.exchange, outgoing.routing_key, outgoing.message)
    );
    assert_eq!((incoming.tag, incoming.redelivered), (1, false));

    let depths = || broker.depths([WORK, "none", OTHER].map(str::to_owned).into());
    let depth = |queue: &str, ready, consumers| Depth { queue: queue.to_owned(), ready, consumers };
    assert_eq!(depths().await, Ok(vec![depth(WORK, 0, 1), depth(OTHER, 1, 0)]));
    assert_eq!(consumer.settle(vec![ack(1)]).await, Settled { sent: 1, lost: 0 });
    assert!(!broker.is_idle(), "the other queue has it still");
    consumer.close(DELAY).await;
    assert_eq!(depths().await, Ok(vec![depth(WORK, 0, 0), depth(OTHER, 1, 0)]));
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_waits_is_woken() {
    let broker = broker(BrokerOptions::default()).await;
    let mut consumer = consume(&broker, WORK, 1).await.unwrap();
    let reader = tokio::spawn(async move { next_id(&mut consumer).await });
    tokio::task::yield_now().await;
    broker.publish(to_queue(WORK, "1")).await.unwrap();
    assert_eq!(reader.await.unwrap(), Some(("1".to_owned(), 1)));
    assert_eq!(broker.contents(WORK)[0].0, Place::Ready, "a dropped consumer gives everything back");
}

#[tokio::test(start_paused = true)]
async fn a_channel_error_ends_the_consumer_and_loses_what_follows() {
    let broker = broker(BrokerOptions::default()).await;
    for id in ["1", "2", "3"] {
        broker.publish(to_queue(WORK, id)).await.unwrap();
    }
    let mut consumer = consume(&broker, WORK, 2).await.unwrap();
    next(&mut consumer).await.unwrap();
    assert_eq!(consumer.settle(vec![ack(1), ack(1), ack(2)]).await, Settled { sent: 2, lost: 1 });
    assert_eq!(next(&mut consumer).await, None);
    assert_eq!(next(&mut consumer).await, None);
    let mut consumer = consume(&broker, WORK, 2).await.unwrap();
    assert!(next(&mut consumer).await.unwrap().redelivered);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_declared_or_consumed_is_named() {
    let broker = broker(BrokerOptions::default()).await;
    let other = Queue { name: WORK.to_owned(), role: QueueRole::Parked };
    let declared = broker.declare(&Topology { queues: vec![other], ..Topology::default() }).await;
    assert!(matches!(declared, Err(DeclareError::Different { resource, .. }) if resource == WORK));
    let consumed = consume(&broker, "none", 1).await.err();
    assert_eq!(consumed, Some(ConsumeError::NoQueue { queue: "none".to_owned() }));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_message_comes_back_when_nobody_calls() {
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let broker = MemoryBroker::new(clock, BrokerOptions::default());
    broker.declare(&topology()).await.unwrap();
    let mut consumer = consume(&broker, WORK, 9).await.unwrap();
    for id in ["1", "2"] {
        broker.publish(to_queue(WAIT, id)).await.unwrap();
        tokio::time::advance(DELAY / 2).await;
    }
    for id in ["1", "2"] {
        assert_eq!(next_id(&mut consumer).await.unwrap().0, id);
    }
    assert!(clock.elapsed() >= DELAY + DELAY / 2, "not before its time");
}

#[tokio::test(start_paused = true)]
async fn a_longer_wait_does_not_hold_up_a_shorter_one() {
    let broker = broker(BrokerOptions::default()).await;
    let wait =
        |name: &str, delay| Queue { name: name.to_owned(), role: QueueRole::Wait { delay, work: WORK.to_owned() } };
    let queues = vec![wait("for.ever", Duration::MAX), wait("longer", DELAY * 100)];
    broker.declare(&Topology { queues, ..Topology::default() }).await.unwrap();
    let mut consumer = consume(&broker, WORK, 9).await.unwrap();
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    for queue in ["for.ever", "longer", WAIT] {
        broker.publish(to_queue(queue, queue)).await.unwrap();
        tokio::task::yield_now().await;
        assert_eq!(metrics.num_alive_tasks(), before + 1, "the timer sleeps, however long");
    }
    for (queue, delay) in [(WAIT, DELAY), ("longer", DELAY * 100)] {
        let delivery = tokio::time::timeout(delay * 2, next_id(&mut consumer)).await;
        assert_eq!(delivery.unwrap().unwrap().0, queue);
    }
    assert_eq!(broker.contents("for.ever").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_timer_ends_with_the_broker() {
    let broker = broker(BrokerOptions::default()).await;
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    broker.publish(to_queue(WAIT, "1")).await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!(metrics.num_alive_tasks(), before + 1, "it sleeps until the message's time is over");
    drop(broker);
    let ended = async {
        while metrics.num_alive_tasks() > before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(DELAY / 2, ended).await.unwrap();
}

#[test]
fn the_timer_outlives_the_runtime_it_was_started_on() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let broker = MemoryBroker::new(Clock::system(), BrokerOptions::default());
    let short = QueueRole::Wait { delay: Duration::from_millis(5), work: WORK.to_owned() };
    let first = runtime();
    first.block_on(async {
        broker.declare(&topology()).await.unwrap();
        let queues = vec![Queue { name: "short".to_owned(), role: short }];
        broker.declare(&Topology { queues, ..Topology::default() }).await.unwrap();
        broker.publish(to_queue("short", "1")).await.unwrap();
    });
    drop(first);
    runtime().block_on(async {
        let mut consumer = consume(&broker, WORK, 1).await.unwrap();
        let delivery = tokio::time::timeout(Duration::from_secs(20), next_id(&mut consumer)).await;
        assert_eq!(delivery.unwrap().unwrap().0, "1");
    });
}

#[tokio::test(start_paused = true)]
async fn idle_waits_for_all_work_and_for_no_parked_event() {
    let broker = broker(BrokerOptions::default()).await;
    broker.idle().await;
    broker.publish(to_queue(PARKED, "parked")).await.unwrap();
    broker.idle().await;

    broker.publish(to_queue(WORK, "1")).await.unwrap();
    broker.publish(to_queue(WAIT, "2")).await.unwrap();
    let handler = tokio::spawn({
        let broker = Arc::clone(&broker);
        async move {
            let mut consumer = consume(&broker, WORK, 1).await.unwrap();
            let mut handled = Vec::new();
            while let Some((id, tag)) = next_id(&mut consumer).await {
                if id == "1" {
                    broker.publish(to_queue(WAIT, "1, again")).await.unwrap();
                }
                tokio::time::sleep(DELAY * 3).await;
                consumer.settle(vec![ack(tag)]).await;
                handled.push(id);
            }
            handled
        }
    });
    broker.idle().await;
    assert_eq!(broker.activity().acknowledged, 3);
    broker.lose_connection();
    assert_eq!(handler.await.unwrap(), ["1", "2", "1, again"]);
    broker.idle().await;
}

#[tokio::test(start_paused = true)]
async fn a_tap_sees_what_goes_by() {
    let broker = broker(BrokerOptions::default()).await;
    let bindings = vec![(EXCHANGE.to_owned(), Pattern::try_new("gradebook.grade.*").unwrap())];
    let mut tap = broker.tap(TapRequest { bindings: bindings.clone(), backlog_max: 2 }).await.unwrap();
    let reader = tokio::spawn(async move {
        let first = next_id(&mut tap).await;
        (first, tap)
    });
    tokio::task::yield_now().await;
    broker.publish(message(EXCHANGE, "gradebook.grade.posted", "1")).await.unwrap();
    let (first, mut tap) = reader.await.unwrap();
    assert_eq!(first.unwrap().0, "1");
    for id in ["2", "3", "4"] {
        broker.publish(message(EXCHANGE, "gradebook.grade.posted", id)).await.unwrap();
        broker.publish(message(EXCHANGE, "gradebook.category.defined", "not matched")).await.unwrap();
    }
    assert_eq!([next_id(&mut tap).await.unwrap().0, next_id(&mut tap).await.unwrap().0], ["3", "4"]);
    broker.restart();
    assert_eq!(next(&mut tap).await, None);

    let nowhere = vec![("events.none".to_owned(), Pattern::everything())];
    let refused = broker.tap(TapRequest { bindings: nowhere, backlog_max: 2 }).await.err();
    assert_eq!(refused, Some(ConsumeError::NoQueue { queue: "events.none".to_owned() }));
}

/// Publishes as fast as it can to a consumer that takes `pause` for each message: how many were ready at most.
async fn longest_queue(flow_max: usize, messages: u64, pause: Duration) -> u64 {
    let broker = broker(BrokerOptions { flow_max, ..BrokerOptions::default() }).await;
    let mut consumer = consume(&broker, OTHER, 50).await.unwrap();
    let reader = tokio::spawn(async move {
        for _ in 0..messages {
            let tag = next(&mut consumer).await.unwrap().tag;
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            consumer.settle(vec![ack(tag)]).await;
        }
    });
    let mut longest = 0;
    for number in 0..messages {
        broker.publish(to_queue(OTHER, &number.to_string())).await.unwrap();
        let activity = broker.activity();
        longest = longest.max(activity.stored - activity.delivered);
    }
    reader.await.unwrap();
    longest
}

#[tokio::test(start_paused = true)]
async fn a_publisher_lets_its_consumers_run() {
    let longest = longest_queue(usize::MAX, 20_000, Duration::ZERO).await;
    assert!(longest < 500, "{longest} messages at a time");
}

#[tokio::test(start_paused = true)]
async fn a_publisher_waits_for_slow_consumers() {
    let longest = longest_queue(100, 2_000, Duration::from_millis(2)).await;
    assert!(longest < 500, "{longest} messages at a time");
}

#[tokio::test(start_paused = true)]
async fn what_was_published_can_be_looked_at() {
    let broker = broker(BrokerOptions { record: true, ..BrokerOptions::default() }).await;
    broker.publish(message(EXCHANGE, "gradebook.grade.posted", "1")).await.unwrap();
    broker.refuse_next(1);
    assert_eq!(broker.publish(to_queue(WORK, "2")).await, Err(PublishError::Refused));
    let recorded: Vec<String> = broker.recorded().iter().map(|recorded| id_of(&recorded.content)).collect();
    assert_eq!(recorded, ["1", "2"]);
    assert_eq!((broker.activity().published, broker.activity().refused, broker.activity().stored), (2, 1, 2));
    assert_eq!(broker.queue_names().len(), 5);
}
