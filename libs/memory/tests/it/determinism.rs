//! The same tasks with the same seed give the same history, whatever tokio's own chance decides.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fabric_core::seed::Seed;
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_runtime::{
    clock::Clock,
    ports::{Broker, Cache},
};
use jiff::Timestamp;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    broker::{broker, consume, next_id},
    world::{
        DELAY, EXCHANGE, OTHER, PARTITIONS, WAIT, WORK, ack, ack_up_to, id_of, message, partitioned, slotted, to_queue,
    },
};

/// Runs on a runtime of its own, with virtual time.
fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

/// What happened, and in which order.
#[derive(Clone, Default)]
struct History(Arc<Mutex<Vec<String>>>);

impl History {
    fn note(&self, what: std::fmt::Arguments<'_>) {
        self.0.lock().unwrap().push(what.to_string());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[test]
fn those_who_wait_for_a_connection_go_on_in_the_order_in_which_they_came() {
    for _ in 0..20 {
        let order = run(async {
            let (broker, history) = (broker(BrokerOptions::default()).await, History::default());
            broker.disconnect();
            let mut waiting = JoinSet::new();
            for number in 0..16 {
                let (broker, history) = (Arc::clone(&broker), history.clone());
                waiting.spawn(async move {
                    match number % 4 {
                        0 => drop(consume(&broker, WORK, 1).await.unwrap()),
                        1 => broker.restore().await.unwrap(),
                        2 => drop(broker.depths(Vec::new()).await.unwrap()),
                        _ => broker.status().wait_for(|status| status.connected).await.map(|_| ()).unwrap(),
                    }
                    history.note(format_args!("{number}"));
                });
            }
            tokio::task::yield_now().await;
            broker.reconnect();
            waiting.join_all().await;
            history.lines()
        });
        assert_eq!(order, (0..16).map(|number| number.to_string()).collect::<Vec<_>>());
    }
}

#[test]
fn watchers_of_the_cache_and_of_idleness_are_told_in_their_order() {
    for _ in 0..20 {
        let order = run(async {
            let (broker, history) = (broker(BrokerOptions::default()).await, History::default());
            let cache = fabric_memory::MemoryCache::new(fabric_memory::CacheOptions::default());
            broker.publish(to_queue(WORK, "1")).await.unwrap();
            let mut waiting = JoinSet::new();
            for number in 0..8 {
                let (broker, cache, history) = (Arc::clone(&broker), Arc::clone(&cache), history.clone());
                waiting.spawn(async move {
                    cache.reachable().wait_for(|reachable| !reachable).await.map(|_| ()).unwrap();
                    history.note(format_args!("away {number}"));
                    broker.idle().await;
                    history.note(format_args!("idle {number}"));
                });
            }
            tokio::task::yield_now().await;
            cache.go_away();
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            broker.delete_queue(WORK);
            waiting.join_all().await;
            history.lines()
        });
        let expected =
            ["away", "idle"].into_iter().flat_map(|what| (0..8).map(move |number| format!("{what} {number}")));
        assert_eq!(order, expected.collect::<Vec<_>>());
    }
}

#[test]
fn one_seed_gives_one_history_of_several_hosts() {
    for seed in 0..6 {
        let first = run(hosts(seed));
        assert!(first.len() > 100, "{first:?}");
        for _ in 0..4 {
            assert_eq!(run(hosts(seed)), first, "seed {seed}");
        }
    }
    assert_ne!(run(hosts(1)), run(hosts(2)));
}

/// A host: consumers of every queue, which come back after each loss, until the client is gone.
fn start(name: u64, client: &Arc<MemoryBroker>, history: &History) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for queue in [WORK, OTHER, PARTITIONS[0], PARTITIONS[1], PARTITIONS[2], PARTITIONS[3]] {
        let (client, history) = (Arc::clone(client), history.clone());
        tasks.spawn(async move {
            loop {
                let Ok(mut consumer) = consume(&client, queue, 3).await else {
                    sleep(Duration::from_millis(10)).await;
                    history.note(format_args!("{name} restores {queue}: {:?}", client.restore().await));
                    continue;
                };
                while let Some((id, tag)) = next_id(&mut consumer).await {
                    history.note(format_args!("{name} {queue} {id} {tag}"));
                    sleep(Duration::from_millis(tag % 3)).await;
                    if tag % 7 == 3 {
                        let copy = client.publish(to_queue(WAIT, &id)).await;
                        history.note(format_args!("{name} {id} again: {copy:?}"));
                    }
                    consumer.settle(vec![if tag % 4 == 1 { ack_up_to(tag) } else { ack(tag) }]).await;
                }
                history.note(format_args!("{name} {queue} ends"));
            }
        });
    }
    tasks
}

/// Three hosts that consume the same queues, a publisher, and whatever the seed lets go wrong.
async fn hosts(seed: u64) -> Vec<String> {
    let mut seed = Seed::new(seed);
    let history = History::default();
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let operator = MemoryBroker::new(clock, BrokerOptions { record: true, ..BrokerOptions::default() });
    operator.declare(&partitioned(4)).await.unwrap();
    let (mut hosts, mut publishes) = (Vec::new(), JoinSet::new());
    for name in 0..3 {
        hosts.push(host(name, &operator, &history).await);
    }
    for number in 0..60 {
        let slot = i64::try_from(seed.below(70)).unwrap();
        let outgoing = slotted(message(EXCHANGE, "gradebook.grade.posted", &number.to_string()), slot);
        let (client, noted) = (Arc::clone(&operator), history.clone());
        publishes.spawn(async move { noted.note(format_args!("{number}: {:?}", client.publish(outgoing).await)) });
        let at = usize::try_from(seed.below(3)).unwrap();
        let (client, _) = &hosts[at];
        match seed.below(12) {
            0 => client.lose_connection(),
            1 => client.disconnect(),
            2 | 3 => client.reconnect(),
            4 => operator.restart(),
            5 => operator.block("memory"),
            6 | 7 => operator.unblock(),
            8 => assert!(operator.delete_queue(PARTITIONS[at]) || number > 0),
            9 => assert!(operator.delete_exchange(EXCHANGE) || number > 0),
            10 => {
                let (client, tasks) = hosts.remove(at);
                drop(tasks);
                client.crash();
                hosts.insert(at, host(number, &operator, &history).await);
            }
            _ => operator.restore().await.unwrap(),
        }
        sleep(Duration::from_millis(seed.below(20))).await;
    }
    operator.unblock();
    operator.restore().await.unwrap();
    publishes.join_all().await;
    for (client, _) in &hosts {
        client.reconnect();
    }
    sleep(DELAY * 10).await;
    history.note(format_args!("{:?}", operator.activity()));
    for recorded in operator.recorded() {
        history.note(format_args!("{:?} {}", recorded.at, id_of(&recorded.content)));
    }
    history.lines()
}

async fn host(name: u64, operator: &MemoryBroker, history: &History) -> (Arc<MemoryBroker>, JoinSet<()>) {
    let client = operator.another_client();
    client.declare(&partitioned(4)).await.unwrap();
    let tasks = start(name, &client, history);
    (client, tasks)
}
