//! Channels: one for each topic, and one for each subscription's queue.

use serde_json::{Map, Value, json};

use super::{AMQP, Contract, SERVER, context_of, put, received, reference, subscriptions, tag};
use crate::{
    event::Descriptor,
    service::{ServiceSpec, SubscriptionSpec},
    topology::names,
};

pub(super) fn channels(services: &[&ServiceSpec], contracts: &[&Contract]) -> Map<String, Value> {
    let topics = contracts.iter().map(|contract| of_topic(&contract.descriptor));
    let queues = subscriptions(services).map(|subscription| of_queue(subscription, contracts));
    topics.chain(queues).collect()
}

fn of_topic(event: &Descriptor) -> (String, Value) {
    let context = context_of(event.topic);
    let channel = json!({
        "address": event.topic,
        "title": event.topic,
        "description": event.description,
        "messages": messages([event]),
        "servers": [reference(&["servers", SERVER])],
        "tags": [tag("context", context), tag("owner", event.owner)],
        "bindings": { "amqp": {
            "is": "routingKey",
            "exchange": { "name": names::exchange(context), "type": "topic", "durable": true, "autoDelete": false },
            "bindingVersion": AMQP,
        } },
    });
    (event.topic.to_owned(), channel)
}

fn of_queue(subscription: &SubscriptionSpec, contracts: &[&Contract]) -> (String, Value) {
    let name = subscription.name.as_str();
    let queues = subscription.work_queues();
    let is_split = queues.len() > 1;
    let address = if is_split { partition_template(subscription) } else { name.to_owned() };
    let mut channel = json!({
        "address": address,
        "title": name,
        "description": format!("What the subscription {name} gets."),
        "messages": messages(received(subscription, contracts)),
        "servers": [reference(&["servers", SERVER])],
        "tags": [tag("service", subscription.name.service())],
        "bindings": { "amqp": {
            "is": "queue",
            "queue": { "name": address, "durable": true, "exclusive": false, "autoDelete": false },
            "bindingVersion": AMQP,
        } },
    });
    if is_split {
        let partitions: Vec<String> = (0..queues.len()).map(|partition| partition.to_string()).collect();
        let parameter = json!({
            "description": "Each partition has the events of some of the keys, and one active consumer at a time.",
            "enum": partitions,
        });
        put(&mut channel, "parameters", json!({ PARTITION: parameter }));
    }
    (name.to_owned(), channel)
}

const PARTITION: &str = "partition";

/// The names of a subscription's partition queues, with a parameter in the place of the number.
fn partition_template(subscription: &SubscriptionSpec) -> String {
    let first = names::partition_queue(&subscription.name, 0);
    format!("{}{{{PARTITION}}}", first.trim_end_matches('0'))
}

fn messages<'a>(events: impl IntoIterator<Item = &'a Descriptor>) -> Map<String, Value> {
    let message = |event: &Descriptor| reference(&["components", "messages", event.topic]);
    events.into_iter().map(|event| (event.topic.to_owned(), message(event))).collect()
}
