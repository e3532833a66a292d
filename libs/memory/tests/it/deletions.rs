//! Queues and exchanges that are deleted under their users, and brought back.

use std::{sync::Arc, time::Duration};

use fabric_core::{
    Pattern,
    topology::{Queue, QueueRole, Topology},
};
use fabric_memory::{
    BrokerOptions, MemoryBroker,
    model::{Answer, CloseReason, Line, Model, Place, Publishing},
};
use fabric_runtime::ports::{Broker, Confirmed, ConsumeError, DeclareError, PublishError, Settled};

use crate::{
    broker::{broker, consume, next, next_id},
    world::{
        COPIES, DELAY, EXCHANGE, OTHER, PARKED, PARTITIONS, SLOTLESS, SPLITTER, WAIT, WORK, World, ack, message,
        partitioned, slotted, to_queue, topology,
    },
};

const RETRY: Duration = Duration::from_mins(3);

fn answer(publishing: Publishing) -> Answer {
    match publishing {
        Publishing::Answered { answer, .. } => answer,
        other => panic!("{other:?}"),
    }
}

fn restore(world: &mut World) {
    let client = world.client;
    world.step(|model| model.restore(client)).unwrap();
}

#[test]
fn a_deleted_queue_takes_everything_with_it_and_comes_back_empty() {
    let mut world = World::new(BrokerOptions::default());
    world.fill(WORK, &["1", "2", "3"]);
    let (channel, other) = (world.consume(WORK, 2), world.consume(OTHER, 2));
    assert!(world.step(|model| model.delete_queue(WORK)));
    assert!(!world.step(|model| model.delete_queue(WORK)), "it is gone");
    assert_eq!(world.closed, [(channel, CloseReason::QueueDeleted)]);
    assert!(!world.settle(channel, ack(1)), "and what was out with it");
    assert!(world.model.is_idle());
    assert_eq!((world.model.activity().deleted, world.model.activity().given_back), (3, 0));
    assert_eq!((world.model.depth(WORK), world.fill(WORK, &["4"])), (None, vec![Answer::Unrouted]));
    assert_eq!(answer(world.publish(message(EXCHANGE, "gradebook.category.defined", "5"))), Answer::Unrouted);
    assert_eq!(answer(world.publish(message(EXCHANGE, "gradebook.grade.posted", "6"))), Answer::Routed);
    assert_eq!(world.ids(other), ["6"], "who reads another queue sees nothing of it");

    restore(&mut world);
    assert_eq!(world.model.contents(WORK), []);
    assert_eq!(answer(world.publish(message(EXCHANGE, "gradebook.category.defined", "7"))), Answer::Routed);
    let channel = world.consume(WORK, 2);
    assert_eq!(world.ids(channel), ["7"]);
}

#[test]
fn a_deleted_wait_queue_leaves_no_deadline_behind() {
    let mut world = World::new(BrokerOptions::default());
    world.fill(WAIT, &["1"]);
    assert!(world.model.deadline().is_some());
    world.step(|model| model.delete_queue(WAIT));
    assert_eq!((world.model.deadline(), world.model.is_idle()), (None, true));
    world.pass(DELAY);
    assert_eq!(world.model.contents(WORK), []);
}

#[test]
fn what_waits_for_a_deleted_queue_finds_it_again() {
    let mut world = World::new(BrokerOptions::default());
    world.fill(WAIT, &["1"]);
    world.step(|model| model.delete_queue(WORK));
    world.pass(DELAY);
    assert_eq!(world.at(Place::Dead, WAIT), ["1"]);
    restore(&mut world);
    world.pass(RETRY);
    assert_eq!((world.at(Place::Dead, WAIT).len(), world.ready(WORK)), (0, vec!["1".to_owned()]));
}

#[test]
fn a_deleted_exchange_refuses_until_it_is_back() {
    let mut world = World::new(BrokerOptions::default());
    let client = world.client;
    let everything = [(EXCHANGE.to_owned(), Pattern::everything())];
    world.step(|model| model.tap(client, &everything, 9)).unwrap();
    let publish = |world: &mut World| answer(world.publish(message(EXCHANGE, "gradebook.grade.posted", "1")));
    assert!(world.step(|model| model.delete_exchange(EXCHANGE)));
    assert!(!world.step(|model| model.delete_exchange(EXCHANGE)));
    assert_eq!((publish(&mut world), world.ready(WORK).len()), (Answer::Refused, 0));
    restore(&mut world);
    assert_eq!(publish(&mut world), Answer::Routed);
    assert_eq!((world.ready(WORK), world.ready(OTHER)), (vec!["1".to_owned()], vec!["1".to_owned()]));
    assert_eq!(world.model.activity().stored, 2, "nobody has declared the tap's binding");
}

