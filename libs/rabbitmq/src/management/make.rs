//! Making exchanges, queues, bindings and policies, and taking them away.

use fabric_core::topology::{
    Arguments, BindingDefinition, Destination, ExchangeDefinition, PolicyDefinition, QueueDefinition,
    arguments_from_json,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Management, ManagementError, call::Call};

/// Under which conditions a queue is deleted; by default under none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnlyIf {
    /// Only if it has no messages.
    pub empty: bool,
    /// Only if it has no consumers.
    pub unused: bool,
}

impl Management {
    /// Makes an exchange. One that stands with the same properties stays; with others it is [`ManagementError::Refused`].
    pub async fn put_exchange(&self, name: &str, exchange: &ExchangeDefinition) -> Result<(), ManagementError> {
        let ExchangeDefinition { kind, durable, auto_delete, internal, arguments } = exchange;
        let body = json!({
            "type": kind, "durable": durable, "auto_delete": auto_delete, "internal": internal, "arguments": arguments
        });
        let call = Call::put(&["exchanges", self.vhost(), name], format!("the exchange {name}"), body);
        self.run(move |calls| calls.done(&call)).await
    }

    /// Makes a queue. One that stands with the same properties stays; with others it is [`ManagementError::Refused`].
    pub async fn put_queue(&self, name: &str, queue: &QueueDefinition) -> Result<(), ManagementError> {
        let QueueDefinition { durable, auto_delete, arguments } = queue;
        let body = json!({ "durable": durable, "auto_delete": auto_delete, "arguments": arguments });
        let call = Call::put(&["queues", self.vhost(), name], format!("the queue {name}"), body);
        self.run(move |calls| calls.done(&call)).await
    }

    /// Binds a queue or an exchange to an exchange. A binding that stands stays, once.
    pub async fn bind(&self, binding: &BindingDefinition) -> Result<(), ManagementError> {
        let body = json!({ "routing_key": binding.key, "arguments": binding.arguments });
        let call = Call::post(&between(self.vhost(), binding), described(binding), body);
        self.run(move |calls| calls.done(&call)).await
    }

    /// Takes a binding away. One that is not there is [`ManagementError::NotFound`].
    pub async fn unbind(&self, binding: &BindingDefinition) -> Result<(), ManagementError> {
        let binding = binding.clone();
        self.run(move |calls| {
            let path = between(calls.vhost(), &binding);
            let bound: Vec<Bound> = calls.read(&Call::get(&path, described(&binding)))?;
            let this = bound.into_iter().find(|bound| bound.is(&binding.key, &binding.arguments));
            let this = this.ok_or_else(|| ManagementError::NotFound { resource: described(&binding) })?;
            let path = [&path[..], &[&this.properties_key]].concat();
            calls.done(&Call::delete(&path, described(&binding)))
        })
        .await
    }

    /// Deletes a queue with all that is in it, under conditions if there are any.
    ///
    /// Brokers have no conditions for quorum queues: with one it is [`ManagementError::Unconditional`], and nothing is deleted.
    pub async fn delete_queue(&self, name: &str, only_if: OnlyIf) -> Result<(), ManagementError> {
        let OnlyIf { empty, unused } = only_if;
        let conditions = [(empty, "if-empty=true"), (unused, "if-unused=true")];
        let conditions: Vec<&str> = conditions.into_iter().filter_map(|(set, text)| set.then_some(text)).collect();
        let call =
            Call::delete(&["queues", self.vhost(), name], format!("the queue {name}")).query(&conditions.join("&"));
        self.run(move |calls| calls.done(&call)).await
    }

    /// Deletes an exchange with its bindings; on wish only if nothing is bound to it, else it is [`ManagementError::Refused`].
    pub async fn delete_exchange(&self, name: &str, only_if_unused: bool) -> Result<(), ManagementError> {
        let call = Call::delete(&["exchanges", self.vhost(), name], format!("the exchange {name}"))
            .query(if only_if_unused { "if-unused=true" } else { "" });
        self.run(move |calls| calls.done(&call)).await
    }

    /// Makes a policy, or changes the one of this name. Queues follow a moment later: see
    /// [`effective`](fabric_core::topology::QueueState::effective).
    pub async fn put_policy(&self, name: &str, policy: &PolicyDefinition) -> Result<(), ManagementError> {
        let PolicyDefinition { pattern, apply_to, priority, definition } = policy;
        let body = json!({ "pattern": pattern, "apply-to": apply_to, "priority": priority, "definition": definition });
        let call = Call::put(&["policies", self.vhost(), name], format!("the policy {name}"), body);
        self.run(move |calls| calls.done(&call)).await
    }

    /// Deletes a policy.
    pub async fn delete_policy(&self, name: &str) -> Result<(), ManagementError> {
        let call = Call::delete(&["policies", self.vhost(), name], format!("the policy {name}"));
        self.run(move |calls| calls.done(&call)).await
    }
}

/// A binding as the broker lists it.
#[derive(Deserialize)]
struct Bound {
    routing_key: String,
    arguments: Value,
    /// What key and arguments come to in a path.
    properties_key: String,
}

impl Bound {
    fn is(&self, key: &str, arguments: &Arguments) -> bool {
        self.routing_key == key && arguments_from_json(&self.arguments).as_ref() == Some(arguments)
    }
}

/// Where the bindings of these two are.
fn between<'a>(vhost: &'a str, binding: &'a BindingDefinition) -> [&'a str; 6] {
    let (kind, destination) = match &binding.destination {
        Destination::Queue(name) => ("q", name),
        Destination::Exchange(name) => ("e", name),
    };
    ["bindings", vhost, "e", &binding.source, kind, destination]
}

fn described(BindingDefinition { source, destination, key, .. }: &BindingDefinition) -> String {
    let kind = match destination {
        Destination::Queue(_) => "queue",
        Destination::Exchange(_) => "exchange",
    };
    format!("the binding {key} of the {kind} {} to the exchange {source}", destination.name())
}
