//! What a seed lets happen: who publishes what when, and what goes wrong meanwhile.

use std::{sync::Arc, time::Duration};

use fabric::{EventId, Fabric, Payload, PublishFailure, Published, core::seed::Seed, runtime::ports::PublishError};
use tokio::task::JoinSet;

use super::{
    town::{Process, Town, tenant},
    world::{DeskTidied, Kind},
};
use crate::sample::{crash, mark};

/// How many keys of its own each publisher has.
const KEYS: u64 = 2;

/// How often an event is published again, with the same id, when nobody knows what became of it.
const TRIES_MAX: usize = 3;

/// What became of an event for its publisher.
#[derive(Debug, Clone)]
pub struct Fate {
    pub id: EventId,
    /// None for a desk.
    pub key: Option<String>,
    /// One answer for each time that it was published.
    pub answers: Vec<Result<Published, PublishError>>,
}

impl Fate {
    /// Whether a publish was confirmed.
    pub fn is_confirmed(&self) -> bool {
        self.answers.iter().any(Result::is_ok)
    }
}

/// Publishes and breaks things until everything is published and whole again. The fates of each key stand in their order.
pub async fn carry_out(town: &Arc<Town>, seed: &mut Seed) -> Vec<Fate> {
    let mut publishers = JoinSet::new();
    for number in 0..=seed.below(2) {
        let desk = |service: &str| town.desk.fabric_as(service.parse().unwrap());
        let events = 4 + seed.below(6);
        publishers.spawn(publish_all((desk("school"), desk("office")), number, events, Seed::new(seed.next_u64())));
    }
    break_things(town, seed).await;
    let mut fates: Vec<Fate> = publishers.join_all().await.into_iter().flatten().collect();
    fates.sort_by_key(|fate| fate.id);
    mend(town).await;
    fates
}

async fn publish_all((school, office): (Fabric, Fabric), publisher: u64, events: u64, mut seed: Seed) -> Vec<Fate> {
    let mut fates = Vec::new();
    for number in 0..events {
        if seed.chance(600) {
            tokio::time::sleep(Duration::from_millis(seed.below(80))).await;
        }
        let id = EventId::from_parts(1_767_225_600_000 + number, [u8::try_from(publisher).unwrap(); 10]);
        let (key, answers) = if seed.chance(70) {
            (None, publish(&office, DeskTidied { desk: "d-1".to_owned() }, id).await)
        } else {
            let pupil = format!("p-{publisher}-{}", seed.below(KEYS));
            let answers = publish(&school, mark(&pupil, u16::try_from(number).unwrap()), id).await;
            (Some(pupil), answers)
        };
        fates.push(Fate { id, key, answers });
    }
    fates
}

async fn publish<P: Payload + Clone>(fabric: &Fabric, event: P, id: EventId) -> Vec<Result<Published, PublishError>> {
    let mut answers = Vec::new();
    while answers.len() < TRIES_MAX && !answers.last().is_some_and(Result::is_ok) {
        answers.push(match fabric.publish(event.clone()).tenant(tenant()).id(id).await {
            Ok(published) => Ok(published),
            Err(PublishFailure::Unconfirmed(error)) => Err(error),
            Err(PublishFailure::Rejected(rejected)) => panic!("{rejected}"),
        });
    }
    answers
}

async fn break_things(town: &Arc<Town>, seed: &mut Seed) {
    let mut errands = JoinSet::new();
    for _ in 0..2 + seed.below(6) {
        tokio::time::sleep(Duration::from_millis(seed.below(100))).await;
        break_one(town, seed, &mut errands).await;
    }
    errands.join_all().await;
}

