//! What ought to have happened, and what is left.

use std::collections::{BTreeMap, BTreeSet};

/// Who must get what, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    routes: BTreeMap<String, BTreeSet<String>>,
    orders: BTreeMap<String, Order>,
}

/// The order that a subscription promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Events of a key one after the other, as published. One that was parked no longer holds back the others.
    PerKey,
    /// The same, and later events of a key wait behind a parked one until that was handled.
    PerKeyHoldingParked,
}

impl Expected {
    /// Every event of `topic` must reach these subscriptions, beside those that were named for it before, and no others.
    #[must_use]
    pub fn route<S: Into<String>>(mut self, topic: &str, subscriptions: impl IntoIterator<Item = S>) -> Self {
        self.routes.entry(topic.to_owned()).or_default().extend(subscriptions.into_iter().map(Into::into));
        self
    }

    /// `subscription` promises this order; without a call it promises none.
    #[must_use]
    pub fn order(mut self, subscription: &str, order: Order) -> Self {
        self.orders.insert(subscription.to_owned(), order);
        self
    }

    pub(super) fn subscriptions(&self, topic: &str) -> impl Iterator<Item = &str> {
        self.routes.get(topic).into_iter().flatten().map(String::as_str)
    }

    pub(super) fn reaches(&self, topic: &str, subscription: &str) -> bool {
        self.routes.get(topic).is_some_and(|subscriptions| subscriptions.contains(subscription))
    }

    pub(super) fn order_of(&self, subscription: &str) -> Option<Order> {
        self.orders.get(subscription).copied()
    }

    pub(super) fn orders(&self) -> impl Iterator<Item = (&str, Order)> {
        self.orders.iter().map(|(subscription, order)| (subscription.as_str(), *order))
    }
}

/// The events that stand in the parked queues at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parked(BTreeMap<String, BTreeSet<String>>);

impl Parked {
    /// Event ids found in the parked queue of a subscription. An id found twice counts once: parking is at least once.
    pub fn add<E: Into<String>>(&mut self, subscription: &str, events: impl IntoIterator<Item = E>) {
        self.0.entry(subscription.to_owned()).or_default().extend(events.into_iter().map(Into::into));
    }

    /// Whether an event is parked for a subscription.
    pub fn contains(&self, subscription: &str, event: &str) -> bool {
        self.0.get(subscription).is_some_and(|events| events.contains(event))
    }

    /// Takes an event out, and says whether it was there.
    pub fn remove(&mut self, subscription: &str, event: &str) -> bool {
        self.0.get_mut(subscription).is_some_and(|events| events.remove(event))
    }

    /// Pairs of subscription and event id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|(subscription, events)| events.iter().map(move |event| (subscription.as_str(), event.as_str())))
    }
}
