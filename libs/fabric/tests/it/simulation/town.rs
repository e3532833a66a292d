//! Where a simulation takes place: one broker, one cache, the processes of a school, and a desk from which events are published and
//! operators act.

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use fabric::{
    Adapters, AnyService, Clock, SubscriptionName, TenantId,
    config::Config,
    core::{
        seed::Seed,
        topology::{self, Topology},
    },
    host::Host,
    runtime::{activity::Activity, ids::Ids},
    subscription_defaults,
};
use fabric_memory::{BrokerOptions, CacheOptions, MemoryBroker, MemoryCache};
use jiff::Timestamp;

use super::{
    broken::{Broken, Flaw},
    world::{CATALOGUE, Kind, World},
};
use crate::operator::{self, Operator};

/// How long clients wait for their broker, and operators for each other.
const PATIENCE: Duration = Duration::from_secs(1);

pub struct Town {
    pub world: Arc<World>,
    pub broker: Arc<MemoryBroker>,
    pub cache: Arc<MemoryCache>,
    pub desk: Host,
    slots: Mutex<Vec<Option<Process>>>,
    started: Mutex<usize>,
    redrives: Mutex<u32>,
    topology: Topology,
    seed: u64,
    flaw: Option<Flaw>,
}

/// A process of the school, on a connection of its own.
pub struct Process {
    pub number: usize,
    pub host: Host,
    pub client: Arc<MemoryBroker>,
}

impl Town {
    /// A town whose processes are up.
    pub async fn build(seed: u64, world: impl FnOnce(Clock) -> Arc<World>, flaw: Option<Flaw>) -> Arc<Self> {
        let clock = Clock::starting_at(Timestamp::from_second(1_767_225_600).unwrap());
        let options = BrokerOptions { record: true, deadline: PATIENCE, ..BrokerOptions::default() };
        let (broker, cache) = (MemoryBroker::new(clock, options), MemoryCache::new(CacheOptions::default()));
        let world = world(clock);
        let adapters = Adapters { broker: Broken::wrap(&broker, flaw), cache: cache.clone(), clock };
        let ids = Ids::seeded(Seed::new(seed));
        let desk = Host::start(config(), adapters, ids, CATALOGUE, &[]).await.unwrap();
        let (slots, started, redrives) = (Mutex::default(), Mutex::new(0), Mutex::new(0));
        let spec = world.service(0).spec(&subscription_defaults(config()).unwrap()).unwrap();
        let topology = topology::of_services([&spec], &[]);
        let town = Arc::new(Self { world, broker, cache, desk, slots, started, redrives, topology, seed, flaw });
        for _ in 0..town.world.shape.processes {
            let process = town.start_process().await;
            town.slots.lock().unwrap().push(Some(process));
        }
        town
    }

    async fn start_process(&self) -> Process {
        let number = {
            let mut started = self.started.lock().unwrap();
            *started += 1;
            *started
        };
        let client = self.broker.another_client();
        let adapters = Adapters {
            broker: Broken::wrap(&client, self.flaw),
            // Only the desk publishes, and a process that ends closes its cache.
            cache: MemoryCache::new(CacheOptions::default()),
            clock: self.world.clock,
        };
        let ids = Ids::seeded(Seed::new(self.seed.wrapping_add(number as u64)));
        let services: [Box<dyn AnyService>; 1] = [Box::new(self.world.service(number))];
        let host = Host::start(config(), adapters, ids, CATALOGUE, &services).await.unwrap();
        Process { number, host, client }
    }

    /// Takes a process out of its slot, if one is there.
    pub fn take(&self, slot: usize) -> Option<Process> {
        self.slots.lock().unwrap()[slot].take()
    }

    /// Starts a process in an empty slot.
    pub async fn fill(&self, slot: usize) {
        let process = self.start_process().await;
        self.slots.lock().unwrap()[slot] = Some(process);
    }

    /// Does something to the process of a slot, if one is there.
    pub fn with<T>(&self, slot: usize, act: impl FnOnce(&Process) -> T) -> Option<T> {
        self.slots.lock().unwrap()[slot].as_ref().map(act)
    }

    /// Notes that all processes lose their channels, also those that are on their way out.
    pub fn cut_all(&self) {
        (1..=*self.started.lock().unwrap()).for_each(|number| self.world.cut(number));
    }

    /// What goes on in each process.
    pub fn activities(&self) -> Vec<Arc<Activity>> {
        self.slots.lock().unwrap().iter().flatten().map(|process| Arc::clone(process.host.activity())).collect()
    }

    /// How much the processes have in hand.
    pub fn in_hand(&self) -> usize {
        self.activities().iter().map(|activity| activity.in_hand()).sum()
    }

    /// Ends all processes in good order.
    pub async fn drain(&self) {
        for slot in 0..self.world.shape.processes {
            if let Some(process) = self.take(slot) {
                process.host.drain().await;
            }
        }
    }

    /// Pauses a subscription, as far as the broker lets it.
    pub async fn pause(&self, kind: Kind) -> bool {
        operator::pause(self.broker.as_ref(), &name(kind)).await
    }

    /// Resumes a subscription, as far as the broker lets it.
    pub async fn resume(&self, kind: Kind) -> bool {
        operator::resume(self.broker.as_ref(), &name(kind)).await
    }

    /// Sends everything that is parked back, as far as the broker lets it. Gives how many events that was.
    pub async fn redrive(&self, kind: Kind) -> usize {
        let number = {
            let mut redrives = self.redrives.lock().unwrap();
            *redrives += 1;
            *redrives
        };
        let note = |id: &str| self.world.redriven(kind, id.parse().unwrap());
        let operator =
            Operator { broker: self.broker.as_ref(), topology: &self.topology, clock: self.world.clock, is_told: true };
        operator.redrive(&name(kind), &format!("redrive-{number}"), note).await
    }
}

pub fn name(kind: Kind) -> SubscriptionName {
    SubscriptionName::try_new(kind.name()).unwrap()
}

pub fn tenant() -> TenantId {
    TenantId::try_new("test").unwrap()
}

/// Reading it takes longer than many a seed.
fn config() -> &'static Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    CONFIG.get_or_init(|| Config::load(None, [("FABRIC__DRAIN__GRACE_MS".to_owned(), "2000".to_owned())]).unwrap())
}
