//! A small school: the events and the handlers that these tests run.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use fabric::{
    Adapters, Clock, Context, Event, EventId, Fault, RetryPolicy, Service, Subscription,
    config::Config,
    core::{breaker::BreakerPolicy, seed::Seed},
    host::Host,
    runtime::ids::Ids,
};
use fabric_memory::{CacheOptions, MemoryBroker, MemoryCache};
use fabric_testkit::harness::Harness;
use garde::Validate;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

/// A mark was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "school.mark.given", version = 2, upcasters = "from_marks", key = "pupil")]
#[event(subject = "pupil", roles = "teacher")]
#[serde(rename_all = "camelCase")]
pub struct MarkGiven {
    #[garde(length(min = 1, max = 64))]
    pub pupil: String,
    #[garde(range(max = 1000))]
    pub points: u16,
}

/// Version 1 called the points marks.
fn from_marks(mut payload: serde_json::Value) -> Result<serde_json::Value, String> {
    payload["points"] = payload["marks"].as_u64().ok_or("marks: a whole number was wanted")?.into();
    Ok(payload)
}

/// A note was sent home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "school.note.sent", key = "pupil")]
#[garde(allow_unvalidated)]
pub struct NoteSent {
    pub pupil: String,
}

/// The bell rang.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "school.bell.rung", key = "tower")]
#[garde(allow_unvalidated)]
pub struct BellRung {
    pub tower: String,
}

/// What a handler does with a delivery.
#[derive(Debug, Clone)]
pub enum Act {
    /// Handles it.
    Handle,
    /// Handles it, which takes a while.
    Take(Duration),
    /// Handles it once the gate lets it.
    Wait,
    /// Never comes back.
    Hang,
    /// Fails, and trying again may help.
    Transient,
    /// Fails, and says when to try again.
    RetryAfter(Duration),
    /// Fails for good.
    Permanent,
    /// Fails with an error of another crate.
    Foreign,
    /// Panics.
    Panic,
}

/// One call of a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub id: EventId,
    pub key: String,
    pub points: u16,
    /// From when, on the harness's clock.
    pub from: Duration,
    /// Until when, whichever way it ended. None: it is still at it.
    pub to: Option<Duration>,
}

/// What the handlers share: what they are to do next, and what they have seen.
pub struct School {
    pub gate: Semaphore,
    script: Mutex<VecDeque<Act>>,
    /// What happens to the marks of so many points, whenever they come, before anything else does.
    of_points: Mutex<BTreeMap<u16, VecDeque<Act>>>,
    otherwise: Act,
    seen: Mutex<Vec<Seen>>,
}

impl School {
    /// The calls follow the script, in the order in which they come, and handle everything after that.
    pub fn following(script: &[Act]) -> Self {
        let script = Mutex::new(script.iter().cloned().collect());
        let of_points = Mutex::default();
        Self { gate: Semaphore::new(0), script, of_points, otherwise: Act::Handle, seen: Mutex::default() }
    }

    /// The calls for marks of these points follow a script of their own.
    #[must_use]
    pub fn with(self, points: u16, script: &[Act]) -> Self {
        self.of_points.lock().unwrap().insert(points, script.iter().cloned().collect());
        self
    }

    /// Every call does the same.
    pub fn always(act: Act) -> Self {
        Self { otherwise: act, ..Self::following(&[]) }
    }

    /// Every call so far, in the order of their beginnings.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many handlers are at work.
    pub fn at_work(&self) -> usize {
        self.seen().iter().filter(|seen| seen.to.is_none()).count()
    }

    /// The points of the marks in the order of their first calls.
    pub fn points(&self) -> Vec<u16> {
        let mut points: Vec<u16> = Vec::new();
        for seen in self.seen() {
            if !points.contains(&seen.points) {
                points.push(seen.points);
            }
        }
        points
    }

