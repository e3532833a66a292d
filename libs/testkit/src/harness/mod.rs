//! Runs services on `memory://` and virtual time: publish, wait until everything has come to rest, look at what became of it.
//!
//! Time is tokio's, paused: a retry that is due in an hour comes at once when there is nothing else to do. So nothing sleeps,
//! and nothing depends on how fast the machine is.

mod services;

use std::{sync::Arc, time::Duration};

use fabric::{
    Adapters, Clock, Descriptor, Event, Fabric, Published, ServiceName, TenantId,
    config::Config,
    core::{codec, delivery::Disposition, seed::Seed},
    host::Host,
    runtime::{activity::SettledDelivery, ids::Ids},
};
use fabric_memory::{BrokerOptions, CacheOptions, MemoryBroker, MemoryCache};
use jiff::Timestamp;

pub use services::Services;

/// The tenant of everything that the harness publishes.
pub const TENANT: &str = "test";

/// Virtual time after which services that never come to rest are given up: longer than any chain of retries.
const REST_DEADLINE: Duration = Duration::from_hours(48);

/// Services under test.
pub struct Harness {
    host: Host,
    broker: Arc<MemoryBroker>,
    cache: Arc<MemoryCache>,
}

impl Harness {
    /// Starts services. Must be called on a runtime of one thread, as `#[tokio::test]` makes one: it pauses its time.
    ///
    /// # Panics
    /// When the services' values do not fit together: that is what the test is for.
    pub async fn start(services: impl Services) -> Self {
        Self::start_with_catalogue(services, &[]).await
    }

    /// The same for services with patterns that start with a wildcard: these listen to every context of the catalogue.
    ///
    /// # Panics
    /// Like [`start`](Self::start).
    pub async fn start_with_catalogue(services: impl Services, catalogue: &'static [Descriptor]) -> Self {
        tokio::time::pause();
        let clock = Clock::starting_at(Timestamp::from_second(1_767_225_600).expect("2026 is a year"));
        let broker = MemoryBroker::new(clock, BrokerOptions { record: true, ..BrokerOptions::default() });
        let cache = MemoryCache::new(CacheOptions::default());
        let adapters = Adapters { broker: broker.clone(), cache: cache.clone(), clock };
        let config = Config::load(None, []).expect("the defaults are valid");
        let ids = Ids::seeded(Seed::new(1));
        let host = Host::start(&config, adapters, ids, catalogue, &services.boxed()).await;
        let host = host.unwrap_or_else(|error| panic!("the services cannot be started: {error}"));
        host.activity().start_recording();
        Self { host, broker, cache }
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
            (outgoing.routing_key == E::TOPIC && !outgoing.exchange.is_empty())
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

/// The tenant of everything that the harness publishes.
///
/// # Panics
/// Never.
pub fn tenant() -> TenantId {
    TenantId::try_new(TENANT).expect("a tenant's name")
}