async fn break_one(town: &Arc<Town>, seed: &mut Seed, errands: &mut JoinSet<()>) {
    let (broker, shape) = (&town.broker, &town.world.shape);
    let slot = usize::try_from(seed.below(shape.processes as u64)).unwrap();
    let kind = shape.kinds[usize::try_from(seed.below(shape.kinds.len() as u64)).unwrap()];
    // Longer than a publish waits, once in a while.
    let while_ms = if seed.chance(200) { seed.below(2_500) } else { seed.below(200) };
    let outage = Duration::from_millis(while_ms);
    let fault = Fault::of(seed);
    town.world.befalls(format_args!(
        "{fault:?}, process {:?}, {}, {outage:?}",
        town.with(slot, |one| one.number),
        kind.name()
    ));
    match fault {
        Fault::DeskAway => {
            broker.disconnect();
            tokio::time::sleep(outage).await;
            broker.reconnect();
        }
        Fault::Lost => drop(town.with(slot, |process| {
            town.world.cut(process.number);
            process.client.lose_connection();
        })),
        Fault::Restarted => {
            town.cut_all();
            broker.restart();
        }
        Fault::Away => disconnect(town, slot, outage).await,
        Fault::Blocked => {
            broker.block("no room");
            tokio::time::sleep(outage).await;
            broker.unblock();
        }
        Fault::Refused => broker.refuse_next(1 + seed.below(6)),
        Fault::ConfirmLost => broker.lose_confirm_next(1 + seed.below(3)),
        Fault::Duplicated => broker.duplicate_next(1 + seed.below(3)),
        Fault::CacheAway => {
            town.cache.go_away();
            tokio::time::sleep(outage).await;
            town.cache.come_back();
        }
        Fault::Crash => {
            if let Some(process) = town.take(slot) {
                let Process { number, host, client } = process;
                town.world.cut(number);
                crash(host, &client).await;
                errands.spawn(come_back(Arc::clone(town), slot, outage));
            }
        }
        Fault::Drain => {
            if let Some(process) = town.take(slot) {
                errands.spawn(drain_and_come_back(Arc::clone(town), process, slot, outage));
            }
        }
        Fault::Paused => drop(errands.spawn(pause_for(Arc::clone(town), kind, outage))),
        Fault::Redriven => drop(errands.spawn(redrive(Arc::clone(town), kind))),
    }
}

/// What can go wrong, or be done in the midst of it.
#[derive(Debug, Clone, Copy)]
enum Fault {
    DeskAway,
    Lost,
    Restarted,
    Away,
    Blocked,
    Refused,
    ConfirmLost,
    Duplicated,
    CacheAway,
    Crash,
    Drain,
    Paused,
    Redriven,
}

impl Fault {
    fn of(seed: &mut Seed) -> Self {
        match seed.below(17) {
            0 => Self::DeskAway,
            1 | 2 => Self::Lost,
            3 => Self::Restarted,
            4 => Self::Away,
            5 => Self::Blocked,
            6 => Self::Refused,
            7 => Self::ConfirmLost,
            8 => Self::Duplicated,
            9 => Self::CacheAway,
            10..13 => Self::Crash,
            13 | 14 => Self::Drain,
            15 => Self::Paused,
            _ => Self::Redriven,
        }
    }
}

async fn disconnect(town: &Town, slot: usize, outage: Duration) {
    let client = town.with(slot, |process| {
        town.world.cut(process.number);
        process.client.disconnect();
        Arc::clone(&process.client)
    });
    tokio::time::sleep(outage).await;
    if let Some(client) = client {
        client.reconnect();
    }
}

async fn come_back(town: Arc<Town>, slot: usize, outage: Duration) {
    tokio::time::sleep(outage).await;
    town.fill(slot).await;
}

async fn drain_and_come_back(town: Arc<Town>, process: Process, slot: usize, outage: Duration) {
    process.host.drain().await;
    come_back(town, slot, outage).await;
}

async fn pause_for(town: Arc<Town>, kind: Kind, outage: Duration) {
    town.pause(kind).await;
    tokio::time::sleep(outage).await;
    town.resume(kind).await;
}

async fn redrive(town: Arc<Town>, kind: Kind) {
    town.redrive(kind).await;
}

/// Nothing goes wrong any more, and nobody has paused anything.
async fn mend(town: &Town) {
    let broker = &town.broker;
    broker.refuse_next(0);
    broker.lose_confirm_next(0);
    broker.duplicate_next(0);
    for kind in &town.world.shape.kinds {
        assert!(town.resume(*kind).await, "{} cannot be resumed", kind.name());
    }
}
