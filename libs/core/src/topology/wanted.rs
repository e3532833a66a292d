//! What has to stand on the broker, with every argument: a topology as definitions.
//!
//! What is fixed when something is made follows from its name and role and stands in its arguments, so it never changes. What
//! operators tune are policies, which can be changed at any time.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Argument, Arguments, BindingDefinition, Definitions, Destination, ExchangeDefinition, PARKED_RETURNS_MAX,
    PolicyDefinition, QueueDefinition, QueueRole, RETURNS_MAX, Splitter, Target, Topology,
    expression::{escape, whole},
    names,
};
use crate::resend;

/// How many bytes of events queues hold before they refuse more. A queue that refuses holds the publisher up; it drops nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Each work queue, in bytes.
    pub work_bytes_max: u64,
    /// Each wait queue, in bytes.
    pub wait_bytes_max: u64,
    /// Each parked queue, in bytes.
    pub parked_bytes_max: u64,
    /// The queue for unrouted events, in bytes.
    pub unrouted_bytes_max: u64,
}

const GIB: u64 = 1 << 30;

impl Default for Caps {
    /// 4 GiB for what is parked and 1 GiB for the others.
    fn default() -> Self {
        Self { work_bytes_max: GIB, wait_bytes_max: GIB, parked_bytes_max: 4 * GIB, unrouted_bytes_max: GIB }
    }
}

/// Everything that has to stand for a topology: exchanges, queues, bindings, and the policies that cap the queues. Users are not part
/// of it: see [`users`](super::users).
pub fn wanted(topology: &Topology, caps: &Caps) -> Definitions {
    let queue = |role| QueueDefinition { durable: true, auto_delete: false, arguments: queue_arguments(role) };
    Definitions {
        exchanges: exchanges(topology),
        queues: topology.queues.iter().map(|each| (each.name.clone(), queue(&each.role))).collect(),
        bindings: bindings(topology),
        policies: policies(topology, caps),
        users: BTreeMap::new(),
    }
}

/// The arguments that a queue is declared with.
pub fn queue_arguments(role: &QueueRole) -> Arguments {
    let mut arguments = Arguments::new();
    arguments.insert(QUEUE_TYPE.to_owned(), "quorum".into());
    match role {
        QueueRole::Work { parked, single_active } => {
            dead_letter_to(&mut arguments, parked);
            limit_returns(&mut arguments, RETURNS_MAX);
            if *single_active {
                activate_one_consumer(&mut arguments);
            }
        }
        QueueRole::Wait { delay, work } => {
            dead_letter_to(&mut arguments, work);
            let delay_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            arguments.insert(MESSAGE_TTL.to_owned(), delay_ms.into());
        }
        QueueRole::Parked => {
            keep(&mut arguments);
            activate_one_consumer(&mut arguments);
        }
        QueueRole::Unrouted => keep(&mut arguments),
    }
    arguments
}

/// The arguments that a splitter's headers exchange is declared with.
pub fn splitter_arguments(splitter: &Splitter) -> Arguments {
    Arguments::from([("alternate-exchange".to_owned(), Argument::Text(splitter.slotless_exchange()))])
}

/// The arguments of a binding that takes the events of one slot. The header is published with the same type.
pub fn slot_arguments(slot: u8) -> Arguments {
    Arguments::from([("x-match".to_owned(), "all".into()), (resend::SLOT.to_owned(), i64::from(slot).into())])
}

pub(super) const QUEUE_TYPE: &str = "x-queue-type";
pub(super) const SINGLE_ACTIVE: &str = "x-single-active-consumer";
pub(super) const MESSAGE_TTL: &str = "x-message-ttl";
pub(super) const BYTES_MAX: &str = "max-length-bytes";
const DEAD_LETTER_EXCHANGE: &str = "x-dead-letter-exchange";
const DEAD_LETTER_KEY: &str = "x-dead-letter-routing-key";

