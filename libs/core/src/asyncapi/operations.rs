//! Operations: a service sends each event that it publishes, and receives by each of its subscriptions.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{AMQP, Contract, context_of, headers, received, reference, tag};
use crate::{
    event::Descriptor,
    pattern::Pattern,
    resend,
    service::{Order, ServiceSpec, SubscriptionSpec},
    topology::names,
};

pub(super) fn operations(services: &[&ServiceSpec], contracts: &[&Contract]) -> Map<String, Value> {
    let sends = services.iter().flat_map(|service| {
        let published = service.publishes().iter();
        let known = published.filter(|event| contracts.iter().any(|contract| contract.descriptor.topic == event.topic));
        known.map(|event| send(service, event))
    });
    let receives = services.iter().flat_map(|service| {
        service.subscriptions().iter().map(|subscription| receive(service, subscription, contracts))
    });
    sends.chain(receives).collect()
}

fn send(service: &ServiceSpec, event: &Descriptor) -> (String, Value) {
    let (name, topic) = (service.name().as_str(), event.topic);
    let operation = json!({
        "action": "send",
        "channel": reference(&["channels", topic]),
        "messages": [reference(&["channels", topic, "messages", topic])],
        "title": format!("{name} publishes {topic}"),
        "summary": event.description,
        "tags": [tag("service", name), tag("context", context_of(topic))],
        "bindings": { "amqp": { "deliveryMode": 2, "mandatory": true, "timestamp": true, "bindingVersion": AMQP } },
        "x-fabric-service": name,
    });
    (format!("{name}.send.{topic}"), operation)
}

fn receive(service: &ServiceSpec, subscription: &SubscriptionSpec, contracts: &[&Contract]) -> (String, Value) {
    let (name, queue) = (service.name().as_str(), subscription.name.as_str());
    let own_name = queue.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(queue);
    let messages: Vec<Value> = received(subscription, contracts)
        .map(|event| reference(&["channels", queue, "messages", event.topic]))
        .collect();
    let patterns: Vec<&str> = subscription.patterns.iter().map(Pattern::as_str).collect();
    let operation = json!({
        "action": "receive",
        "channel": reference(&["channels", queue]),
        "messages": messages,
        "title": format!("{name} receives by {queue}"),
        "summary": format!("{queue} listens to {}.", patterns.join(", ")),
        "tags": [tag("service", name)],
        "bindings": { "amqp": { "ack": true, "bindingVersion": AMQP } },
        "x-fabric-service": name,
        "x-fabric-subscription": queue,
        "x-fabric-patterns": patterns,
        "x-fabric-retry": retry(subscription),
        "x-fabric-parking": {
            "queue": names::parked_queue(&subscription.name),
            "holdsKey": subscription.order.holds_keys(),
        },
        "x-fabric-partitions": partitions(subscription),
    });
    (format!("{name}.receive.{own_name}"), operation)
}

/// How failing events are tried again. Those of a strict subscription wait in their place, the others in a queue for each delay.
fn retry(subscription: &SubscriptionSpec) -> Value {
    let policy = &subscription.retry;
    let immediate = (1..policy.attempts_max()).filter(|failed| policy.is_immediate(*failed)).count();
    let delays_ms: Vec<u64> = policy.ladder().into_iter().map(whole_ms).collect();
    json!({
        "attempts": policy.attempts_max(),
        "immediate": immediate,
        "delaysMs": delays_ms,
        "inPlace": subscription.order.is_strict(),
    })
}

fn partitions(subscription: &SubscriptionSpec) -> Value {
    let (order, count) = match subscription.order {
        Order::Loose => ("loose", 1),
        Order::Strict { partitions, .. } => ("strict", partitions.count()),
    };
    json!({
        "order": order,
        "count": count,
        "queues": subscription.work_queues(),
        "key": headers::KEY,
        "slot": resend::SLOT,
    })
}

fn whole_ms(delay: Duration) -> u64 {
    u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)
}