#[test]
fn a_copy_finds_its_queue_again_once_that_or_its_exchange_is_back() {
    let mut world = World::new(BrokerOptions::default());
    let publish = |world: &mut World, id| answer(world.publish(message(COPIES, PARKED, id)));
    assert!(world.step(|model| model.delete_queue(PARKED)));
    assert_eq!(publish(&mut world, "1"), Answer::Unrouted);
    restore(&mut world);
    assert_eq!(publish(&mut world, "2"), Answer::Routed);
    assert!(world.step(|model| model.delete_exchange(COPIES)));
    assert_eq!(publish(&mut world, "3"), Answer::Refused);
    restore(&mut world);
    assert_eq!((publish(&mut world, "4"), world.ready(PARKED)), (Answer::Routed, vec!["2".to_owned(), "4".to_owned()]));
}

#[test]
fn a_splitter_goes_on_with_what_is_left_of_it() {
    type Deletion = fn(&mut Model) -> bool;
    let delete: [(Deletion, &[&str]); 6] = [
        (|model| model.delete_queue(PARTITIONS[3]), &[PARTITIONS[0]]),
        (|model| model.delete_queue(PARTITIONS[3]) && model.delete_exchange(SLOTLESS), &[]),
        (|model| model.delete_queue(PARTITIONS[3]) && model.delete_queue(PARTITIONS[0]), &[]),
        (|model| model.delete_exchange(SPLITTER), &[]),
        (|model| model.delete_exchange(SLOTLESS), &[PARTITIONS[3]]),
        (|model| model.delete_queue(PARTITIONS[2]), &[PARTITIONS[3]]),
    ];
    for (number, (delete, reached)) in delete.into_iter().enumerate() {
        let mut world = World::of(&partitioned(4), BrokerOptions::default());
        let outgoing = || slotted(message(EXCHANGE, "gradebook.grade.changed", "1"), 63);
        let holding = |world: &World| -> Vec<&str> {
            PARTITIONS.into_iter().filter(|queue| !world.ready(queue).is_empty()).collect()
        };
        assert!(world.step(delete), "deletion {number}");
        world.publish(outgoing());
        assert_eq!(holding(&world), reached, "deletion {number}");
        restore(&mut world);
        for queue in reached {
            assert!(world.step(|model| model.delete_queue(queue)));
        }
        restore(&mut world);
        world.publish(outgoing());
        assert_eq!(holding(&world), [PARTITIONS[3]], "deletion {number}, and back");
    }
}

#[test]
fn a_deleted_splitter_is_bound_to_nothing() {
    let mut world = World::of(&partitioned(4), BrokerOptions::default());
    let client = world.step(Model::connect);
    world.step(|model| model.delete_exchange(SPLITTER));
    let unbound = Topology { bindings: Vec::new(), ..partitioned(4) };
    world.step(|model| model.declare(client, &unbound)).unwrap();
    world.publish(slotted(message(EXCHANGE, "gradebook.grade.changed", "1"), 63));
    assert_eq!(world.ready(PARTITIONS[3]), [] as [&str; 0]);
    restore(&mut world);
    world.publish(slotted(message(EXCHANGE, "gradebook.grade.changed", "2"), 63));
    assert_eq!(world.ready(PARTITIONS[3]), ["2"]);
}

#[test]
fn a_client_restores_what_it_has_declared_and_nothing_else() {
    let mut world = World::new(BrokerOptions::default());
    let (first, second) = (world.client, world.step(Model::connect));
    let own = Queue { name: "own".to_owned(), role: QueueRole::Parked };
    let more = Topology { queues: vec![own], ..Topology::default() };
    world.step(|model| model.declare(second, &more)).unwrap();
    world.step(|model| model.declare(second, &Topology::default())).unwrap();
    world.step(|model| model.delete_queue("own"));
    world.step(|model| model.delete_queue(WORK));
    world.step(|model| model.restore(second)).unwrap();
    assert_eq!((world.model.depth("own").is_some(), world.model.depth(WORK).is_some()), (true, false));
    world.step(|model| model.restore(first)).unwrap();
    assert!(world.model.depth(WORK).is_some());

    // A connection that is built again restores as well, and so does a broker that starts again.
    world.step(|model| model.delete_queue(WORK));
    world.step(|model| model.lose_connection(first));
    world.step(|model| model.reconnect(first));
    assert!(world.model.depth(WORK).is_some());
    world.step(|model| model.delete_queue(WORK));
    world.step(Model::restart);
    assert!(world.model.depth(WORK).is_some());
}