/// The queue that a queue passes its dead letters to, by the default exchange.
pub(super) fn dead_letters_of(queue: &QueueDefinition) -> Option<&str> {
    match (queue.arguments.get(DEAD_LETTER_EXCHANGE), queue.arguments.get(DEAD_LETTER_KEY)) {
        (Some(Argument::Text(exchange)), Some(Argument::Text(key))) if exchange.is_empty() => Some(key),
        _ => None,
    }
}

/// Whether a queue is one in which events wait for their next attempt.
pub(super) fn is_wait_queue(queue: &QueueDefinition) -> bool {
    queue.arguments.contains_key(MESSAGE_TTL) && dead_letters_of(queue).is_some()
}

/// At-least-once dead-lettering needs all four together.
fn dead_letter_to(arguments: &mut Arguments, queue: &str) {
    arguments.insert(DEAD_LETTER_EXCHANGE.to_owned(), "".into());
    arguments.insert(DEAD_LETTER_KEY.to_owned(), queue.into());
    arguments.insert("x-dead-letter-strategy".to_owned(), "at-least-once".into());
    refuse_when_full(arguments);
}

/// Whatever is kept stays: it is not worn out by looking at it.
fn keep(arguments: &mut Arguments) {
    limit_returns(arguments, PARKED_RETURNS_MAX);
    refuse_when_full(arguments);
}

/// Under a length limit the newest is refused instead of the oldest dropped.
fn refuse_when_full(arguments: &mut Arguments) {
    arguments.insert("x-overflow".to_owned(), "reject-publish".into());
}

/// A limit, however high, also makes what comes back keep its place at the head. Without one, brokers before 4.0 put it at the end,
/// and later ones have a limit of their own.
fn limit_returns(arguments: &mut Arguments, returns_max: u32) {
    arguments.insert("x-delivery-limit".to_owned(), i64::from(returns_max).into());
}

fn activate_one_consumer(arguments: &mut Arguments) {
    arguments.insert(SINGLE_ACTIVE.to_owned(), true.into());
}

fn exchanges(topology: &Topology) -> BTreeMap<String, ExchangeDefinition> {
    let durable = |kind: &str, arguments| ExchangeDefinition {
        kind: kind.to_owned(),
        durable: true,
        auto_delete: false,
        internal: false,
        arguments,
    };
    let mut exchanges = BTreeMap::new();
    for exchange in &topology.exchanges {
        exchanges.insert(exchange.clone(), durable("topic", Arguments::new()));
    }
    for exchange in topology.direct_exchanges() {
        exchanges.insert(exchange.to_owned(), durable("direct", Arguments::new()));
    }
    for splitter in &topology.splitters {
        exchanges.insert(splitter.slotless_exchange(), durable("topic", Arguments::new()));
        exchanges.insert(splitter.exchange(), durable("headers", splitter_arguments(splitter)));
    }
    exchanges
}

fn bindings(topology: &Topology) -> BTreeSet<BindingDefinition> {
    let bind = |source: &str, destination, key: &str, arguments| BindingDefinition {
        source: source.to_owned(),
        destination,
        key: key.to_owned(),
        arguments,
    };
    let mut bindings = BTreeSet::new();
    for binding in &topology.bindings {
        let destination = match &binding.target {
            Target::Queue(queue) => Destination::Queue(queue.clone()),
            Target::Splitter(exchange) => Destination::Exchange(exchange.clone()),
        };
        bindings.insert(bind(&binding.exchange, destination, binding.pattern.as_str(), Arguments::new()));
    }
    for direct in &topology.direct {
        let queue = Destination::Queue(direct.queue.clone());
        bindings.insert(bind(&direct.exchange, queue, &direct.queue, Arguments::new()));
    }
    for splitter in &topology.splitters {
        let slotless = Destination::Queue(splitter.slotless_queue());
        bindings.insert(bind(&splitter.slotless_exchange(), slotless, "#", Arguments::new()));
        for (slot, queue) in splitter.slots() {
            bindings.insert(bind(&splitter.exchange(), Destination::Queue(queue), "", slot_arguments(slot)));
        }
    }
    bindings
}

