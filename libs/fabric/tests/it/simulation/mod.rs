//! Seeded simulations: processes of a small school on one broker, random faults, random handlers. Whatever happens, what was promised
//! must hold, and the same seed must give the same history.
//!
//! | variable | |
//! |---|---|
//! | `FABRIC_SIMULATION_SEED` | runs this seed alone |
//! | `FABRIC_SIMULATION_SEEDS` | how many seeds are run (20000) |
//! | `FABRIC_SIMULATION_MINUTES` | runs for so long instead, from a seed that is never the same |

mod broken;
mod order;
mod plan;
mod promises;
mod tally;
mod town;
mod world;

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use fabric::core::seed::Seed;

use broken::{FLAWS, Flaw};
use promises::History;
use tally::Tally;
use town::Town;
use world::{Shape, World};

/// How many seeds are run, unless told otherwise.
const SEEDS: u64 = 20_000;

/// Every so many seeds the history is made a second time, and compared.
const REPEAT_EACH: u64 = 50;

/// How many seeds a flaw may go unnoticed.
const FLAW_SEEDS: u64 = 400;

/// Virtual time after which a world that never comes to rest is given up.
const REST_DEADLINE: Duration = Duration::from_hours(1);

/// How often what is parked is sent back until nothing is parked any more.
const REDRIVES_MAX: usize = 4;

/// What came of a seed.
struct Run {
    broken: Vec<String>,
    tally: Tally,
    told: Vec<String>,
}

/// Runs one seed to its end. With `tell` it gives its history, too.
fn run(number: u64, flaw: Option<Flaw>, tell: bool) -> Run {
    let _silence = metrics::set_default_local_recorder(&metrics::NoopRecorder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut seed = Seed::new(number);
        let shape = Shape::of(&mut seed);
        let town = Town::build(number, |clock| World::new(number, shape, clock), flaw).await;
        let fates = plan::carry_out(&town, &mut seed).await;
        let mut broken: Vec<String> = come_to_rest(&town).await.into_iter().collect();
        broken.extend(promises::broken_at_rest(&History::of(&town, fates.clone())));
        town.world.mend();
        for _ in 0..REDRIVES_MAX {
            let mut redriven = 0;
            for kind in &town.world.shape.kinds {
                redriven += town.redrive(*kind).await;
            }
            broken.extend(come_to_rest(&town).await);
            if redriven == 0 {
                break;
            }
        }
        // What waits for the cache is written at the latest after the longest pause between two attempts.
        tokio::time::sleep(Duration::from_secs(6)).await;
        let history = History::of(&town, fates);
        broken.extend(promises::broken_at_the_end(&history).await);
        let (tally, told) = (Tally::of(&history), if tell { told(&history) } else { Vec::new() });
        let activities = town.activities();
        town.drain().await;
        let in_hand: usize = activities.iter().map(|activity| activity.in_hand()).sum();
        broken.extend((in_hand > 0).then(|| format!("{in_hand} deliveries are in hand after the drain")));
        Run { broken, tally, told }
    })
}

