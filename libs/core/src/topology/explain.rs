//! Where an event of a topic goes, and why; and what can reach a queue.

mod matching;
mod queue;
#[cfg(test)]
mod tests;

pub use matching::{Because, Part};
pub use queue::{Arrival, Copies, Kind, Meant, QueueExplanation, explain_queue};

use super::{Target, Topology, names};
use crate::{
    codec,
    event::{Descriptor, Scope},
    name::{PartitionKey, SubscriptionName, TenantId},
    partition::{Partitions, slot_of},
    pattern::Pattern,
    recency,
    retry::RetryPolicy,
    service::{Order, ServiceSpec, SubscriptionSpec},
    topic::Topic,
};

/// What is asked about an event.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Its topic.
    pub topic: &'a Topic,
    /// What the catalogue says of it.
    pub event: &'a Descriptor,
    /// Its partition key, if it is about one event and not about all of the topic.
    pub key: Option<&'a PartitionKey>,
    /// Whose event.
    pub tenant: &'a TenantId,
}

/// Where an event of one topic goes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Explanation {
    /// The topic.
    pub topic: Topic,
    /// What happened, in a sentence.
    pub description: &'static str,
    /// The version of its payload.
    pub version: u16,
    /// The URI of its payload's schema.
    pub dataschema: String,
    /// Who may listen to it.
    pub scope: Scope,
    /// The service that owns it.
    pub owner: &'static str,
    /// The services that may publish it, its owner first.
    pub publishers: Vec<&'static str>,
    /// The roles of people who may cause it; of none when only services may.
    pub roles: Vec<&'static str>,
    /// The exchange that it is published to.
    pub exchange: String,
    /// The slot of the key that was asked about.
    pub slot: Option<u8>,
    /// The subscriptions that get it, sorted by name; none means that it ends up in the queue for unrouted events.
    pub reached: Vec<Reached>,
    /// Where it is kept when nobody is bound to it.
    pub otherwise: &'static str,
    /// Where the cache has it.
    pub cached: Cached,
}

/// Where the cache of last known events has those of a topic.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Cached {
    /// The key of the hash with the tenant's last known event of each topic.
    pub last_key: String,
    /// The field of that hash.
    pub field: Topic,
    /// The key of the sorted set with the tenant's most recent events of this topic.
    pub recent_key: String,
}

/// One subscription that gets the event.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reached {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// The patterns that match, in the order of the subscription, each of which would be enough. The first one's handler gets it.
    pub because: Vec<Because>,
    /// The queues that it may come by: one, or all of a partitioned subscription when no key was asked about.
    pub queues: Vec<String>,
    /// Whether the events of a key are handled in the order of publishing, whatever happens.
    pub strict: bool,
    /// How many attempts there are in all.
    pub attempts_max: u32,
    /// How many further attempts follow at once.
    pub immediate: u32,
    /// After which delays it is tried again after those, in milliseconds. A strict subscription waits without leaving its queue, the
    /// others in a wait queue for each delay.
    pub retries_after_ms: Vec<u64>,
    /// Where it is kept when it cannot be handled.
    pub parks_in: String,
    /// Whether later events of its key are parked behind it then.
    pub holds_key: bool,
}

/// Explains where an event goes on the topology of these services.
pub fn explain(services: &[ServiceSpec], topology: &Topology, question: Question<'_>) -> Explanation {
    let Question { topic, event, key, tenant } = question;
    let exchange = names::exchange(topic.context());
    let slot = key.map(slot_of);
    let subscriptions = services.iter().flat_map(ServiceSpec::subscriptions);
    let mut reached: Vec<Reached> = subscriptions
        .filter(|subscription| is_bound(topology, subscription, &exchange))
        .filter_map(|subscription| reached_by(subscription, topic, slot))
        .collect();
    reached.sort_by(|a, b| a.subscription.cmp(&b.subscription));
    Explanation {
        topic: topic.clone(),
        description: event.description,
        version: event.version,
        dataschema: codec::schema_uri(topic, event.version),
        scope: event.scope,
        owner: event.owner,
        publishers: std::iter::once(event.owner).chain(event.publishers.iter().copied()).collect(),
        roles: event.roles.to_vec(),
        exchange,
        slot,
        reached,
        otherwise: names::UNROUTED,
        cached: Cached {
            last_key: recency::last_key(tenant),
            field: topic.clone(),
            recent_key: recency::recent_key(tenant, topic),
        },
    }
}

/// Whether anything is bound to the exchange for a subscription: with a first word of its own a pattern is bound to one exchange only,
/// and without one to those of the contexts that the catalogue knows.
fn is_bound(topology: &Topology, subscription: &SubscriptionSpec, exchange: &str) -> bool {
    let target = target_of(subscription);
    topology.bindings.iter().any(|binding| binding.exchange == exchange && binding.target == target)
}

/// What the bindings of a subscription lead to.
fn target_of(subscription: &SubscriptionSpec) -> Target {
    match partitions_of(subscription) {
        Some(_) => Target::Splitter(names::slots_exchange(&subscription.name)),
        None => Target::Queue(subscription.name.as_str().to_owned()),
    }
}

/// Over how many queues a subscription is spread, if it is over several.
fn partitions_of(subscription: &SubscriptionSpec) -> Option<Partitions> {
    match subscription.order {
        Order::Strict { partitions, .. } if partitions > Partitions::ONE => Some(partitions),
        Order::Loose | Order::Strict { .. } => None,
    }
}

fn reached_by(subscription: &SubscriptionSpec, topic: &Topic, slot: Option<u8>) -> Option<Reached> {
    let because = matches(&subscription.patterns, topic.as_str());
    if because.is_empty() {
        return None;
    }
    let queues = match (partitions_of(subscription), slot) {
        (Some(partitions), Some(slot)) => {
            vec![names::partition_queue(&subscription.name, partitions.of_slot(slot))]
        }
        _ => subscription.work_queues(),
    };
    let milliseconds = |delay: std::time::Duration| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    Some(Reached {
        subscription: subscription.name.clone(),
        because,
        queues,
        strict: subscription.order.is_strict(),
        attempts_max: subscription.retry.attempts_max(),
        immediate: immediate(&subscription.retry),
        retries_after_ms: subscription.retry.ladder().into_iter().map(milliseconds).collect(),
        parks_in: names::parked_queue(&subscription.name),
        holds_key: subscription.order.holds_keys(),
    })
}

/// How many further attempts follow at once.
fn immediate(retry: &RetryPolicy) -> u32 {
    let at_once = (1..retry.attempts_max()).take_while(|failed| retry.is_immediate(*failed));
    u32::try_from(at_once.count()).unwrap_or(u32::MAX)
}

/// Why these patterns match a topic, each that does.
fn matches(patterns: &[Pattern], topic: &str) -> Vec<Because> {
    patterns.iter().filter_map(|pattern| Because::of(pattern, topic)).collect()
}
