//! Partitioned subscriptions: each key comes by one queue, and every queue has its own active consumer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use fabric::{Clock, Fabric};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_testkit::harness::tenant;
use jiff::Timestamp;

use crate::sample::{Act, School, host, mark, marks, school, until};

const PARTITIONS: u8 = 4;
const KEYS: u16 = 24;

fn queue(partition: u8) -> String {
    format!("school.marks.partition.{partition}")
}

async fn publish_all(fabric: &Fabric, events: u16) {
    for points in 0..events {
        fabric.publish(mark(&format!("p-{}", points % KEYS), points)).tenant(tenant()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn each_key_comes_by_one_queue_and_what_has_no_slot_by_the_first() {
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let broker = MemoryBroker::new(clock, BrokerOptions { record: true, ..BrokerOptions::default() });
    let partitioned = || school(School::always(Act::Handle), marks().partitions(PARTITIONS)).0;
    // Its queues stay when the first process is gone.
    host(broker.another_client(), clock, partitioned()).await.drain().await;
    let desk =
        host(broker.another_client(), clock, fabric::Service::with_state("school", School::following(&[]))).await;
    publish_all(&desk.fabric_as("school".parse().unwrap()), KEYS * 3).await;
    let mut queues: BTreeMap<String, BTreeSet<u8>> = BTreeMap::new();
    let mut count = 0;
    for partition in 0..PARTITIONS {
        let contents = broker.contents(&queue(partition));
        assert!(!contents.is_empty(), "{} has nothing", queue(partition));
        for (_, message) in contents {
            let key = message.message.headers.text("cloudEvents_partitionkey").unwrap().to_owned();
            queues.entry(key).or_default().insert(partition);
            count += 1;
        }
    }
    assert_eq!((count, queues.len()), (usize::from(KEYS) * 3, usize::from(KEYS)));
    assert!(queues.values().all(|queues| queues.len() == 1), "{queues:?}");
    let mut foreign = (*broker.recorded()[0].content).clone();
    foreign.message.headers.retain(|name, _| name != "fabric-slot");
    let before = broker.contents(&queue(0)).len();
    desk.adapters().broker.publish(foreign).await.unwrap();
    assert_eq!(broker.contents(&queue(0)).len(), before + 1);
    desk.drain().await;
}

#[tokio::test(start_paused = true)]
async fn two_processes_share_the_partitions_and_keep_every_key_in_order() {
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let broker = MemoryBroker::new(clock, BrokerOptions::default());
    let mut processes = Vec::new();
    for _ in 0..2 {
        let act = Act::Take(Duration::from_millis(10));
        let (service, state) = school(School::always(act), marks().partitions(PARTITIONS).concurrency(8));
        let client = broker.another_client();
        let host = host(Arc::clone(&client), clock, service).await;
        until("it to consume", || host.health().readiness().takes_requests).await;
        processes.push((host, client, state));
    }
    publish_all(&processes[1].0.fabric_as("school".parse().unwrap()), KEYS * 10).await;
    tokio::time::sleep(Duration::from_millis(25)).await;
    // From here on the other one has all partitions.
    processes[0].1.disconnect();
    broker.idle().await;
    let mut seen: Vec<_> = processes.iter().flat_map(|(_, _, state)| state.seen()).collect();
    assert!(processes.iter().all(|(_, _, state)| !state.seen().is_empty()));
    seen.sort_by_key(|seen| seen.from);
    let mut next: BTreeMap<String, u16> = BTreeMap::new();
    for seen in &seen {
        let first = seen.key[2..].parse().unwrap();
        let next = next.entry(seen.key.clone()).or_insert(first);
        assert!(seen.points <= *next, "{seen:?} came too early");
        if seen.points == *next {
            *next += KEYS;
        }
    }
    assert!(next.values().all(|next| *next >= KEYS * 10), "{next:?}");
    for (host, client, _) in processes {
        client.reconnect();
        host.drain().await;
    }
}
