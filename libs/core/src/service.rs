//! A service as a value: what it publishes and what it subscribes to. Everything about the broker follows from it.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    breaker::BreakerPolicy,
    event::{Descriptor, Scope},
    name::{ServiceName, SubscriptionName},
    partition::Partitions,
    pattern::Pattern,
    rate::RateLimit,
    retry::RetryPolicy,
    topic::Topic,
    topology::names,
};

/// What one service publishes and subscribes to.
#[derive(Debug, Clone)]
pub struct ServiceSpec {
    name: ServiceName,
    publishes: Vec<Descriptor>,
    subscriptions: Vec<SubscriptionSpec>,
}

/// One subscription: which topics, and how its deliveries are treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSpec {
    /// Its name, and its queue's.
    pub name: SubscriptionName,
    /// What it listens to.
    pub patterns: Vec<Pattern>,
    /// How failing events are tried again.
    pub retry: RetryPolicy,
    /// How many deliveries the broker may have out at a time.
    pub prefetch: u16,
    /// How many are handled at a time.
    pub concurrency: u16,
    /// How long a handler may take.
    pub handler_timeout: Duration,
    /// Which order is kept.
    pub order: Order,
    /// When to stop calling a handler that fails all the time.
    pub breaker: BreakerPolicy,
    /// How many events are handled in a second, if that is limited.
    pub rate: Option<RateLimit>,
}

/// Which order a subscription keeps among the events of one partition key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Each instance of the service handles the events of a key one at a time, in the order in which it gets them. An event that is
    /// tried again later is overtaken by those behind it, and several instances share the events between them.
    #[default]
    Loose,
    /// The events of a key are handled one after the other in the order of publishing: across instances, restarts and retries. An
    /// event that is to be tried again holds back those of its key, and only those, as long as the prefetch has room for them.
    Strict {
        /// Over how many queues the keys are spread. Each has one active consumer at a time.
        partitions: Partitions,
        /// What becomes of the later events of a key when one is parked.
        on_park: OnPark,
    },
}

/// What becomes of the later events of a key when one is parked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnPark {
    /// They are handled as if it had never been there.
    #[default]
    GoOn,
    /// They are parked behind it, until it is redriven and handled, or dropped.
    HoldKey,
}

impl Order {
    /// Whether later events of a key wait for one that is tried again.
    pub fn is_strict(self) -> bool {
        matches!(self, Self::Strict { .. })
    }

    /// Whether later events of a key wait for one that is parked.
    pub fn holds_keys(self) -> bool {
        matches!(self, Self::Strict { on_park: OnPark::HoldKey, .. })
    }
}

impl SubscriptionSpec {
    /// A subscription with the defaults for everything but its name and what it listens to: see [`RetryPolicy`] and
    /// [`BreakerPolicy`]; 64 deliveries out and 8 handled at a time, 30 seconds for each, loose order.
    pub fn new(name: SubscriptionName, patterns: Vec<Pattern>) -> Self {
        Self {
            name,
            patterns,
            retry: RetryPolicy::default(),
            prefetch: 64,
            concurrency: 8,
            handler_timeout: Duration::from_secs(30),
            order: Order::Loose,
            breaker: BreakerPolicy::default(),
            rate: None,
        }
    }

    /// The queues that its events come by: one, or one for each partition.
    pub fn work_queues(&self) -> Vec<String> {
        match self.order {
            Order::Strict { partitions, .. } if partitions > Partitions::ONE => {
                (0..partitions.count()).map(|partition| names::partition_queue(&self.name, partition)).collect()
            }
            Order::Loose | Order::Strict { .. } => vec![self.name.as_str().to_owned()],
        }
    }

    /// How many events of one of its queues are handled at a time.
    pub fn concurrency_per_queue(&self) -> usize {
        usize::from(self.concurrency).div_ceil(self.work_queues().len().max(1))
    }

    /// For how long a strict subscription puts off an event that is to be tried again after `delay`: it stays unacknowledged meanwhile, so
    /// a handler that asks for more than a quarter of an hour is called again after that.
    pub fn put_off(&self, delay: Duration) -> Duration {
        delay.min(PUT_OFF_MAX)
    }

    /// The pattern under which an event of this topic is handled: the first one that matches.
    pub fn handler_of(&self, topic: &Topic) -> Option<&Pattern> {
        self.patterns.iter().find(|pattern| pattern.matches(topic.as_str()))
    }
}

