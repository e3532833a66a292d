//! Seeded simulations: a small school, random faults, random handlers. Whatever happens, what was promised must hold at the end, and
//! the same seed must give the same history.
//!
//! `FABRIC_SIMULATION_SEEDS` says how many seeds are run (300), `FABRIC_SIMULATION_SEED` runs that one alone.

mod plan;
mod promises;
mod world;

use std::ops::Range;

use fabric::core::seed::Seed;
use fabric_testkit::harness::{Harness, Setup};

use plan::Fate;
use world::{CATALOGUE, Call, World};

/// Every so many seeds the history is made a second time, and compared.
const REPEAT_EACH: u64 = 3;

/// Everything that happened under one seed.
struct History {
    harness: Harness,
    calls: Vec<Call>,
    fates: Vec<Fate>,
}

/// Runs one seed to its end and gives what is the matter with it, and its history as text.
fn run(seed: u64) -> (Vec<String>, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (service, world) = world::service(seed);
        let setup = Setup { catalogue: CATALOGUE, seed, ..Setup::default() };
        let harness = Harness::start_with(service, setup).await;
        let fates = plan::carry_out(&harness, Seed::new(seed)).await;
        harness.settle().await;
        plan::let_the_cache_catch_up().await;
        let history = History { harness, calls: World::calls(&world), fates };
        let broken = promises::broken(&history).await;
        let told = history.told();
        history.harness.drain().await;
        (broken, told)
    })
}

impl History {
    /// The whole history, line by line.
    fn told(&self) -> Vec<String> {
        let sent = self.harness.broker().recorded().into_iter().map(|sent| {
            let (content, attempt) = (&sent.content, sent.content.message.headers.get("fabric-attempt"));
            let id = content.message.properties.message_id.as_deref().unwrap_or_default();
            format!(
                "{:?} sent {} {} {id} {attempt:?}: {:?}",
                sent.at, content.exchange, content.routing_key, sent.answer
            )
        });
        let called = self.calls.iter().map(|call| format!("{call:?}"));
        let settled = self.harness.host().activity().recorded().into_iter().map(|settled| format!("{settled:?}"));
        let fates = self.fates.iter().map(|fate| format!("{fate:?}"));
        sent.chain(called).chain(settled).chain(fates).collect()
    }
}

fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

fn check(seeds: Range<u64>) {
    for seed in seeds {
        // The last one that is printed is the one that failed.
        println!("FABRIC_SIMULATION_SEED={seed}");
        let (broken, told) = run(seed);
        assert!(broken.is_empty(), "seed {seed}: {broken:#?}");
        if seed % REPEAT_EACH != 0 {
            continue;
        }
        let (_, again) = run(seed);
        if let Some((one, other)) = told.iter().zip(&again).find(|(one, other)| one != other) {
            panic!("seed {seed} gave two histories:\n{one}\n{other}");
        }
        assert_eq!(told.len(), again.len(), "seed {seed} gave two histories");
    }
}

#[test]
fn every_promise_holds_under_every_seed() {
    match number_of("FABRIC_SIMULATION_SEED") {
        Some(seed) => check(seed..seed + 1),
        None => check(0..number_of("FABRIC_SIMULATION_SEEDS").unwrap_or(300)),
    }
}

#[test]
fn the_seeds_are_worth_running() {
    let (mut retried, mut parked, mut unknown, mut lost, mut unrouted, mut handled) = (0, 0, 0, 0, 0, 0);
    for seed in 0..20 {
        let (_, told) = run(seed);
        let count = |word: &str| told.iter().filter(|line| line.contains(word)).count();
        retried += count("RetryAfter");
        parked += count("Park(");
        handled += count("disposition: Ack");
        unknown += count("Err(Unknown");
        lost += count("Err(NotSent");
        unrouted += count("Unrouted");
    }
    let counts = [retried, parked, unknown, lost, unrouted, handled];
    assert!(counts.iter().all(|count| *count >= 5), "something hardly ever happens: {counts:?}");
}
