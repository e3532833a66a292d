//! Runs services on `memory://` and virtual time: publish, wait until everything has come to rest, look at what became of it.
//!
//! Time is tokio's, paused: a retry that is due in an hour comes at once when there is nothing else to do. So nothing sleeps,
//! and nothing depends on how fast the machine is. The same calls with the same seed give the same history. On a runtime whose
//! time is paused from its start (`#[tokio::test(start_paused = true)]`) timers are exact; else each is a millisecond late.

mod http;
mod services;

use std::{sync::Arc, time::Duration};

use fabric::{
    Adapters, Clock, Descriptor, Event, Fabric, Published, ServiceName, SubscriptionName, TenantId,
    config::Config,
    core::{codec, delivery::Disposition, message::Outgoing, seed::Seed, topology::names},
    host::Host,
    runtime::{activity::SettledDelivery, ids::Ids},
    telemetry::{MetricsHandle, install_metrics},
};
use fabric_memory::{BrokerOptions, CacheOptions, MemoryBroker, MemoryCache, model::Place};
use jiff::Timestamp;

pub use http::{Http, Reply};
pub use services::Services;

/// The tenant of everything that the harness publishes.
pub const TENANT: &str = "test";

/// Virtual time after which services that never come to rest are given up: longer than any chain of retries.
const REST_DEADLINE: Duration = Duration::from_hours(48);

/// How services under test are set up, where the defaults will not do.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Settings as the environment has them, such as `("FABRIC__SUBSCRIBER__TENANTS", "north,south")`.
    pub environment: Vec<(&'static str, &'static str)>,
    /// The events that are known: patterns that start with a wildcard listen to every context of theirs.
    pub catalogue: &'static [Descriptor],
    /// The broker's limits. Everything that is published is recorded, whatever they say.
    pub broker: BrokerOptions,
    /// The cache's limits.
    pub cache: CacheOptions,
    /// What ids of events are made from.
    pub seed: u64,
}

/// Services under test.
pub struct Harness {
    host: Host,
    config: Config,
    metrics: MetricsHandle,
    broker: Arc<MemoryBroker>,
    cache: Arc<MemoryCache>,
}

impl Harness {
    /// Starts services. Must be called on a runtime of one thread, as `#[tokio::test]` makes one: it pauses its time.
    ///
    /// # Panics
    /// When the services' values do not fit together: that is what the test is for.
    pub async fn start(services: impl Services) -> Self {
        Self::start_with(services, Setup::default()).await
    }

    /// The same for services with patterns that start with a wildcard: these listen to every context of the catalogue.
    ///
    /// # Panics
    /// Like [`start`](Self::start).
    pub async fn start_with_catalogue(services: impl Services, catalogue: &'static [Descriptor]) -> Self {
        Self::start_with(services, Setup { catalogue, ..Setup::default() }).await
    }

    /// The same with everything that can be set up.
    ///
    /// # Panics
    /// Like [`start`](Self::start), and when a setting is not one.
    pub async fn start_with(services: impl Services, setup: Setup) -> Self {
        if !is_time_paused() {
            tokio::time::pause();
        }
        let clock = Clock::starting_at(Timestamp::from_second(1_767_225_600).expect("2026 is a year"));
        let broker = MemoryBroker::new(clock, BrokerOptions { record: true, ..setup.broker });
        let cache = MemoryCache::new(setup.cache);
        let adapters = Adapters { broker: broker.clone(), cache: cache.clone(), clock };
        let environment = setup.environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let config = Config::load(None, environment).unwrap_or_else(|error| panic!("the settings are wrong: {error}"));
        let ids = Ids::seeded(Seed::new(setup.seed));
        let metrics = install_metrics().expect("no other recorder of metrics is installed");
        let host = Host::start(&config, adapters, ids, setup.catalogue, &services.boxed()).await;
        let host = host.unwrap_or_else(|error| panic!("the services cannot be started: {error}"));
        host.activity().start_recording();
        Self { host, config, metrics, broker, cache }
    }

