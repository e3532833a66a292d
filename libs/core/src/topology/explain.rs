//! Where an event of a topic goes, and why.

use super::{QueueRole, Target, Topology, names};
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
    /// The queues that it may come by, more than one for a partitioned subscription.
    pub queues: Vec<String>,
    /// After which delays it is tried again, in milliseconds. None for a strict subscription, which waits without leaving its queue.
    pub retries_after_ms: Vec<u64>,
    /// Whether the events of a key are handled in the order of publishing, whatever happens.
    pub strict: bool,
    /// Where it is kept when it cannot be handled.
    pub parks_in: String,
}

/// Explains where events of a topic go on this topology.
pub fn explain(topology: &Topology, topic: &Topic) -> Explanation {
    let exchange = names::exchange(topic.context());
    let mut reached: Vec<Reached> = Vec::new();
    for binding in topology.bindings.iter().filter(|b| b.exchange == exchange && b.pattern.matches(topic.as_str())) {
        let Some((subscription, queues)) = behind(topology, &binding.target) else { continue };
        match reached.iter_mut().find(|other| other.subscription == subscription) {
            Some(other) => other.because.push(binding.pattern.clone()),
            None => reached.push(Reached {
                retries_after_ms: ladder(topology, &subscription),
                strict: is_strict(topology, &queues),
                parks_in: names::parked_queue(&subscription),
                because: vec![binding.pattern.clone()],
                queues,
                subscription,
            }),
        }
    }
    reached.sort_by(|a, b| a.subscription.cmp(&b.subscription));
    Explanation { topic: topic.clone(), exchange, reached }
}

/// The subscription behind a binding, and its queues.
fn behind(topology: &Topology, target: &Target) -> Option<(SubscriptionName, Vec<String>)> {
    match target {
        Target::Queue(queue) => Some((SubscriptionName::try_new(queue).ok()?, vec![queue.clone()])),
        Target::Splitter(exchange) => {
            let splitter = topology.splitters.iter().find(|splitter| splitter.exchange() == *exchange)?;
            let mut queues: Vec<String> = splitter.slots().map(|(_, queue)| queue).collect();
            queues.dedup();
            Some((splitter.subscription.clone(), queues))
        }
    }
}

fn is_strict(topology: &Topology, queues: &[String]) -> bool {
    topology
        .queues
        .iter()
        .any(|queue| queues.contains(&queue.name) && matches!(queue.role, QueueRole::Work { single_active: true, .. }))
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