#[test]
fn a_client_stays_away_from_what_contradicts_it() {
    let mut world = World::new(BrokerOptions::default());
    let (first, second) = (world.client, world.step(Model::connect));
    world.step(|model| model.delete_queue(WORK));
    let other = Queue { name: WORK.to_owned(), role: QueueRole::Parked };
    world.step(|model| model.declare(second, &Topology { queues: vec![other], ..Topology::default() })).unwrap();
    assert_eq!(world.step(|model| model.restore(first)).map_err(|error| error.resource), Err(WORK.to_owned()));
    world.step(|model| model.lose_connection(first));
    world.step(|model| model.reconnect(first));
    assert_eq!((world.away.clone(), world.model.line(first)), (vec![(first, WORK.to_owned())], Line::Away));
    world.step(|model| model.delete_queue(WORK));
    world.step(|model| model.reconnect(first));
    assert_eq!((world.model.line(first), world.model.status(first).reconnects), (Line::Up, 1));
}

#[tokio::test(start_paused = true)]
async fn a_consumer_of_a_deleted_queue_ends_and_restoring_brings_it_back() {
    let broker = broker(BrokerOptions::default()).await;
    broker.publish(to_queue(WORK, "1")).await.unwrap();
    let mut consumer = consume(&broker, WORK, 1).await.unwrap();
    next(&mut consumer).await.unwrap();
    assert!(broker.delete_queue(WORK));
    assert_eq!(consumer.settle(vec![ack(1)]).await, Settled { sent: 0, lost: 1 });
    assert_eq!(next(&mut consumer).await, None);
    assert_eq!(consume(&broker, WORK, 1).await.err(), Some(ConsumeError::NoQueue { queue: WORK.to_owned() }));
    let (one, other) = tokio::join!(broker.restore(), broker.restore());
    assert_eq!((one, other), (Ok(()), Ok(())));
    let mut consumer = consume(&broker, WORK, 1).await.unwrap();
    broker.publish(message(EXCHANGE, "gradebook.category.defined", "2")).await.unwrap();
    assert_eq!(next_id(&mut consumer).await.unwrap().0, "2");
}

#[tokio::test(start_paused = true)]
async fn a_publish_to_a_deleted_exchange_is_refused() {
    let broker = broker(BrokerOptions::default()).await;
    let publish = || broker.publish(message(EXCHANGE, "gradebook.grade.posted", "1"));
    assert!(broker.delete_exchange(EXCHANGE));
    assert_eq!(publish().await, Err(PublishError::Refused));
    broker.restore().await.unwrap();
    assert_eq!(publish().await, Ok(Confirmed::Routed));
}

#[tokio::test(start_paused = true)]
async fn restoring_waits_for_a_connection_and_says_what_is_in_the_way() {
    let broker = broker(BrokerOptions::default()).await;
    broker.disconnect();
    assert!(matches!(broker.restore().await, Err(DeclareError::Away { .. })));
    let back = async { broker.reconnect() };
    assert_eq!(tokio::join!(broker.restore(), back).0, Ok(()));

    let other: Arc<MemoryBroker> = broker.another_client();
    broker.delete_queue(PARKED);
    let queue = Queue { name: PARKED.to_owned(), role: QueueRole::Unrouted };
    other.declare(&Topology { queues: vec![queue], ..Topology::default() }).await.unwrap();
    assert!(matches!(broker.restore().await, Err(DeclareError::Different { resource, .. }) if resource == PARKED));
    broker.lose_connection();
    assert!(!broker.status().borrow().connected, "it cannot come back either");
    broker.delete_queue(PARKED);
    broker.reconnect();
    assert!(broker.status().borrow().connected);
    assert_eq!(broker.declare(&topology()).await, Ok(()));
}
