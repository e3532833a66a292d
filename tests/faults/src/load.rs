//! The driver: it publishes through the fabric, one event at a time for each key, until each is confirmed, and writes down what it
//! did and how that ended.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use fabric::{
    Event, EventId, Fabric, PublishFailure, Published, TenantId, core::seed::Seed, runtime::ports::PublishError,
};
use fabric_testkit::history::{Act, Fact, Recorder};
use futures_util::future::try_join_all;
use tokio::{
    sync::{OwnedRwLockWriteGuard, RwLock},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::{
    sample::{DetourTaken, FAILURES_MAX, Fate, GlanceTaken, StepTaken, TENANT},
    strange::Strange,
};

/// What is published.
#[derive(Debug, Clone)]
pub struct Mix {
    /// How many keys take steps.
    pub walkers: u64,
    /// How many keys take detours.
    pub detours: u64,
    /// The longest pause between two events of a key, in milliseconds.
    pub pause_ms: u64,
    /// How many of a thousand events fail once or twice.
    pub failing_per_mille: u64,
    /// How many of a thousand events are slow the first time, and by how many milliseconds.
    pub slow: (u64, u64),
    /// What becomes of one event of each doomed key. One such key is begun every second.
    pub dooms: Vec<Fate>,
    /// What is published beside events. One such message is sent every second.
    pub strange: Vec<Strange>,
    /// How often each step is published, with the same id.
    pub copies: usize,
}

impl Default for Mix {
    fn default() -> Self {
        Self {
            walkers: 10,
            detours: 2,
            pause_ms: 120,
            failing_per_mille: 50,
            slow: (0, 0),
            dooms: vec![Fate::Doomed, Fate::Refused, Fate::Panics],
            strange: vec![Strange::NoAttributes, Strange::OtherSchema],
            copies: 1,
        }
    }
}

/// The publishing that is going on.
#[derive(Debug)]
pub struct Load {
    stop: CancellationToken,
    give_up: CancellationToken,
    tasks: JoinSet<Result<()>>,
}

/// What all keys share.
#[derive(Clone)]
pub struct Desk {
    /// Publishes.
    pub fabric: Fabric,
    /// Where the driver writes down what it does.
    pub recorder: Recorder,
    stop: CancellationToken,
    give_up: CancellationToken,
    /// Whoever publishes reads; whoever wants silence writes.
    silence: Arc<RwLock<()>>,
    /// Sets apart the keys of one load from those of the one before.
    round: u32,
}

/// How long the driver waits before it publishes something again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How many events follow the doomed one of its key.
const AFTER_DOOM: u64 = 3;

impl Desk {
    /// A desk at which nobody works yet.
    pub fn new(fabric: Fabric, recorder: Recorder) -> Self {
        Self {
            fabric,
            recorder,
            stop: CancellationToken::new(),
            give_up: CancellationToken::new(),
            silence: Arc::default(),
            round: 1,
        }
    }

    /// A desk for the next load, whose keys are others.
    #[must_use]
    pub fn next_round(&self) -> Self {
        Self { round: self.round + 1, ..Self::new(self.fabric.clone(), self.recorder.clone()) }
    }

    /// Waits until nothing is being published, and keeps it so until the guard is dropped.
    pub async fn hush(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.silence).write_owned().await
    }

    /// Starts to publish.
    pub fn load(&self, mix: &Mix, seed: u64) -> Load {
        let mut tasks = JoinSet::new();
        let seeded = |name: &str| Seed::of_bytes(format!("{seed}/{name}").as_bytes());
        for walker in (0..mix.walkers).map(|number| format!("walker-{}-{number}", self.round)) {
            tasks.spawn(walk(self.clone(), walker.clone(), mix.clone(), seeded(&walker), false));
        }
        for walker in (0..mix.detours).map(|number| format!("detour-{}-{number}", self.round)) {
            tasks.spawn(walk(self.clone(), walker.clone(), mix.clone(), seeded(&walker), true));
        }
        if !mix.dooms.is_empty() {
            tasks.spawn(doom(self.clone(), mix.dooms.clone()));
        }
        if !mix.strange.is_empty() {
            tasks.spawn(be_strange(self.clone(), mix.strange.clone()));
        }
        Load { stop: self.stop.clone(), give_up: self.give_up.clone(), tasks }
    }

    /// Publishes one step until it is confirmed.
    pub async fn step(&self, step: StepTaken, copies: usize) -> Result<()> {
        let (key, seq, poison) = (step.walker.clone(), step.seq, step.fate.is_poison());
        self.publish(step, &key, seq, poison, copies).await
    }

    /// Publishes so many glances at the same time, until all are confirmed.
    pub async fn glances(&self, name: &str, glances: usize) -> Result<()> {
        let walkers: Vec<String> = (0..glances).map(|number| format!("glance-{name}-{number}")).collect();
        let glances =
            walkers.iter().map(|walker| self.publish(GlanceTaken { walker: walker.clone() }, walker, 1, false, 1));
        try_join_all(glances).await.map(drop)
    }

    /// Publishes one detour until it is confirmed.
    pub async fn detour(&self, detour: DetourTaken) -> Result<()> {
        let (key, seq, poison) = (detour.walker.clone(), detour.seq, detour.fate.is_poison());
        self.publish(detour, &key, seq, poison, 1).await
    }

    /// Publishes one event, again and again, until it is confirmed or the driver has to give up; all of that several times at once,
    /// if there are to be copies.
    async fn publish<E: Event + Clone>(
        &self,
        event: E,
        key: &str,
        seq: u64,
        poison: bool,
        copies: usize,
    ) -> Result<()> {
        let id = EventId::from_parts(u64::try_from(self.fabric.clock().now().as_millisecond())?, random_of(key, seq));
        let tenant: TenantId = TENANT.parse()?;
        let name = id.to_string();
        let fact = if poison {
            Fact::publish_poison(E::TOPIC, name, key, seq)
        } else {
            Fact::publish(E::TOPIC, name, key, seq)
        };
        let publish = || {
            let publish = self.fabric.publish(event.clone()).tenant(tenant.clone()).id(id);
            async move {
                match publish.await {
                    Ok(published) => Ok(published),
                    Err(PublishFailure::Unconfirmed(error)) => Err(error),
                    Err(PublishFailure::Rejected(rejected)) => unreachable!("our own events are valid: {rejected}"),
                }
            }
        };
        try_join_all((0..copies).map(|_| self.until_confirmed(&fact, &publish))).await.map(drop)
    }

    /// Does it again and again until it is confirmed to be routed, and writes down each time how it ended.
    pub async fn until_confirmed<F>(&self, fact: &Fact, publish: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = Result<Published, PublishError>>,
    {
        while !self.give_up.is_cancelled() {
            let under_way = self.silence.read().await;
            let act = self.recorder.begin(fact.clone())?;
            if end(act, &publish().await)? {
                return Ok(());
            }
            drop(under_way);
            self.pause(AGAIN_AFTER, &self.give_up).await;
        }
        Ok(())
    }

    async fn pause(&self, time: Duration, until: &CancellationToken) {
        tokio::select! {
            () = until.cancelled() => {}
            () = sleep(time) => {}
        }
    }
}

impl Load {
    /// Begins nothing new, and waits until everything that was begun is confirmed. After the deadline it gives up.
    pub async fn stop(mut self, deadline: Duration) -> Result<()> {
        self.stop.cancel();
        let give_up = self.give_up.clone();
        let timer = tokio::spawn(async move {
            sleep(deadline).await;
            give_up.cancel();
        });
        while let Some(ended) = self.tasks.join_next().await {
            ended.context("the driver panicked")??;
        }
        timer.abort();
        Ok(())
    }
}

/// Writes down how a publish ended, and says whether the event is where it belongs. What was kept as unrouted reached no subscription.
fn end(act: Act, result: &Result<Published, PublishError>) -> Result<bool> {
    match result {
        Ok(Published::Routed(_)) => act.ok().map(|()| true),
        Ok(Published::Unrouted(_))
        | Err(PublishError::NotSent { .. } | PublishError::NoExchange { .. } | PublishError::Forbidden { .. }) => {
            act.fail().map(|()| false)
        }
        Err(PublishError::Refused | PublishError::Unknown { .. }) => act.unknown().map(|()| false),
    }
}

async fn walk(desk: Desk, walker: String, mix: Mix, mut seed: Seed, detour: bool) -> Result<()> {
    for seq in 1.. {
        if desk.stop.is_cancelled() {
            break;
        }
        let fate = if seed.chance(mix.failing_per_mille) {
            Fate::Fails(1 + u32::try_from(seed.below(FAILURES_MAX.into()))?)
        } else if seed.chance(mix.slow.0) {
            Fate::Slow(mix.slow.1)
        } else {
            Fate::Good
        };
        if detour {
            desk.detour(DetourTaken { walker: walker.clone(), seq, fate }).await?;
        } else {
            desk.step(StepTaken { walker: walker.clone(), seq, fate }, mix.copies).await?;
        }
        desk.pause(Duration::from_millis(seed.below(mix.pause_ms + 1)), &desk.stop).await;
    }
    Ok(())
}

/// A key whose first event is handled, the second is poison, and the rest shows what becomes of those behind it.
async fn doom(desk: Desk, dooms: Vec<Fate>) -> Result<()> {
    for (number, fate) in dooms.iter().cycle().enumerate() {
        if desk.stop.is_cancelled() {
            break;
        }
        let walker = format!("doomed-{}-{number}", desk.round);
        for seq in 1..=2 + AFTER_DOOM {
            let fate = if seq == 2 { *fate } else { Fate::Good };
            desk.step(StepTaken { walker: walker.clone(), seq, fate }, 1).await?;
        }
        desk.pause(Duration::from_secs(1), &desk.stop).await;
    }
    Ok(())
}

async fn be_strange(desk: Desk, kinds: Vec<Strange>) -> Result<()> {
    for (number, strange) in kinds.iter().cycle().enumerate() {
        if desk.stop.is_cancelled() {
            break;
        }
        strange.publish(&desk, &format!("strange-{}-{number}", desk.round)).await?;
        desk.pause(Duration::from_secs(1), &desk.stop).await;
    }
    Ok(())
}

/// An id that no other event has.
fn random_of(key: &str, seq: u64) -> [u8; 10] {
    let mut random = [0; 10];
    let parts = [Seed::of_bytes(key.as_bytes()).next_u64().to_be_bytes(), seq.to_be_bytes()].concat();
    random.iter_mut().zip(parts.iter().take(6).chain(parts.iter().skip(12))).for_each(|(to, from)| *to = *from);
    random
}
