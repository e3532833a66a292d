//! The service that is put to the test: three subscriptions to one kind of event, each with another promise of order.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use fabric::{
    AnyService, Context, Event, Fault, RetryPolicy, Service, Subscription,
    config::Config,
    core::{
        seed::Seed,
        service::ServiceSpec,
        topology::{self, QueueRole, Topology},
    },
};
use fabric_testkit::history::{Expected, Fact, Order, Recorder};
use garde::Validate;
use serde::{Deserialize, Serialize};

use crate::crash::{Crash, Point};

/// The service's name.
pub const SERVICE: &str = "faults";
/// Promises completeness only.
pub const LOOSE: &str = "faults.loose";
/// Promises order per key.
pub const STRICT: &str = "faults.strict";
/// Promises order per key, and that later events of a key wait behind a parked one.
pub const HELD: &str = "faults.held";
/// All of them.
pub const SUBSCRIPTIONS: [&str; 3] = [LOOSE, STRICT, HELD];

/// The tenant that the service serves.
pub const TENANT: &str = "lab";

/// The file that shows, beside the failures, that what events [await](Fate::Awaits) is mended.
pub const MENDED: &str = "mended";

/// Over how many queues `faults.strict` is spread.
const PARTITIONS: u8 = 4;
/// The most failures of an event that is handled in the end. Six attempts are enough for two failures even if each attempt is
/// lost once with its process, which counts as one.
pub const FAILURES_MAX: u32 = 2;
const ATTEMPTS_MAX: u32 = 6;

/// A step was taken. Every subscription gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "faults.step.taken", key = "walker")]
#[garde(allow_unvalidated)]
pub struct StepTaken {
    /// Whose step.
    pub walker: String,
    /// Its number.
    pub seq: u64,
    /// What its handlers make of it.
    pub fate: Fate,
}

/// A detour was taken. Only the loose subscription gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "faults.detour.taken", key = "walker")]
#[garde(allow_unvalidated)]
pub struct DetourTaken {
    /// Whose detour.
    pub walker: String,
    /// Its number.
    pub seq: u64,
    /// What its handlers make of it.
    pub fate: Fate,
}

/// A glance was taken. None of the service's subscriptions gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "faults.glance.taken", key = "walker")]
#[garde(allow_unvalidated)]
pub struct GlanceTaken {
    /// Whose glance.
    pub walker: String,
}

/// What handlers make of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// They handle it.
    Good,
    /// They fail so often, and then handle it.
    Fails(u32),
    /// They take so many milliseconds the first time, and then no longer than usual.
    Slow(u64),
    /// They fail always.
    Doomed,
    /// They say that trying again cannot help.
    Refused,
    /// They panic.
    Panics,
    /// They never come back.
    Hangs,
    /// They say that trying again cannot help, until something is mended.
    Awaits,
}

impl Fate {
    /// Whether an event of this fate must end up parked.
    pub fn is_poison(self) -> bool {
        matches!(self, Self::Doomed | Self::Refused | Self::Panics | Self::Hangs)
    }
}

/// What the handlers of a process share.
pub struct Walk {
    /// Where they write down what they do.
    pub recorder: Recorder,
    /// Where the failures so far are counted, beyond the life of a process.
    pub failures: PathBuf,
    /// The longest that a handler takes, in milliseconds.
    pub handle_ms: u64,
    /// Where the process is to be killed.
    pub crash: Crash,
}

/// The service's value.
pub fn service(walk: Walk, handler_timeout: Duration) -> Result<Service<Walk>> {
    // 0.1, 0.2, 0.4, 0.8 and 0.8 s.
    let retry = RetryPolicy::try_new(ATTEMPTS_MAX, 100, 2, 800, 0)?;
    let subscription = |name: &'static str| {
        let short = name.strip_prefix("faults.").unwrap_or(name);
        Subscription::new(short)
            .retry(retry.clone())
            .timeout(handler_timeout)
            .prefetch(32)
            .on(move |step: StepTaken, context| handle(name, step, context))
    };
    let detours = |detour: DetourTaken, context| {
        handle(LOOSE, StepTaken { walker: detour.walker, seq: detour.seq, fate: detour.fate }, context)
    };
    Ok(Service::with_state(SERVICE, walk)
        .publishes::<StepTaken>()
        .publishes::<DetourTaken>()
        .subscribe(subscription(LOOSE).on(detours))
        .subscribe(subscription(STRICT).strict().partitions(PARTITIONS))
        .subscribe(subscription(HELD).strict().hold_key_on_park()))
}

