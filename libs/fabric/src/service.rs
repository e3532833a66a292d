//! A service as a value: what it publishes, what it subscribes to, its state and its routes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::Router;
use fabric_core::{
    Descriptor, Event, Fault, Pattern, ServiceName, SubscriptionName,
    breaker::BreakerPolicy,
    codec::{Poison, Received},
    name::InvalidName,
    partition::{InvalidPartitions, Partitions},
    pattern::InvalidPattern,
    rate::{InvalidRateLimit, RateLimit},
    retry::RetryPolicy,
    service::{InvalidService, OnPark, Order, ServiceSpec, SubscriptionSpec},
    topic::InvalidTopic,
};
use fabric_runtime::{
    handler::{Failure, Handle},
    ports::BoxFuture,
};

use crate::{
    context::{AnyEvent, Context},
    handle::Fabric,
};

/// A service: a value from which its topology, its consumers and its HTTP routes follow.
pub struct Service<S = ()> {
    name: String,
    state: Arc<S>,
    publishes: Vec<Descriptor>,
    subscriptions: Vec<Subscription<S>>,
    routes: Option<Routes<S>>,
}

type Routes<S> = Box<dyn Fn(Fabric, Arc<S>) -> Router + Send + Sync>;

/// One subscription of a service with its handlers.
pub struct Subscription<S = ()> {
    name: String,
    handlers: Vec<(String, Handler<S>)>,
    retry: Option<RetryPolicy>,
    prefetch: Option<u16>,
    concurrency: Option<u16>,
    timeout: Option<Duration>,
    partitions: Option<u8>,
    on_park: OnPark,
    breaker: Option<BreakerPolicy>,
    rate: Option<(u32, u32)>,
}

type Handler<S> = Arc<dyn Fn(Received, Context<S>) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

/// What a subscription gets when it does not say otherwise.
#[derive(Debug, Clone)]
pub struct SubscriptionDefaults {
    /// See [`Subscription::retry`].
    pub retry: RetryPolicy,
    /// See [`Subscription::prefetch`].
    pub prefetch: u16,
    /// See [`Subscription::concurrency`].
    pub concurrency: u16,
    /// See [`Subscription::timeout`].
    pub handler_timeout: Duration,
    /// See [`Subscription::breaker`].
    pub breaker: BreakerPolicy,
}

/// Why a service's value is not a service.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A name is not of its form.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A pattern is not one.
    #[error("subscription {subscription}: {source}")]
    Pattern {
        /// The subscription.
        subscription: String,
        /// What is wrong.
        source: InvalidPattern,
    },
    /// A number of partitions that is none.
    #[error("subscription {subscription}: {source}")]
    Partitions {
        /// The subscription.
        subscription: String,
        /// What is wrong.
        source: InvalidPartitions,
    },
    /// A rate limit that lets nothing through.
    #[error("subscription {subscription}: {source}")]
    Rate {
        /// The subscription.
        subscription: String,
        /// What is wrong.
        source: InvalidRateLimit,
    },
    /// A topic is not one.
    #[error(transparent)]
    Topic(#[from] InvalidTopic),
    /// The parts do not fit together.
    #[error(transparent)]
    Parts(#[from] InvalidService),
}

impl Service {
    /// A service without state of its own.
    pub fn new(name: &str) -> Self {
        Self::with_state(name, ())
    }
}

impl<S: Send + Sync + 'static> Service<S> {
    /// A service with state that its handlers and routes share.
    pub fn with_state(name: &str, state: S) -> Self {
        Self {
            name: name.to_owned(),
            state: Arc::new(state),
            publishes: Vec::new(),
            subscriptions: Vec::new(),
            routes: None,
        }
    }

    /// Says that the service publishes this event.
    #[must_use]
    pub fn publishes<E: Event>(mut self) -> Self {
        self.publishes.push(Descriptor::of::<E>());
        self
    }

    /// Says that the service publishes these events.
    #[must_use]
    pub fn publishes_all(mut self, events: impl IntoIterator<Item = Descriptor>) -> Self {
        self.publishes.extend(events);
        self
    }

    /// Adds a subscription.
    #[must_use]
    pub fn subscribe(mut self, subscription: Subscription<S>) -> Self {
        self.subscriptions.push(subscription);
        self
    }

    /// The HTTP routes of the service, made when it starts.
    #[must_use]
    pub fn routes(mut self, routes: impl Fn(Fabric, Arc<S>) -> Router + Send + Sync + 'static) -> Self {
        self.routes = Some(Box::new(routes));
        self
    }

    /// The state that handlers and routes share.
    pub fn state(&self) -> Arc<S> {
        Arc::clone(&self.state)
    }
}