async fn come_to_rest(town: &Town) -> Option<String> {
    // What a process still has in hand after it has lost its channel may yet be parked.
    let resting = async {
        loop {
            town.broker.idle().await;
            if town.in_hand() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(REST_DEADLINE, resting).await.is_ok() {
        return None;
    }
    let queues = town.broker.queue_names().into_iter();
    let left = queues.map(|queue| (town.broker.contents(&queue).len(), queue)).filter(|(count, _)| *count > 0);
    Some(format!("it never came to rest: {:?}", left.collect::<Vec<_>>()))
}

/// The whole history, line by line.
fn told(history: &History) -> Vec<String> {
    let sent = history.sent.iter().map(|sent| {
        let (content, attempt) = (&sent.content, sent.content.message.headers.get("fabric-attempt"));
        let id = content.message.properties.message_id.as_deref().unwrap_or_default();
        format!("{:?} sent {} {} {id} {attempt:?}: {:?}", sent.at, content.exchange, content.routing_key, sent.answer)
    });
    let called = history.calls.iter().map(|call| format!("{call:?}"));
    let fates = history.fates.iter().map(|fate| format!("{fate:?}"));
    let faults = history.town.world.faults().into_iter().map(|fault| format!("fault {fault}"));
    sent.chain(called).chain(fates).chain(faults).collect()
}

/// What is wrong with a seed, and how to see it again.
fn verdict(number: u64, repeat: bool) -> Result<Tally, String> {
    let again = format!(
        "again: FABRIC_SIMULATION_SEED={number} cargo test -p fabric --test it simulation::every -- --nocapture"
    );
    let Run { broken, tally, told } = run(number, None, repeat);
    if !broken.is_empty() {
        return Err(format!("seed {number}:\n  {}\n{again}", broken.join("\n  ")));
    }
    if repeat {
        let second = run(number, None, true).told;
        if let Some((one, other)) = told.iter().zip(&second).find(|(one, other)| one != other) {
            return Err(format!("seed {number} gave two histories:\n  {one}\n  {other}\n{again}"));
        }
        if told.len() != second.len() {
            return Err(format!("seed {number} gave two histories\n{again}"));
        }
    }
    Ok(tally)
}

fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Runs seeds on every core until there are no more, or one fails, or the time is over.
fn run_all(first: u64, seeds: u64, until: Option<Instant>) -> (u64, Tally, Vec<String>) {
    let (next, done, stop) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let (tally, failures) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    let work = || {
        while !stop.load(Relaxed) && until.is_none_or(|until| Instant::now() < until) {
            let number = next.fetch_add(1, Relaxed);
            if number >= seeds {
                return;
            }
            match verdict(first.wrapping_add(number), number % REPEAT_EACH == 0) {
                Ok(one) => tally.lock().unwrap().add(&one),
                Err(failure) => {
                    failures.lock().unwrap().push(failure);
                    stop.store(true, Relaxed);
                }
            }
            done.fetch_add(1, Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    (done.into_inner(), tally.into_inner().unwrap(), failures.into_inner().unwrap())
}

#[test]
fn every_promise_holds_under_every_seed() {
    if let Some(number) = number_of("FABRIC_SIMULATION_SEED") {
        let shown = run(number, None, true);
        shown.told.iter().for_each(|line| println!("{line}"));
        return assert_eq!(shown.broken, Vec::<String>::new());
    }
    let minutes = number_of("FABRIC_SIMULATION_MINUTES");
    let started = Instant::now();
    let until = minutes.map(|minutes| started + Duration::from_mins(minutes));
    let seeds = number_of("FABRIC_SIMULATION_SEEDS").unwrap_or(if until.is_some() { u64::MAX } else { SEEDS });
    let first = if until.is_some() { fresh() } else { 0 };
    let (done, tally, failures) = run_all(first, seeds, until);
    let took = started.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown to people")]
    let rate = done as f64 / took.as_secs_f64();
    println!("{done} schedules from seed {first} in {:.1} s, {rate:.0} a second: {tally:?}", took.as_secs_f64());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    if done >= 1_000 {
        tally.assert_worth_running(done);
    }
}

#[test]
fn every_flaw_is_found() {
    let mut missed = Vec::new();
    for flaw in FLAWS {
        match (0..FLAW_SEEDS).find(|number| !run(*number, Some(flaw), false).broken.is_empty()) {
            Some(number) => println!("{flaw:?} is found by seed {number}"),
            None => missed.push(flaw),
        }
    }
    assert!(missed.is_empty(), "not found within {FLAW_SEEDS} seeds: {missed:?}");
}

/// A seed that is never the same.
fn fresh() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    u64::try_from(since.as_nanos() & u128::from(u64::MAX)).unwrap_or_default()
}
