//! The school of a simulation: handlers whose doing follows from the seed, the event and how often it has come, and what they saw.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use fabric::{
    BreakerPolicy, Clock, Context, Descriptor, Event, EventId, Fault, RetryPolicy, Service, Subscription,
    core::seed::Seed,
};
use garde::Validate;
use serde::{Deserialize, Serialize};

use crate::{
    notices::{DeadLetterParked, DeadLetterResolved},
    sample::MarkGiven,
};

/// A desk was tidied, which interests nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "office.desk.tidied", key = "desk")]
#[garde(allow_unvalidated)]
pub struct DeskTidied {
    pub desk: String,
}

pub const CATALOGUE: &[Descriptor] = &[
    Descriptor::of::<MarkGiven>(),
    Descriptor::of::<DeskTidied>(),
    Descriptor::of::<DeadLetterParked>(),
    Descriptor::of::<DeadLetterResolved>(),
];

/// A subscription to the marks, and which order it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Loose,
    Strict,
    Holding,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Loose => "school.loose",
            Self::Strict => "school.strict",
            Self::Holding => "school.holding",
        }
    }

    pub fn is_strict(self) -> bool {
        self != Self::Loose
    }
}

/// What stands in a seed before anything happens.
#[derive(Debug, Clone)]
pub struct Shape {
    pub kinds: Vec<Kind>,
    pub processes: usize,
    partitions: u8,
    concurrency: u16,
    prefetch: u16,
    immediate: u32,
    breaker: Option<BreakerPolicy>,
    rate: Option<(u32, u32)>,
}

impl Shape {
    pub fn of(seed: &mut Seed) -> Self {
        let kinds = match seed.below(6) {
            0 => vec![Kind::Loose],
            1 | 2 => vec![Kind::Strict],
            3 | 4 => vec![Kind::Holding],
            _ => vec![Kind::Loose, Kind::Holding],
        };
        let concurrency = u16::try_from(1 + seed.below(4)).unwrap();
        Self {
            kinds,
            processes: usize::try_from(1 + seed.below(3)).unwrap(),
            partitions: [1, 1, 2, 3][usize::try_from(seed.below(4)).unwrap()],
            concurrency,
            prefetch: concurrency + u16::try_from(seed.below(6)).unwrap(),
            immediate: u32::try_from(seed.below(2)).unwrap(),
            breaker: seed.chance(200).then(|| BreakerPolicy::try_new(4, 50, 100, 400).unwrap()),
            rate: seed.chance(150).then_some((20, 2)),
        }
    }

    fn subscription(&self, kind: Kind) -> Subscription<Process> {
        let retry = RetryPolicy::try_new(4, 50, 3, 500, 50).unwrap().immediate(self.immediate).unwrap();
        let (_, name) = kind.name().split_once('.').unwrap();
        let mut subscription = Subscription::new(name)
            .retry(retry)
            .timeout(HANDLER_TIMEOUT)
            .concurrency(self.concurrency)
            .prefetch(self.prefetch)
            .on(move |mark: MarkGiven, context| World::handle(kind, mark.pupil, context));
        if let Some(breaker) = self.breaker {
            subscription = subscription.breaker(breaker);
        }
        if let Some((per_second, burst)) = self.rate {
            subscription = subscription.rate(per_second, burst);
        }
        match kind {
            Kind::Loose => subscription,
            Kind::Strict => subscription.strict().partitions(self.partitions),
            Kind::Holding => subscription.hold_key_on_park().partitions(self.partitions),
        }
    }
}

/// How long a handler may take.
const HANDLER_TIMEOUT: Duration = Duration::from_millis(300);

/// One call of a handler.
#[derive(Debug, Clone)]
pub struct Call {
    pub process: usize,
    pub kind: Kind,
    pub id: EventId,
    pub key: String,
    pub from: Duration,
    pub to: Option<Duration>,
    pub is_handled: bool,
}

/// What the processes share: what they have seen, and what befell them.
pub struct World {
    seed: u64,
    pub shape: Shape,
    pub clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    /// How often each event has come to each subscription.
    times: BTreeMap<(Kind, EventId), u32>,
    /// When a process lost its channels, or its life: what its handlers did then may be done by others too.
    cuts: Vec<(usize, Duration)>,
    /// What went wrong, for people to read.
    faults: Vec<String>,
    /// When an event was sent back from the parked queue for the first time.
    redriven: BTreeMap<(Kind, EventId), Duration>,
    /// From now on nothing fails.
    is_mended: bool,
}

/// The state of one process.
pub struct Process {
    number: usize,
    world: Arc<World>,
}

impl World {
    pub fn new(seed: u64, shape: Shape, clock: Clock) -> Arc<Self> {
        Arc::new(Self { seed, shape, clock, state: Mutex::default() })
    }

    /// The service that runs in the process of this number.
    pub fn service(self: &Arc<Self>, number: usize) -> Service<Process> {
        let process = Process { number, world: Arc::clone(self) };
        let service = Service::with_state("school", process).publishes::<MarkGiven>();
        self.shape.kinds.iter().fold(service, |service, kind| service.subscribe(self.shape.subscription(*kind)))
    }