impl<S: Send + Sync + 'static> Subscription<S> {
    /// A subscription, whose queue will be `{service}.{name}`.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            handlers: Vec::new(),
            retry: None,
            prefetch: None,
            concurrency: None,
            timeout: None,
            partitions: None,
            on_park: OnPark::GoOn,
            breaker: None,
            rate: None,
        }
    }

    /// Handles events of one type with a plain async function.
    #[must_use]
    pub fn on<E, Fut>(mut self, handler: impl Fn(E, Context<S>) -> Fut + Send + Sync + 'static) -> Self
    where
        E: Event,
        Fut: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.handlers.push((
            E::TOPIC.to_owned(),
            Arc::new(move |received: Received, context| {
                let handler = Arc::clone(&handler);
                Box::pin(async move { Ok(handler(received.payload::<E>()?, context).await?) })
            }),
        ));
        self
    }

    /// Handles every event whose topic matches the pattern, whatever its type.
    #[must_use]
    pub fn on_any<Fut>(
        mut self,
        pattern: &str,
        handler: impl Fn(AnyEvent, Context<S>) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        Fut: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.handlers.push((
            pattern.to_owned(),
            Arc::new(move |received, context| {
                let handler = Arc::clone(&handler);
                Box::pin(async move { Ok(handler(AnyEvent(received), context).await?) })
            }),
        ));
        self
    }

    /// How failing events are tried again.
    #[must_use]
    pub fn retry(self, retry: RetryPolicy) -> Self {
        Self { retry: Some(retry), ..self }
    }

    /// How many deliveries the broker may have out at a time.
    #[must_use]
    pub fn prefetch(self, prefetch: u16) -> Self {
        Self { prefetch: Some(prefetch), ..self }
    }

    /// How many events are handled at a time, each of another key.
    #[must_use]
    pub fn concurrency(self, concurrency: u16) -> Self {
        Self { concurrency: Some(concurrency), ..self }
    }

    /// How long a handler may take.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Handles the events of a key one after the other in the order of publishing: across instances, restarts and retries.
    ///
    /// An event that is to be tried again holds back the later ones of its key, and only those as long as the prefetch has room for
    /// them. One instance of the service at a time gets events; with [`partitions`](Self::partitions) one for each partition.
    #[must_use]
    pub fn strict(self) -> Self {
        Self { partitions: Some(self.partitions.unwrap_or(1)), ..self }
    }

    /// Spreads the keys of a [`strict`](Self::strict) subscription over this many queues, 1 to 64, so that several instances can handle
    /// its events at the same time. Prefetch is counted for each queue, concurrency for all of them together.
    #[must_use]
    pub fn partitions(self, partitions: u8) -> Self {
        Self { partitions: Some(partitions), ..self }
    }

    /// Parks the later events of a key behind one that is parked, instead of handling them as if it had never been there. Makes the
    /// subscription [`strict`](Self::strict).
    #[must_use]
    pub fn hold_key_on_park(self) -> Self {
        Self { on_park: OnPark::HoldKey, ..self.strict() }
    }

    /// When to stop calling a handler that fails all the time.
    #[must_use]
    pub fn breaker(self, breaker: BreakerPolicy) -> Self {
        Self { breaker: Some(breaker), ..self }
    }

    /// Handles at most `per_second` events a second in the long run, in each instance, and at most `burst` at once after a quiet time.
    #[must_use]
    pub fn rate(self, per_second: u32, burst: u32) -> Self {
        Self { rate: Some((per_second, burst)), ..self }
    }

    fn spec(&self, service: &ServiceName, defaults: &SubscriptionDefaults) -> Result<SubscriptionSpec, ServiceError> {
        let name = SubscriptionName::of_service(service, &self.name)?;
        let parse = |(text, _): &(String, Handler<S>)| {
            Pattern::try_new(text).map_err(|source| ServiceError::Pattern { subscription: name.to_string(), source })
        };
        let concurrency = self.concurrency.unwrap_or(defaults.concurrency);
        Ok(SubscriptionSpec {
            patterns: self.handlers.iter().map(parse).collect::<Result<_, _>>()?,
            retry: self.retry.clone().unwrap_or_else(|| defaults.retry.clone()),
            prefetch: self.prefetch.unwrap_or(defaults.prefetch.max(concurrency)),
            concurrency,
            handler_timeout: self.timeout.unwrap_or(defaults.handler_timeout),
            order: self
                .order()
                .map_err(|source| ServiceError::Partitions { subscription: name.to_string(), source })?,
            breaker: self.breaker.unwrap_or(defaults.breaker),
            rate: self
                .rate
                .map(|(per_second, burst)| RateLimit::try_new(per_second, burst))
                .transpose()
                .map_err(|source| ServiceError::Rate { subscription: name.to_string(), source })?,
            name,
        })
    }
}