    /// Handles a mark as the script says.
    pub async fn handle(event: MarkGiven, context: Context<Self>) -> Result<(), Fault> {
        let school = context.state();
        let own = school.of_points.lock().unwrap().get_mut(&event.points).and_then(VecDeque::pop_front);
        let act = own.or_else(|| school.script.lock().unwrap().pop_front()).unwrap_or_else(|| school.otherwise.clone());
        let (id, from) = (context.metadata().id, context.clock().elapsed());
        let call = {
            let mut seen = school.seen.lock().unwrap();
            seen.push(Seen { id, key: event.pupil, points: event.points, from, to: None });
            seen.len() - 1
        };
        let _ending = Ending { school, clock: context.clock(), call };
        act.play(&school.gate).await
    }
}

/// Notes the end of a call, also of one that panics or is cut off.
struct Ending<'s> {
    school: &'s School,
    clock: Clock,
    call: usize,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.school.seen.lock().unwrap()[self.call].to = Some(self.clock.elapsed());
    }
}

impl Act {
    async fn play(self, gate: &Semaphore) -> Result<(), Fault> {
        match self {
            Self::Handle => Ok(()),
            Self::Take(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Self::Wait => {
                gate.acquire().await.unwrap().forget();
                Ok(())
            }
            Self::Hang => std::future::pending().await,
            Self::Transient => Err(Fault::transient("the printer is out of paper")),
            Self::RetryAfter(delay) => Err(Fault::retry_after(delay, "the printer is busy")),
            Self::Permanent => Err(Fault::permanent("nobody knows this class")),
            Self::Foreign => Ok(print()?),
            Self::Panic => panic!("the printer is on fire"),
        }
    }
}

fn print() -> anyhow::Result<()> {
    let error = std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer");
    Err(anyhow::Error::new(error).context("printing"))
}

/// Five attempts with 1, 4, 16 and 64 seconds between them, always.
pub fn steady() -> RetryPolicy {
    RetryPolicy::try_new(5, 1_000, 4, 300_000, 0).unwrap()
}

/// A breaker that looks back so far that no test opens it.
pub fn never_open() -> BreakerPolicy {
    BreakerPolicy::try_new(10_000, 100, 1, 1).unwrap()
}

/// The subscription `school.marks`.
pub fn marks() -> Subscription<School> {
    Subscription::new("marks").retry(steady()).on(School::handle)
}

/// A school with one subscription.
pub fn school(state: School, marks: Subscription<School>) -> (Service<School>, Arc<School>) {
    let service = Service::with_state("school", state).publishes::<MarkGiven>().subscribe(marks);
    let state = service.state();
    (service, state)
}

/// A running school whose handlers follow the script.
pub async fn following(script: &[Act]) -> (Harness, Arc<School>) {
    let (service, state) = school(School::following(script), marks());
    (Harness::start(service).await, state)
}

/// A process of its own that runs a school on a connection to a broker.
pub async fn host(broker: Arc<MemoryBroker>, clock: Clock, service: Service<School>) -> Host {
    let adapters = Adapters { broker, cache: MemoryCache::new(CacheOptions::default()), clock };
    let config = Config::load(None, []).unwrap();
    Host::start(&config, adapters, Ids::seeded(Seed::new(1)), &[], &[Box::new(service)]).await.unwrap()
}

/// A mark of this pupil.
pub fn mark(pupil: &str, points: u16) -> MarkGiven {
    MarkGiven { pupil: pupil.to_owned(), points }
}

/// Ends a process as a crash does: its tasks wherever they are, and then its connection.
pub async fn crash(host: Host, client: &MemoryBroker) {
    drop(host);
    // Each layer of tasks ends the one below it.
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
    client.crash();
}

/// Waits, on virtual time, until something is so.
///
/// # Panics
/// When it does not come to pass within a virtual hour.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let looked = fabric_testkit::wait::eventually(Duration::from_hours(1), what, || std::future::ready(condition()));
    looked.await.unwrap();
}