    /// Every call so far, in the order of their beginnings.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Notes what goes wrong now.
    pub fn befalls(&self, fault: std::fmt::Arguments<'_>) {
        let now = self.clock.elapsed();
        self.lock().faults.push(format!("{now:?} {fault}"));
    }

    /// What went wrong.
    pub fn faults(&self) -> Vec<String> {
        self.lock().faults.clone()
    }

    /// Notes that a process loses its channels now.
    pub fn cut(&self, process: usize) {
        let now = self.clock.elapsed();
        self.lock().cuts.push((process, now));
    }

    /// Notes that an event goes back to its subscription now.
    pub fn redriven(&self, kind: Kind, id: EventId) {
        let now = self.clock.elapsed();
        self.lock().redriven.entry((kind, id)).or_insert(now);
    }

    /// Since when an event may come out of its turn.
    pub fn redriven_at(&self, kind: Kind, id: EventId) -> Option<Duration> {
        self.lock().redriven.get(&(kind, id)).copied()
    }

    pub fn mend(&self) {
        self.lock().is_mended = true;
    }

    /// Whether the broker may have given the event of a call to somebody else while the call went on.
    pub fn was_cut(&self, call: &Call) -> bool {
        let is_within = |at: Duration| call.from <= at && call.to.is_none_or(|to| at <= to);
        self.lock().cuts.iter().any(|(process, at)| *process == call.process && is_within(*at))
    }

    /// Whether a call was certainly cut off after its beginning and before its end.
    pub fn was_cut_before_its_end(&self, call: &Call) -> bool {
        let is_within = |at: Duration| call.from < at && call.to.is_none_or(|to| at < to);
        self.lock().cuts.iter().any(|(process, at)| *process == call.process && is_within(*at))
    }

    /// Whether an event may never be handled before everything is mended.
    pub fn is_poison(&self, kind: Kind, id: EventId) -> bool {
        self.nature(kind, id) == Nature::Poison
    }

    /// Whether an event is handled whenever it comes to a handler that is let finish.
    pub fn is_sound(&self, kind: Kind, id: EventId) -> bool {
        matches!(self.nature(kind, id), Nature::Sound | Nature::Slow)
    }

    fn nature(&self, kind: Kind, id: EventId) -> Nature {
        match self.chance(kind, id, "nature").below(100) {
            0..45 => Nature::Sound,
            45..58 => Nature::Slow,
            58..86 => Nature::Flaky,
            _ => Nature::Poison,
        }
    }

    fn chance(&self, kind: Kind, id: EventId, what: impl std::fmt::Display) -> Seed {
        Seed::of_bytes(format!("{}/{}/{id}/{what}", self.seed, kind.name()).as_bytes())
    }

    /// Handles a delivery, or not, as chance has it.
    async fn handle(kind: Kind, key: String, context: Context<Process>) -> Result<(), Fault> {
        let (Process { number, world }, id) = (context.state(), context.metadata().id);
        let (call, times, is_mended) = {
            let mut state = world.lock();
            let call =
                Call { process: *number, kind, id, key, from: world.clock.elapsed(), to: None, is_handled: false };
            state.calls.push(call);
            *state.times.entry((kind, id)).or_default() += 1;
            (state.calls.len() - 1, state.times[&(kind, id)], state.is_mended)
        };
        let mut ending = Ending { world, call, is_handled: false };
        let nature = if is_mended { Nature::Sound } else { world.nature(kind, id) };
        let result = nature.act(world.chance(kind, id, times)).await;
        ending.is_handled = result.is_ok();
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// Notes the end of a call, also of one that panics or is cut off.
struct Ending<'w> {
    world: &'w World,
    call: usize,
    is_handled: bool,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let now = self.world.clock.elapsed();
        let call = &mut self.world.lock().calls[self.call];
        (call.to, call.is_handled) = (Some(now), self.is_handled);
    }
}

/// What happens to an event whenever it is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    Sound,
    Slow,
    Flaky,
    Poison,
}

impl Nature {
    async fn act(self, mut chance: Seed) -> Result<(), Fault> {
        let takes = match self {
            Self::Slow => 50 + chance.below(200),
            Self::Sound | Self::Flaky | Self::Poison if chance.chance(500) => chance.below(30),
            Self::Sound | Self::Flaky | Self::Poison => 0,
        };
        if takes > 0 {
            tokio::time::sleep(Duration::from_millis(takes)).await;
        }
        match self {
            Self::Sound | Self::Slow => Ok(()),
            Self::Poison => Err(Fault::permanent("never")),
            Self::Flaky => match chance.below(100) {
                0..40 => Ok(()),
                40..75 => Err(Fault::transient("no luck")),
                75..85 => Err(Fault::retry_after(Duration::from_millis(chance.below(900)), "later")),
                // Panics, and prints nothing.
                85..95 => std::panic::resume_unwind(Box::new("bad luck")),
                _ => std::future::pending().await,
            },
        }
    }
}