/// The service as it publishes: the driver subscribes to nothing.
pub fn publisher() -> Service {
    Service::new(SERVICE).publishes::<StepTaken>().publishes::<DetourTaken>().publishes::<GlanceTaken>()
}

/// Everything that stands on the broker for the service.
pub fn topology(folder: &Path) -> Result<Topology> {
    let walk = Walk {
        recorder: Recorder::in_folder(folder, "topology")?,
        failures: folder.to_owned(),
        handle_ms: 0,
        crash: Crash::never(),
    };
    let defaults = fabric::subscription_defaults(&Config::load(None, [])?)?;
    let spec: ServiceSpec = service(walk, Duration::from_secs(1))?.spec(&defaults)?;
    Ok(topology::of_services([&spec], &[]))
}

/// The queues that must be empty in the end.
pub fn passing_queues(topology: &Topology) -> Vec<String> {
    let passes = |role: &QueueRole| matches!(role, QueueRole::Work { .. } | QueueRole::Wait { .. });
    topology.queues.iter().filter(|queue| passes(&queue.role)).map(|queue| queue.name.clone()).collect()
}

/// What the checker is to hold the history against.
pub fn expected() -> Expected {
    Expected::default()
        .route(StepTaken::TOPIC, SUBSCRIPTIONS)
        .route(DetourTaken::TOPIC, [LOOSE])
        .order(STRICT, Order::PerKey)
        .order(HELD, Order::PerKeyHoldingParked)
}

async fn handle(subscription: &'static str, step: StepTaken, context: Context<Walk>) -> Result<(), Fault> {
    let walk = context.state();
    let metadata = context.metadata();
    let id = metadata.id.to_string();
    let key = metadata.key.as_ref().map_or("", |key| key.as_str());
    let count = || walk.count(subscription, &id);
    let attempt = if matches!(step.fate, Fate::Good | Fate::Awaits) { 1 } else { count()? };
    let act = walk.recorder.begin(Fact::handle(subscription, id.as_str(), key, step.seq, attempt))?;
    walk.crash.at(Point::BeforeEffect);
    tokio::time::sleep(walk.takes(&id, attempt, step.fate)).await;
    let fault = match step.fate {
        Fate::Good | Fate::Slow(_) => None,
        Fate::Fails(times) => (attempt <= times).then(|| Fault::transient("it fails for now")),
        Fate::Doomed => Some(Fault::transient("it fails always")),
        Fate::Awaits => (!walk.failures.join(MENDED).exists()).then(|| Fault::permanent("it is not mended yet")),
        Fate::Refused => Some(Fault::permanent("it is refused")),
        Fate::Panics => {
            act.fail()?;
            panic!("a handler panics, as it was told to");
        }
        Fate::Hangs => {
            act.fail()?;
            return std::future::pending().await;
        }
    };
    if let Some(fault) = fault {
        act.fail()?;
        return Err(fault);
    }
    act.ok()?;
    walk.crash.at(Point::AfterEffect);
    Ok(())
}

impl Walk {
    /// Which attempt this is, over all processes.
    fn count(&self, subscription: &str, id: &str) -> Result<u32> {
        let path = self.failures.join(format!("{subscription}.{id}"));
        let mut file =
            OpenOptions::new().create(true).append(true).open(&path).context("no file to count failures in")?;
        file.write_all(b".")?;
        Ok(u32::try_from(file.metadata()?.len())?)
    }

    fn takes(&self, id: &str, attempt: u32, fate: Fate) -> Duration {
        match fate {
            Fate::Slow(ms) if attempt == 1 => Duration::from_millis(ms),
            _ => Duration::from_millis(Seed::of_bytes(id.as_bytes()).below(self.handle_ms + 1)),
        }
    }
}