impl<S> Subscription<S> {
    fn order(&self) -> Result<Order, InvalidPartitions> {
        let Some(partitions) = self.partitions else { return Ok(Order::Loose) };
        Ok(Order::Strict { partitions: Partitions::try_new(partitions)?, on_park: self.on_park })
    }
}

/// A service of any state: what a host runs.
pub trait AnyService: Send + Sync {
    /// The service as the core's value.
    fn spec(&self, defaults: &SubscriptionDefaults) -> Result<ServiceSpec, ServiceError>;

    /// The handlers of each subscription, ready to run on this fabric.
    fn handlers(&self, fabric: &Fabric) -> BTreeMap<String, Arc<dyn Handle>>;

    /// The service's HTTP routes.
    fn router(&self, fabric: &Fabric) -> Router;
}

impl<S: Send + Sync + 'static> AnyService for Service<S> {
    fn spec(&self, defaults: &SubscriptionDefaults) -> Result<ServiceSpec, ServiceError> {
        let name = ServiceName::try_new(&self.name)?;
        let subscriptions = self
            .subscriptions
            .iter()
            .map(|subscription| subscription.spec(&name, defaults))
            .collect::<Result<_, _>>()?;
        Ok(ServiceSpec::try_new(name, self.publishes.clone(), subscriptions)?)
    }

    fn handlers(&self, fabric: &Fabric) -> BTreeMap<String, Arc<dyn Handle>> {
        let dispatch = |subscription: &Subscription<S>| -> Arc<dyn Handle> {
            let by_pattern = subscription
                .handlers
                .iter()
                .filter_map(|(pattern, handler)| Some((Pattern::try_new(pattern).ok()?, Arc::clone(handler))))
                .collect();
            Arc::new(Handlers { by_pattern, state: Arc::clone(&self.state), fabric: fabric.clone() })
        };
        self.subscriptions
            .iter()
            .map(|subscription| (format!("{}.{}", self.name, subscription.name), dispatch(subscription)))
            .collect()
    }

    fn router(&self, fabric: &Fabric) -> Router {
        self.routes.as_ref().map_or_else(Router::new, |routes| routes(fabric.clone(), Arc::clone(&self.state)))
    }
}

/// The handlers of one subscription. The first one whose pattern matches handles the event.
struct Handlers<S> {
    by_pattern: Vec<(Pattern, Handler<S>)>,
    state: Arc<S>,
    fabric: Fabric,
}

impl<S: Send + Sync + 'static> Handle for Handlers<S> {
    fn handle(&self, event: Received) -> BoxFuture<'static, Result<(), Failure>> {
        let topic = event.metadata.topic.as_str();
        match self.by_pattern.iter().find(|(pattern, _)| pattern.matches(topic)) {
            Some((_, handler)) => {
                let metadata = Arc::new(event.metadata.clone());
                handler(event, Context::new(Arc::clone(&self.state), metadata, self.fabric.clone()))
            }
            None => Box::pin(async { Err(Failure::Poison(Poison::NoHandler)) }),
        }
    }
}
