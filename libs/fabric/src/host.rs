//! Running services: one in a process of its own, or several side by side on the same adapters.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Extension, Router, middleware::map_response};
use fabric_core::{
    Descriptor, ServiceName, SubscriptionName,
    service::ServiceSpec,
    topology::{self, Topology},
};
use fabric_runtime::{
    activity::Activity,
    control,
    ids::Ids,
    last_known::{LastKnown, LastKnownTask},
    notice::Notices,
    observer::{self, Watched},
    ports::{Broker, DeclareError},
    publisher::Publisher,
    subscriber::{Pauses, Subscriber, Surroundings},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    announce::Announcer,
    config::{Config, ConfigError, HttpSection},
    connect::Adapters,
    handle::Fabric,
    http::{health::Health, metrics},
    identity::Verifier,
    service::{AnyService, ServiceError},
    settings,
    telemetry::MetricsHandle,
};

/// Services that run in this process.
pub struct Host {
    hosted: Vec<Hosted>,
    catalogue: &'static [Descriptor],
    topology: Topology,
    adapters: Adapters,
    activity: Arc<Activity>,
    surroundings: Surroundings,
    offers: LastKnown,
    last_known: LastKnownTask,
    ids: Ids,
    log_events: bool,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

struct Hosted {
    spec: ServiceSpec,
    fabric: Fabric,
    routes: Router,
}

/// Why services could not be started.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A service's value is not a service.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The configuration's numbers do not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What stands on the broker is not what the services need, or may not be made.
    #[error(transparent)]
    Topology(DeclareError),
}

/// The pause before the topology is declared again, when the broker was away or said no.
const DECLARE_PAUSE: Duration = Duration::from_secs(1);

/// How long closing connections may take.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);

impl Host {
    /// Declares what the services need on the broker and starts to consume. With the broker away it starts degraded: what was
    /// declared is declared, and consumed, as soon as the broker is there. Where it may only look (`topology.at_start`), the same goes
    /// for what is missing.
    pub async fn start(
        config: &Config,
        adapters: Adapters,
        ids: Ids,
        catalogue: &'static [Descriptor],
        services: &[Box<dyn AnyService>],
    ) -> Result<Self, HostError> {
        let defaults = settings::subscription_defaults(config)?;
        let specs = services.iter().map(|service| service.spec(&defaults)).collect::<Result<Vec<_>, _>>()?;
        for spec in &specs {
            spec.check_against(catalogue).map_err(ServiceError::from)?;
        }
        let topology = topology::of_services(&specs, &contexts_of(catalogue));
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let activity = Arc::new(Activity::new(adapters.clock));
        match adapters.broker.declare(&topology).await {
            Err(error @ (DeclareError::Away { .. } | DeclareError::Missing { .. })) => {
                tracing::warn!(%error, "starting without all of the broker");
                activity.set_missing(missing(&error));
                let (broker, activity) = (Arc::clone(&adapters.broker), Arc::clone(&activity));
                tasks.spawn(declare_later(broker, topology.clone(), activity, stop.clone()));
            }
            declared => declared.map_err(HostError::Topology)?,
        }
        let (notices, told) = Notices::new();
        let surroundings = Surroundings {
            broker: Arc::clone(&adapters.broker),
            activity: Arc::clone(&activity),
            notices,
            pauses: Pauses::default(),
            clock: adapters.clock,
        };
        let (offers, last_known) = LastKnown::start(Arc::clone(&adapters.cache), settings::last_known(config));
        let mut host = Self {
            hosted: Vec::new(),
            catalogue,
            topology,
            adapters,
            activity,
            surroundings,
            offers,
            last_known,
            ids,
            log_events: config.log.events,
            tasks,
            stop,
        };
        if let Some(announcer) = Announcer::new(&host) {
            host.tasks.spawn(announcer.announce(told, host.stop.clone()));
        }
        for (service, spec) in services.iter().zip(specs) {
            host.start_service(config, service.as_ref(), spec);
        }
        let broker = || Arc::clone(&host.adapters.broker);
        let observing = observer::observe(broker(), host.watched(), host.stop.clone());
        let following = control::follow(broker(), host.surroundings.pauses.clone(), host.stop.clone());
        host.tasks.spawn(observing);
        host.tasks.spawn(following);
        Ok(host)
    }

    fn start_service(&mut self, config: &Config, service: &dyn AnyService, spec: ServiceSpec) {
        let fabric = self.handle_of(self.publisher_of(spec.name().clone()));
        let mut handlers = service.handlers(&fabric);
        for subscription in spec.subscriptions() {
            if let Some(handler) = handlers.remove(subscription.name.as_str()) {
                let (surroundings, options) = (self.surroundings.clone(), settings::subscriber(config));
                let subscriber = Subscriber::new(subscription.clone(), handler, surroundings, options);
                self.tasks.spawn(subscriber.run(self.stop.clone()));
            }
        }
        let routes = service.router(&fabric);
        self.hosted.push(Hosted { spec, fabric, routes });
    }

    /// The handle of one of the services.
    pub fn fabric(&self, service: &str) -> Option<&Fabric> {
        self.hosted.iter().find(|hosted| hosted.spec.name().as_str() == service).map(|hosted| &hosted.fabric)
    }