const WORK: &str = "fabric-work";
const WAIT: &str = "fabric-wait";
const PARKED: &str = "fabric-parked";
const CONTROL: &str = "fabric-control";
const UNROUTED: &str = "fabric-unrouted";

/// What is appended to a queue's name for the one that takes its place while it is migrated.
pub(super) const STANDBY: &str = ".standby";

/// Above the 0 that policies have when nobody gave them a priority: a `.*` of somebody else does not win over ours by chance.
const PRIORITY: i64 = 10;

/// The name of the policy that counts for a queue of ours: the only one of ours whose pattern matches it. A service has its own, so
/// that nobody's limits depend on which other services are deployed.
pub(super) fn policy_of(queue: &str) -> String {
    let queue = queue.strip_suffix(STANDBY).unwrap_or(queue);
    match queue {
        names::UNROUTED => return UNROUTED.to_owned(),
        names::CONTROL => return CONTROL.to_owned(),
        _ => {}
    }
    let mut words: Vec<&str> = queue.split('.').skip(1).collect();
    let kind = match (words.pop(), words.pop()) {
        (Some("parked"), Some(_)) => PARKED,
        (Some(delay), Some("retry")) if !words.is_empty() && delay.bytes().all(|byte| byte.is_ascii_digit()) => WAIT,
        _ => WORK,
    };
    of_service(kind, names::service_of(queue))
}

fn of_service(kind: &str, service: &str) -> String {
    format!("{kind}.{service}")
}

fn policies(topology: &Topology, caps: &Caps) -> BTreeMap<String, PolicyDefinition> {
    let with_standby = |queue: &str| whole([format!(r"{}(\.standby)?", escape(queue))]);
    let mut policies = vec![
        (CONTROL.to_owned(), with_standby(names::CONTROL), caps.parked_bytes_max),
        (UNROUTED.to_owned(), with_standby(names::UNROUTED), caps.unrouted_bytes_max),
    ];
    for service in services(topology) {
        let (own, ended) = (escape(service), r"(parked|retry\.[0-9]+)(\.standby)?$");
        policies.extend([
            (of_service(WORK, service), format!(r"^{own}\.(?!.+\.{ended}).+$"), caps.work_bytes_max),
            (of_service(WAIT, service), format!(r"^{own}\..+\.retry\.[0-9]+(\.standby)?$"), caps.wait_bytes_max),
            (of_service(PARKED, service), format!(r"^{own}\..+\.parked(\.standby)?$"), caps.parked_bytes_max),
        ]);
    }
    policies.into_iter().map(|(name, pattern, bytes_max)| (name, capped(pattern, bytes_max))).collect()
}

fn capped(pattern: String, bytes_max: u64) -> PolicyDefinition {
    let bytes_max = i64::try_from(bytes_max).unwrap_or(i64::MAX);
    PolicyDefinition {
        pattern,
        apply_to: "queues".to_owned(),
        priority: PRIORITY,
        definition: Arguments::from([(BYTES_MAX.to_owned(), bytes_max.into())]),
    }
}

/// The services whose queues stand in a topology.
fn services(topology: &Topology) -> BTreeSet<&str> {
    let of_exchanges = topology.direct_exchanges().into_iter().filter_map(service_of_exchange);
    let own = |queue: &&str| !matches!(*queue, names::UNROUTED | names::CONTROL);
    let of_queues = topology.queues.iter().map(|queue| queue.name.as_str()).filter(own).map(names::service_of);
    of_exchanges.chain(of_queues).collect()
}

/// The service whose direct exchange this is.
pub(super) fn service_of_exchange(exchange: &str) -> Option<&str> {
    let is_services = names::is_queues_exchange(exchange) && exchange != names::FABRIC_QUEUES;
    exchange.split_once('.').filter(|_| is_services).map(|(_, service)| service)
}

#[cfg(test)]
mod tests;
