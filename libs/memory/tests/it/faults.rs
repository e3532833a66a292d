//! What goes wrong, as the ports tell it.

use std::time::Duration;

use fabric_memory::{BrokerOptions, MemoryBroker, model::Place};
use fabric_runtime::ports::{Broker, Confirmed, ConsumeError, DeclareError, PublishError, Settled};
use tokio::time::{sleep, timeout};

use crate::{
    broker::{broker, consume, next, next_id},
    world::{WORK, ack, to_queue, topology},
};

const DEADLINE: Duration = Duration::from_secs(5);

fn ready(broker: &MemoryBroker) -> Vec<String> {
    let contents = broker.contents(WORK);
    contents
        .iter()
        .filter(|(place, _)| *place == Place::Ready)
        .map(|(_, content)| crate::world::id_of(content))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_ends_consumers_and_is_back() {
    let broker = broker(BrokerOptions::default()).await;
    broker.publish(to_queue(WORK, "1")).await.unwrap();
    let mut consumer = consume(&broker, WORK, 1).await.unwrap();
    next(&mut consumer).await.unwrap();
    let mut status = broker.status();
    broker.lose_connection();
    assert_eq!(consumer.settle(vec![ack(1)]).await, Settled { sent: 0, lost: 1 });
    assert_eq!(next(&mut consumer).await, None);
    status.changed().await.unwrap();
    assert_eq!((status.borrow().is_ready(), status.borrow().reconnects), (true, 1));
    let mut consumer = consume(&broker, WORK, 1).await.unwrap();
    assert!(next(&mut consumer).await.unwrap().redelivered);
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_everything_waits_up_to_the_deadline() {
    let broker = broker(BrokerOptions { deadline: DEADLINE, ..BrokerOptions::default() }).await;
    broker.disconnect();
    assert!(!broker.status().borrow().connected);
    assert!(matches!(broker.publish(to_queue(WORK, "1")).await, Err(PublishError::NotSent { .. })));
    assert!(matches!(consume(&broker, WORK, 1).await.err(), Some(ConsumeError::Away { .. })));
    assert!(matches!(broker.declare(&topology()).await, Err(DeclareError::Away { .. })));
    assert!(broker.depths(vec![WORK.to_owned()]).await.is_err());

    let (publish, depths) = (broker.publish(to_queue(WORK, "2")), broker.depths(vec![WORK.to_owned()]));
    let back = async {
        sleep(DEADLINE / 2).await;
        broker.reconnect();
    };
    let (published, depths, ()) = tokio::join!(publish, depths, back);
    assert_eq!((published, depths.unwrap()[0].ready), (Ok(Confirmed::Routed), 1));
    assert_eq!(ready(&broker), ["2"], "what was not sent never comes");
}

#[tokio::test(start_paused = true)]
async fn publishes_keep_their_order_over_a_lost_connection() {
    let broker = broker(BrokerOptions::default()).await;
    broker.disconnect();
    let (one, two, three) =
        (broker.publish(to_queue(WORK, "1")), broker.publish(to_queue(WORK, "2")), broker.publish(to_queue(WORK, "3")));
    broker.reconnect();
    let four = broker.publish(to_queue(WORK, "4"));
    // Awaited in another order than made.
    let answers = [three.await, four.await, one.await, two.await];
    assert_eq!(answers, [const { Ok(Confirmed::Routed) }; 4]);
    assert_eq!(ready(&broker), ["1", "2", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn nobody_knows_what_a_blocked_broker_will_take() {
    let broker = broker(BrokerOptions { held_max: 1, ..BrokerOptions::default() }).await;
    broker.publish(to_queue(WORK, "1")).await.unwrap();
    let mut consumer = consume(&broker, WORK, 1).await.unwrap();
    broker.block("memory");
    assert_eq!(broker.status().borrow().blocked.as_deref(), Some("memory"));
    let (held, refused) = (broker.publish(to_queue(WORK, "2")), broker.publish(to_queue(WORK, "3")));
    assert!(matches!(refused.await, Err(PublishError::NotSent { .. })));
    assert!(matches!(held.await, Err(PublishError::Unknown { .. })));
    let (_, tag) = next_id(&mut consumer).await.unwrap();
    consumer.settle(vec![ack(tag)]).await;
    assert!(timeout(DEADLINE, broker.idle()).await.is_err(), "a publish is still under way");
    broker.unblock();
    assert!(broker.status().borrow().is_ready());
    assert_eq!(next_id(&mut consumer).await.unwrap().0, "2", "it was taken after all");
}

#[tokio::test(start_paused = true)]
async fn a_connection_lost_while_blocked_leaves_publishes_unknown() {
    let broker = broker(BrokerOptions::default()).await;
    broker.block("disk");
    let held = broker.publish(to_queue(WORK, "1"));
    broker.lose_connection();
    broker.unblock();
    assert!(matches!(held.await, Err(PublishError::Unknown { .. })));
    broker.idle().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_noticed_by_every_client() {
    let one = broker(BrokerOptions::default()).await;
    let other = one.another_client();
    let mut consumers = [consume(&one, WORK, 1).await.unwrap(), consume(&other, WORK, 1).await.unwrap()];
    one.restart();
    for consumer in &mut consumers {
        assert_eq!(next(consumer).await, None);
    }
    assert_eq!((one.status().borrow().reconnects, other.status().borrow().reconnects), (1, 1));
    one.lose_connection();
    assert_eq!((one.status().borrow().reconnects, other.status().borrow().reconnects), (2, 1));
    other.publish(to_queue(WORK, "1")).await.unwrap();
    assert_eq!(ready(&one), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn answers_go_wrong_as_asked() {
    let broker = broker(BrokerOptions::default()).await;
    broker.refuse_next(1);
    broker.lose_confirm_next(1);
    broker.duplicate_next(2);
    let mut answers = Vec::new();
    for id in ["1", "2", "3", "4"] {
        answers.push(broker.publish(to_queue(WORK, id)).await);
    }
    let unknown = |answer: &Result<_, _>| matches!(answer, Err(PublishError::Unknown { .. }));
    assert_eq!(answers[0], Err(PublishError::Refused));
    assert!(unknown(&answers[1]));
    assert_eq!(answers[2..], [const { Ok(Confirmed::Routed) }; 2]);
    assert_eq!(ready(&broker), ["2", "2", "3", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn after_closing_nothing_works_and_everything_is_given_back() {
    let broker = broker(BrokerOptions::default()).await;
    let watcher = broker.another_client();
    broker.publish(to_queue(WORK, "1")).await.unwrap();
    let mut consumer = consume(&broker, WORK, 1).await.unwrap();
    next(&mut consumer).await.unwrap();
    broker.close(DEADLINE).await;
    broker.close(DEADLINE).await;
    assert_eq!(next(&mut consumer).await, None);
    assert_eq!(consumer.settle(vec![ack(1)]).await, Settled { sent: 0, lost: 1 });
    assert!(matches!(broker.publish(to_queue(WORK, "2")).await, Err(PublishError::NotSent { .. })));
    assert!(matches!(consume(&broker, WORK, 1).await.err(), Some(ConsumeError::Away { .. })));
    assert!(!broker.status().borrow().connected);
    broker.lose_connection();
    broker.reconnect();
    assert!(!broker.status().borrow().connected, "closed is closed");
    assert_eq!(ready(&watcher), ["1"]);
    assert!(watcher.status().borrow().is_ready());
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_publishes_that_are_held() {
    let broker = broker(BrokerOptions::default()).await;
    let watcher = broker.another_client();
    broker.block("memory");
    let held = broker.publish(to_queue(WORK, "1"));
    let unblock = async {
        sleep(DEADLINE / 5).await;
        watcher.unblock();
    };
    let ((), (), answer) = tokio::join!(broker.close(DEADLINE), unblock, held);
    assert_eq!((answer, ready(&watcher)), (Ok(Confirmed::Routed), vec!["1".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_client_leaves_and_its_consumers_end() {
    let broker = broker(BrokerOptions::default()).await;
    let watcher = broker.another_client();
    let mut consumer = consume(&broker, WORK, 1).await.unwrap();
    let mut status = broker.status();
    drop(broker);
    assert_eq!(next(&mut consumer).await, None);
    assert!(status.wait_for(|status| !status.connected).await.is_ok());
    assert_eq!(watcher.depths(vec![WORK.to_owned()]).await.unwrap()[0].consumers, 0);
}

#[tokio::test(start_paused = true)]
async fn a_crash_ends_one_client_and_another_takes_over() {
    let broker = broker(BrokerOptions::default()).await;
    let other = broker.another_client();
    for id in ["1", "2", "3"] {
        broker.publish(to_queue(WORK, id)).await.unwrap();
    }
    let mut consumer = consume(&broker, WORK, 2).await.unwrap();
    let (mut status, mut left) = (broker.status(), consume(&other, WORK, 9).await.unwrap());
    assert_eq!([next_id(&mut consumer).await, next_id(&mut left).await].map(|next| next.unwrap().0), ["1", "3"]);
    next(&mut consumer).await.unwrap();

    broker.crash();
    assert_eq!((next(&mut consumer).await, consumer.settle(vec![ack(1)]).await.lost), (None, 1));
    assert!(status.wait_for(|status| !status.connected).await.is_ok());
    assert!(status.changed().await.is_err(), "its status ends");
    assert!(!broker.status().borrow().connected);
    assert!(matches!(broker.publish(to_queue(WORK, "4")).await, Err(PublishError::NotSent { .. })));
    assert!(matches!(consume(&broker, WORK, 1).await.err(), Some(ConsumeError::Away { .. })));
    assert!(matches!(broker.restore().await, Err(DeclareError::Away { .. })));
    assert_eq!([next_id(&mut left).await, next_id(&mut left).await].map(|next| next.unwrap().0), ["1", "2"]);
    assert!(other.status().borrow().is_ready());
}

#[tokio::test(start_paused = true)]
async fn what_a_crashed_client_could_not_send_is_never_taken() {
    for blocked in [true, false] {
        let broker = broker(BrokerOptions::default()).await;
        let other = broker.another_client();
        if blocked {
            broker.block("memory");
        } else {
            broker.disconnect();
        }
        let held = broker.publish(to_queue(WORK, "1"));
        assert!(!other.is_idle());
        broker.crash();
        assert!(matches!(held.await, Err(PublishError::Unknown { .. })), "nobody could know");
        broker.reconnect();
        other.unblock();
        assert_eq!(ready(&other), [] as [&str; 0]);
        assert!(other.is_idle());
        assert_eq!(other.publish(to_queue(WORK, "2")).await, Ok(Confirmed::Routed));
    }
}
