//! A service as a value: what it publishes and what it subscribes to. Everything about the broker follows from it.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    event::Descriptor,
    name::{ServiceName, SubscriptionName},
    pattern::Pattern,
    retry::RetryPolicy,
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
}

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
        }
        Ok(Self { name, publishes, subscriptions })
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
