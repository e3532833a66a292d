//! Where an event of a topic goes, and why.

use super::{QueueRole, Topology, names};
use crate::{name::SubscriptionName, pattern::Pattern, topic::Topic};

/// Where an event of one topic goes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Explanation {
    /// The topic.
    pub topic: Topic,
    /// The exchange that it is published to.
    pub exchange: String,
    /// The subscriptions that get it, sorted by name; none means that it ends up in the queue for unrouted events.
    pub reached: Vec<Reached>,
}

/// One subscription that gets the event.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reached {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// The patterns that match, each of which would be enough.
    pub because: Vec<Pattern>,
    /// After which delays it is tried again, in milliseconds.
    pub retries_after_ms: Vec<u64>,
    /// Where it is kept when it cannot be handled.
    pub parks_in: String,
}

/// Explains where events of a topic go on this topology.
pub fn explain(topology: &Topology, topic: &Topic) -> Explanation {
    let exchange = names::exchange(topic.context());
    let mut reached: Vec<Reached> = Vec::new();
    for binding in topology.bindings.iter().filter(|b| b.exchange == exchange && b.pattern.matches(topic.as_str())) {
        let Ok(subscription) = SubscriptionName::try_new(&binding.queue) else { continue };
        match reached.iter_mut().find(|other| other.subscription == subscription) {
            Some(other) => other.because.push(binding.pattern.clone()),
            None => reached.push(Reached {
                retries_after_ms: ladder(topology, &subscription),
                parks_in: names::parked_queue(&subscription),
                because: vec![binding.pattern.clone()],
                subscription,
            }),
        }
    }
    reached.sort_by(|a, b| a.subscription.cmp(&b.subscription));
    Explanation { topic: topic.clone(), exchange, reached }
}

fn ladder(topology: &Topology, subscription: &SubscriptionName) -> Vec<u64> {
    let mut delays: Vec<u64> = topology
        .queues
        .iter()
        .filter_map(|queue| match &queue.role {
            QueueRole::Wait { delay, work } if work == subscription.as_str() => u64::try_from(delay.as_millis()).ok(),
            _ => None,
        })
        .collect();
    delays.sort_unstable();
    delays
}