/// The longest that an event of a strict subscription may be tried again for: it stays unacknowledged meanwhile, and a broker
/// closes the channel of a consumer that takes half an hour.
const STRICT_RETRY_MAX: Duration = Duration::from_mins(20);

/// The longest single delay of a strict subscription, for the same reason.
const PUT_OFF_MAX: Duration = Duration::from_mins(15);

/// Why a service's parts do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidService {
    /// Two subscriptions of one name would share a queue.
    #[error("the subscription {0} is there twice")]
    DuplicateSubscription(SubscriptionName),
    /// A subscription of another service.
    #[error("the subscription {0} does not belong to this service: its name must start with the service's")]
    ForeignSubscription(SubscriptionName),
    /// A subscription to nothing.
    #[error("the subscription {0} has no pattern")]
    NoPattern(SubscriptionName),
    /// Handling fewer at a time than none, or fewer out than are handled.
    #[error("the subscription {0} needs 1 <= concurrency <= prefetch")]
    Prefetch(SubscriptionName),
    /// Attempts that go on for longer than the broker would wait for them.
    #[error(
        "the subscription {name} is strict, so its event stays unacknowledged while it is tried again: the delays may \
         add up to 20 minutes, not to {} s", .total.as_secs()
    )]
    StrictRetry {
        /// The subscription.
        name: SubscriptionName,
        /// What the delays add up to, at their longest.
        total: Duration,
    },
    /// A subscription that names an event which another service keeps to itself.
    #[error("the subscription {subscription} names {topic}, which is local to {owner}")]
    LocalEvent {
        /// The subscription.
        subscription: SubscriptionName,
        /// The event's topic.
        topic: &'static str,
        /// Its owner.
        owner: &'static str,
    },
    /// An event that belongs to somebody else.
    #[error("the event {topic} belongs to {owner}, which does not let this service publish it")]
    ForeignEvent {
        /// The event's topic.
        topic: &'static str,
        /// Its owner.
        owner: &'static str,
    },
}

impl ServiceSpec {
    /// Puts a service together. Fails when its parts do not fit: see [`InvalidService`].
    pub fn try_new(
        name: ServiceName,
        publishes: Vec<Descriptor>,
        subscriptions: Vec<SubscriptionSpec>,
    ) -> Result<Self, InvalidService> {
        if let Some(event) = publishes.iter().find(|event| !event.may_be_published_by(name.as_str())) {
            return Err(InvalidService::ForeignEvent { topic: event.topic, owner: event.owner });
        }
        let mut names = BTreeSet::new();
        for subscription in &subscriptions {
            let own = &subscription.name;
            if own.service() != name.as_str() {
                return Err(InvalidService::ForeignSubscription(own.clone()));
            }
            if !names.insert(own) {
                return Err(InvalidService::DuplicateSubscription(own.clone()));
            }
            if subscription.patterns.is_empty() {
                return Err(InvalidService::NoPattern(own.clone()));
            }
            if subscription.concurrency == 0 || subscription.prefetch < subscription.concurrency {
                return Err(InvalidService::Prefetch(own.clone()));
            }
            let total = subscription.retry.longest();
            if subscription.order.is_strict() && total > STRICT_RETRY_MAX {
                return Err(InvalidService::StrictRetry { name: own.clone(), total });
            }
        }
        Ok(Self { name, publishes, subscriptions })
    }

    /// Checks the subscriptions against a catalogue. Fails when one names an event that is local to another service. A pattern with
    /// wildcards may sweep such events up, as an audit's does.
    pub fn check_against(&self, catalogue: &[Descriptor]) -> Result<(), InvalidService> {
        for subscription in &self.subscriptions {
            let names = |event: &&Descriptor| subscription.patterns.iter().any(|own| own.as_str() == event.topic);
            let foreign = |event: &&Descriptor| event.scope == Scope::Local && event.owner != self.name.as_str();
            if let Some(event) = catalogue.iter().filter(foreign).find(names) {
                let subscription = subscription.name.clone();
                return Err(InvalidService::LocalEvent { subscription, topic: event.topic, owner: event.owner });
            }
        }
        Ok(())
    }

    /// The service's name.
    pub fn name(&self) -> &ServiceName {
        &self.name
    }

    /// The events that it publishes.
    pub fn publishes(&self) -> &[Descriptor] {
        &self.publishes
    }

    /// What it subscribes to.
    pub fn subscriptions(&self) -> &[SubscriptionSpec] {
        &self.subscriptions
    }
}