    /// A handle that publishes as a service which may run elsewhere: for tools and tests.
    pub fn fabric_as(&self, service: ServiceName) -> Fabric {
        self.handle_of(self.publisher_of(service).of_a_tool())
    }

    fn publisher_of(&self, service: ServiceName) -> Publisher {
        let Adapters { broker, clock, .. } = self.adapters.clone();
        Publisher::new(service, broker, self.offers.clone(), Arc::clone(&self.activity), clock, self.log_events)
    }

    fn handle_of(&self, publisher: Publisher) -> Fabric {
        let Adapters { broker, cache, clock } = self.adapters.clone();
        Fabric::new(publisher, broker, cache, clock, self.ids.clone())
    }

    /// The handles of all services, by name.
    pub fn fabrics(&self) -> BTreeMap<ServiceName, Fabric> {
        self.hosted.iter().map(|hosted| (hosted.spec.name().clone(), hosted.fabric.clone())).collect()
    }

    /// The services' values.
    pub fn specs(&self) -> impl Iterator<Item = &ServiceSpec> {
        self.hosted.iter().map(|hosted| &hosted.spec)
    }

    /// What the services need on the broker.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The events that are known here.
    pub fn catalogue(&self) -> &'static [Descriptor] {
        self.catalogue
    }

    /// What is going on.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// The adapters that everything here runs on.
    pub fn adapters(&self) -> &Adapters {
        &self.adapters
    }

    /// Every subscription of every service here.
    pub fn subscriptions(&self) -> Vec<SubscriptionName> {
        self.watched().into_iter().map(|watched| watched.subscription).collect()
    }

    /// Every subscription of every service here, with its queues.
    pub fn watched(&self) -> Vec<Watched> {
        self.specs().flat_map(ServiceSpec::subscriptions).map(Watched::from).collect()
    }

    /// The health of everything here.
    pub fn health(&self) -> Health {
        self.health_of("fabric", self.watched())
    }

    /// All HTTP routes: each service's under its name, its own health and metrics among them, and the same for the process as a
    /// whole at the root. A service that is alone has its routes at the root.
    pub fn router(&self, http: &HttpSection, verifier: Verifier, metrics: &MetricsHandle) -> Router {
        self.router_with(http, verifier, metrics, Router::new())
    }

    /// The same with further routes beside them.
    pub fn router_with(
        &self,
        http: &HttpSection,
        verifier: Verifier,
        metrics: &MetricsHandle,
        further: Router,
    ) -> Router {
        let mut router = match self.hosted.as_slice() {
            [alone] => self.router_of(alone, metrics),
            several => several.iter().fold(self.health().router().merge(metrics::router(metrics)), |router, hosted| {
                router.nest(&format!("/{}", hosted.spec.name()), self.router_of(hosted, metrics))
            }),
        };
        router = crate::http::limited(router, http).merge(further);
        router.layer(Extension(verifier)).layer(map_response(crate::http::of_response))
    }

    fn router_of(&self, hosted: &Hosted, metrics: &MetricsHandle) -> Router {
        let watched = hosted.spec.subscriptions().iter().map(Watched::from).collect();
        let health = self.health_of(hosted.spec.name().as_str(), watched);
        hosted.routes.clone().merge(health.router()).merge(metrics::router(metrics))
    }

    fn health_of(&self, name: &str, watched: Vec<Watched>) -> Health {
        Health::new(name, watched, &self.adapters, Arc::clone(&self.activity))
    }

    /// Stops in good order: takes nothing new, finishes and acknowledges what is in hand, gives back the rest, writes what waits for
    /// the cache, and closes the connections.
    pub async fn drain(self) {
        self.drain_beside(async {}).await;
    }

    /// The same while requests come to their end: they may publish, so the connections are closed after the last of them.
    pub async fn drain_beside<T>(mut self, requests: impl Future<Output = T>) -> T {
        self.activity.drain();
        self.stop.cancel();
        let (ended, ()) = tokio::join!(requests, async { while self.tasks.join_next().await.is_some() {} });
        self.last_known.drain(CLOSE_DEADLINE).await;
        self.adapters.broker.close(CLOSE_DEADLINE).await;
        self.adapters.cache.close().await;
        ended
    }
}

/// Declares what the services need once the broker is there. Their consumers ask for their queues until these stand.
async fn declare_later(broker: Arc<dyn Broker>, topology: Topology, activity: Arc<Activity>, stop: CancellationToken) {
    let declaring = async {
        while let Err(error) = broker.declare(&topology).await {
            tracing::warn!(%error, "what the services need does not stand on the broker yet");
            activity.set_missing(missing(&error));
            tokio::time::sleep(DECLARE_PAUSE).await;
        }
        activity.set_missing(None);
        tracing::info!("what the services need stands on the broker now");
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = declaring => {}
    }
}

/// What an error says about what stands. With the broker away nothing is known of it, and that has a check of its own.
fn missing(error: &DeclareError) -> Option<String> {
    match error {
        DeclareError::Away { .. } => None,
        other => Some(other.to_string()),
    }
}

/// The contexts of a catalogue, each once.
pub fn contexts_of(catalogue: &'static [Descriptor]) -> Vec<&'static str> {
    let mut contexts: Vec<&str> = catalogue.iter().filter_map(|event| event.topic.split('.').next()).collect();
    contexts.sort_unstable();
    contexts.dedup();
    contexts
}
