//! One experiment: a virtual host, two relays, a driver and some workers, and in the end a verdict.

mod judge;
mod settle;
mod setup;

pub use judge::Outcomes;
pub use setup::Setup;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use fabric::{
    Adapters, Clock,
    config::Config,
    core::topology::{Topology, names},
    host::Host,
    runtime::{
        ids::Ids,
        parked::ParkedQueue,
        ports::{Broker, BrokerStatus, Depth},
    },
};
use fabric_memory::{CacheOptions, MemoryCache};
use fabric_testkit::{
    history::{Act, Fact, Parked, Recorder, Verdict},
    relay::Relay,
    wait::eventually,
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{
    broker::{Wrongs, connect},
    crash::Crash,
    load::{Desk, Load},
    order::Order,
    sample::{self, SERVICE, SUBSCRIPTIONS},
    workers::{Recipe, Workers},
};

/// How long things may take that have nothing to do with a fault.
const SETUP_DEADLINE: Duration = Duration::from_secs(30);
/// How long the driver publishes what is not confirmed yet, once nothing new begins.
const CONFIRM_DEADLINE: Duration = Duration::from_secs(30);
/// Reading a parked queue waits for whoever reads it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running experiment. Everything ends with it.
pub struct Stage {
    /// The folder of histories and logs.
    folder: TempDir,
    /// Before the driver's connections.
    pub publish_side: Relay,
    /// Before the workers' connections.
    pub consume_side: Relay,
    /// The workers.
    pub workers: Workers,
    /// Where the driver publishes.
    pub desk: Desk,
    /// What the service needs.
    pub topology: Topology,
    host: Host,
    recorder: Recorder,
    load: Option<Load>,
    setup: Setup,
    order: Order,
    started: Instant,
    findings: Vec<String>,
    notes: Vec<String>,
}

impl Stage {
    /// Sets everything up: the service stands and consumes. Nothing is published yet.
    pub async fn open(setup: Setup, order: &Order) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("fabric-faults-").tempdir()?;
        let path = folder.path().to_owned();
        std::fs::create_dir(path.join("failures"))?;
        std::fs::create_dir(path.join("history"))?;
        let publish_side = Relay::start(setup.publish_to).await?;
        let consume_side = Relay::start(setup.consume_from).await?;
        let url = |relay: &Relay| {
            format!("amqp://guest:guest@{}/{}?heartbeat={}", relay.addr(), setup.vhost, setup.heartbeat_s)
        };
        let recipe = Recipe {
            url: url(&consume_side),
            folder: path.clone(),
            handle_ms: setup.handle_ms,
            timeout_ms: setup.timeout_ms,
            grace_ms: setup.grace_ms,
            mutant: order.worker,
        };
        let mut workers = Workers::new(recipe, setup.workers);
        workers.start_all().await?;
        let wrongs = Wrongs { crash: Crash::never(), mutant: order.driver };
        let host = driver(connect(&url(&publish_side), "driver", wrongs).await?).await?;
        let recorder = Recorder::in_folder(&path.join("history"), "driver")?;
        let fabric = host.fabric(SERVICE).context("the driver publishes")?.clone();
        let topology = sample::topology(&path)?;
        Ok(Self {
            desk: Desk::new(fabric, recorder.clone()),
            topology,
            folder,
            publish_side,
            consume_side,
            workers,
            host,
            recorder,
            load: None,
            setup,
            order: order.clone(),
            started: Instant::now(),
            findings: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// Starts to publish.
    pub fn load(&mut self) {
        self.load = Some(self.desk.load(&self.setup.mix, self.order.seed));
    }

    /// Lets things go on for so many percent of the cell's time.
    pub async fn go_on(&self, percent: u32) {
        sleep(self.share(percent)).await;
    }

    /// So many percent of the cell's time.
    pub fn share(&self, percent: u32) -> Duration {
        self.order.share(percent)
    }

    /// Writes down that something is broken now: end it when it is healed.
    pub fn fault(&self, name: &str) -> Result<Act> {
        self.recorder.begin(Fact::fault(name))
    }

    /// Notes that a promise was broken which the checker does not know.
    pub fn finding(&mut self, finding: impl Into<String>) {
        self.findings.push(finding.into());
    }

    /// Notes something for the reader of the table.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The broker as the driver sees it.
    pub fn broker(&self) -> &Arc<dyn Broker> {
        self.desk.fabric.broker()
    }

    /// Whether the driver's connections come to be so within the deadline.
    pub async fn becomes(&self, is_so: impl FnMut(&BrokerStatus) -> bool, deadline: Duration) -> bool {
        let mut status = self.broker().status();
        // What is found is a lock on the status, and must not live on.
        matches!(tokio::time::timeout(deadline, status.wait_for(is_so)).await, Ok(Ok(_)))
    }

    /// The URL of the broker without a relay.
    pub fn straight_url(&self) -> String {
        format!("amqp://guest:guest@{}/{}", self.setup.publish_to, self.setup.vhost)
    }

    /// The virtual host.
    pub fn vhost(&self) -> &str {
        &self.setup.vhost
    }

    /// How long the workers may take to stop, in milliseconds.
    pub fn grace_ms(&self) -> u64 {
        self.setup.grace_ms
    }

    /// The folder of the experiment.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Whether a worker's log has these words.
    pub fn workers_say(&self, words: &str) -> Result<bool> {
        for entry in std::fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            let is_log = path.extension().is_some_and(|extension| extension == "log");
            if is_log && std::fs::read_to_string(&path)?.contains(words) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Begins nothing new, and waits until everything that was begun is confirmed. Loading again begins with other keys.
    pub async fn stop_load(&mut self) -> Result<()> {
        if let Some(load) = self.load.take() {
            load.stop(CONFIRM_DEADLINE).await?;
            self.desk = self.desk.next_round();
        }
        Ok(())
    }

    /// Stops loading, and waits until nothing is left in the queues.
    pub async fn fall_idle(&mut self) -> Result<()> {
        self.stop_load().await?;
        eventually(SETUP_DEADLINE, "the queues to be empty", || self.is_empty()).await
    }

    /// How much is ready in all work and wait queues together.
    pub async fn backlog(&self) -> Result<u64> {
        let queues = sample::passing_queues(&self.topology);
        let depths: Vec<Depth> = self.broker().depths(queues.clone()).await?;
        anyhow::ensure!(depths.len() == queues.len(), "only {} of {} queues stand", depths.len(), queues.len());
        Ok(depths.iter().map(|depth| depth.ready).sum())
    }

    /// Everything recorded so far, held against the promises.
    pub fn verdict(&self, parked: &Parked) -> Result<Verdict> {
        judge::verdict(&self.histories(), parked)
    }

    /// How the publishes ended so far.
    pub fn outcomes(&self) -> Result<Outcomes> {
        judge::outcomes(&self.histories())
    }

    fn histories(&self) -> PathBuf {
        self.folder.path().join("history")
    }

    /// Writes down that everything that is parked now may be handled late.
    pub async fn note_parked(&self) -> Result<usize> {
        let parked = self.parked().await?;
        for (subscription, event) in parked.iter() {
            self.recorder.done(&Fact::park(subscription, event))?;
        }
        Ok(parked.iter().count())
    }

    /// What stands in the parked queues.
    pub async fn parked(&self) -> Result<Parked> {
        let mut parked = Parked::default();
        for subscription in SUBSCRIPTIONS {
            let mut queue = ParkedQueue::open(self.broker().as_ref(), &subscription.parse()?, PATIENCE).await?;
            while let Some(incoming) = queue.next().await? {
                parked.add(subscription, incoming.message.properties.message_id);
            }
            queue.close().await;
        }
        Ok(parked)
    }
}

async fn driver(broker: Arc<dyn Broker>) -> Result<Host> {
    let mut status = broker.status();
    let connected = status.wait_for(|status| status.connected);
    tokio::time::timeout(SETUP_DEADLINE, connected).await.context("the driver cannot connect")??;
    let adapters = Adapters { broker, cache: MemoryCache::new(CacheOptions::default()), clock: Clock::system() };
    let config = Config::load(None, [])?;
    Ok(Host::start(&config, adapters, Ids::system(), &[], &[Box::new(sample::publisher())]).await?)
}

/// The wait queues of the loose subscription.
pub fn wait_queues(topology: &Topology) -> Vec<String> {
    sample::passing_queues(topology).into_iter().filter(|queue| queue.contains(".retry.")).collect()
}

/// The parked queue of a subscription.
pub fn parked_queue(subscription: &str) -> Result<String> {
    Ok(names::parked_queue(&subscription.parse()?))
}
