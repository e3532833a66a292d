//! What a seed lets happen: who publishes what when, and what goes wrong meanwhile.

use std::time::Duration;

use fabric::{EventId, Fabric, Payload, PublishFailure, Published, core::seed::Seed, runtime::ports::PublishError};
use fabric_testkit::harness::{Harness, tenant};
use tokio::task::JoinSet;

use super::world::DeskTidied;
use crate::sample::mark;

/// How many publish at a time, and how many events each of them publishes, of how many keys of its own.
const PUBLISHERS: u64 = 3;
const EVENTS: u64 = 12;
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

    /// Whether no publish can have been taken.
    pub fn is_certainly_not_taken(&self) -> bool {
        let refused = |answer: &_| matches!(answer, Err(PublishError::Refused | PublishError::NotSent { .. }));
        self.answers.iter().all(refused)
    }
}

/// Publishes and breaks things until everything is published and whole again. The fates of each key stand in their order.
pub async fn carry_out(harness: &Harness, mut seed: Seed) -> Vec<Fate> {
    let mut publishers = JoinSet::new();
    for number in 0..PUBLISHERS {
        let fabrics = (harness.fabric_as("school"), harness.fabric_as("office"));
        publishers.spawn(publish_all(fabrics, number, Seed::new(seed.next_u64())));
    }
    break_things(harness, Seed::new(seed.next_u64())).await;
    let mut fates: Vec<Fate> = publishers.join_all().await.into_iter().flatten().collect();
    mend_everything(harness);
    fates.sort_by_key(|fate| fate.id);
    fates
}

async fn publish_all((school, office): (Fabric, Fabric), publisher: u64, mut seed: Seed) -> Vec<Fate> {
    let mut fates = Vec::new();
    for number in 0..EVENTS {
        tokio::time::sleep(Duration::from_millis(seed.below(120))).await;
        let id = EventId::from_parts(1_767_225_600_000 + number, [u8::try_from(publisher).unwrap(); 10]);
        let answers = if seed.chance(120) {
            (None, publish(&office, DeskTidied { desk: "d-1".to_owned() }, id).await)
        } else {
            let pupil = format!("p-{publisher}-{}", seed.below(KEYS));
            let answers = publish(&school, mark(&pupil, u16::try_from(number).unwrap()), id).await;
            (Some(pupil), answers)
        };
        fates.push(Fate { id, key: answers.0, answers: answers.1 });
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

async fn break_things(harness: &Harness, mut seed: Seed) {
    let (broker, cache) = (harness.broker(), harness.cache());
    for _ in 0..4 + seed.below(8) {
        tokio::time::sleep(Duration::from_millis(seed.below(300))).await;
        // Longer than a publish waits, once in a while.
        let outage = Duration::from_millis(if seed.chance(400) { seed.below(9_000) } else { seed.below(400) });
        match seed.below(8) {
            0 => broker.lose_connection(),
            1 => broker.restart(),
            2 => {
                broker.disconnect();
                tokio::time::sleep(outage).await;
                broker.reconnect();
            }
            3 => {
                broker.block("no room");
                tokio::time::sleep(outage).await;
                broker.unblock();
            }
            4 => broker.refuse_next(1 + seed.below(7)),
            5 => broker.lose_confirm_next(1 + seed.below(3)),
            6 => broker.duplicate_next(1 + seed.below(3)),
            _ => {
                cache.go_away();
                tokio::time::sleep(outage).await;
                cache.come_back();
            }
        }
    }
}

fn mend_everything(harness: &Harness) {
    let broker = harness.broker();
    broker.refuse_next(0);
    broker.lose_confirm_next(0);
    broker.duplicate_next(0);
}

/// What waits for the cache is written at the latest after the longest pause between two attempts.
pub async fn let_the_cache_catch_up() {
    tokio::time::sleep(Duration::from_secs(6)).await;
}