    /// Publishes an event as the service that owns it, for the tenant [`TENANT`].
    ///
    /// # Panics
    /// When the event is refused.
    pub async fn publish<E: Event>(&self, event: E) -> Published {
        let published = self.fabric_as(E::OWNER).publish(event).tenant(tenant()).await;
        published.unwrap_or_else(|error| panic!("{} was not published: {error}", E::TOPIC))
    }

    /// A handle that publishes as this service, whether it runs here or not.
    ///
    /// # Panics
    /// When that is no service's name.
    pub fn fabric_as(&self, service: &str) -> Fabric {
        self.host.fabric_as(ServiceName::try_new(service).expect("a service's name"))
    }

    /// Waits until nothing is under way: every delivery is settled, every retry has been made, every reaction too.
    ///
    /// # Panics
    /// When that does not come to pass within two virtual days.
    pub async fn settle(&self) {
        let rest = tokio::time::timeout(REST_DEADLINE, self.broker.idle()).await;
        assert!(rest.is_ok(), "the services did not come to rest: do they react to themselves?");
    }

    /// The events of this type that were published, in their order, retries not counted.
    ///
    /// # Panics
    /// When one of them is not readable as its type.
    pub fn published<E: Event>(&self) -> Vec<E> {
        let of_type = |recorded: &fabric_memory::model::Recorded| {
            let outgoing = &recorded.content;
            (outgoing.routing_key == E::TOPIC && !names::leads_to_one_queue(&outgoing.exchange))
                .then(|| codec::decode_message(&outgoing.message))
        };
        let recorded = self.broker.recorded();
        let read = |received: Result<fabric::Received, _>| received.and_then(|received| received.payload::<E>());
        recorded
            .iter()
            .filter_map(of_type)
            .map(|received| read(received).expect("what was published can be read"))
            .collect()
    }

    /// How deliveries of this subscription (`{service}.{name}`) were settled, in their order.
    pub fn settled(&self, subscription: &str) -> Vec<SettledDelivery> {
        self.host
            .activity()
            .recorded()
            .into_iter()
            .filter(|settled| settled.subscription.as_str() == subscription)
            .collect()
    }

    /// The same in short: what became of each delivery.
    pub fn dispositions(&self, subscription: &str) -> Vec<Disposition> {
        self.settled(subscription).into_iter().map(|settled| settled.disposition).collect()
    }

    /// What is parked of this subscription, the oldest first: the events with the headers that say why.
    ///
    /// # Panics
    /// When that is no subscription's name.
    pub fn parked(&self, subscription: &str) -> Vec<Arc<Outgoing>> {
        let subscription = SubscriptionName::try_new(subscription).expect("a subscription's name");
        self.in_queue(&names::parked_queue(&subscription))
    }

    /// What no queue wanted, the oldest first.
    pub fn unrouted(&self) -> Vec<Arc<Outgoing>> {
        self.in_queue(names::UNROUTED)
    }

    fn in_queue(&self, queue: &str) -> Vec<Arc<Outgoing>> {
        let ready = self.broker.contents(queue).into_iter().filter(|(place, _)| *place == Place::Ready);
        ready.map(|(_, message)| message).collect()
    }

    /// Asks the services over HTTP, without a socket.
    pub fn http(&self) -> Http {
        Http::new(&self.host, &self.config, &self.metrics)
    }

    /// The configuration that the services run with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The virtual clock that everything goes by.
    pub fn clock(&self) -> Clock {
        self.host.adapters().clock
    }

    /// The services themselves.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The broker, which can be told to fail.
    pub fn broker(&self) -> &Arc<MemoryBroker> {
        &self.broker
    }

    /// The cache, which can be told to fail.
    pub fn cache(&self) -> &Arc<MemoryCache> {
        &self.cache
    }

    /// Stops the services in good order.
    pub async fn drain(self) {
        self.host.drain().await;
    }
}

/// Whether tokio's time stands still, which tokio does not tell: pausing it twice is an error there.
fn is_time_paused() -> bool {
    let (before, started) = (tokio::time::Instant::now(), std::time::Instant::now());
    while started.elapsed().is_zero() {}
    tokio::time::Instant::now() == before
}

/// The tenant of everything that the harness publishes.
///
/// # Panics
/// Never.
pub fn tenant() -> TenantId {
    TenantId::try_new(TENANT).expect("a tenant's name")
}
