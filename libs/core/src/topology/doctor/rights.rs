//! What the user of a service may not do, and would have to.

use std::collections::BTreeMap;

use regex::Regex;

use super::{Case, Finding, Own, Symptom, command::APPLY_USERS, listed};
use crate::{
    service::ServiceSpec,
    topology::{Permission, TopicPermission, UserDefinition, names, users::DEPLOYER},
};

/// What services may not publish, and users that are missing beside others.
pub(super) fn of_services(case: &Case<'_>) -> Vec<Finding> {
    let Some(users) = &case.facts.users else {
        let what = "what the broker's users may do could not be looked at";
        let why =
            format!("only an administrator sees them, such as {DEPLOYER}: topology.management_url says who looks");
        return vec![Finding::note(Symptom::Unknown, what, why)];
    };
    case.services.iter().filter_map(|service| of_service(case.services, service, users)).collect()
}

fn of_service(
    services: &[ServiceSpec],
    service: &ServiceSpec,
    users: &BTreeMap<String, UserDefinition>,
) -> Option<Finding> {
    let name = service.name().as_str();
    let Some(user) = users.get(name) else {
        // Where no service has a user of its own, all of them share one, as while developing.
        let others = services.iter().any(|other| users.contains_key(other.name().as_str()));
        let what = format!("the broker has no user {name}, and has users for other services");
        let why = format!("{name} cannot connect as itself");
        return others.then(|| Finding::trouble(Symptom::Right, what, why).next(APPLY_USERS));
    };
    let Some(permission) = &user.permission else {
        let what = format!("the user {name} may not enter the virtual host");
        return Some(Finding::trouble(Symptom::Right, what, format!("{name} cannot connect")).next(APPLY_USERS));
    };
    let mut lacking = Vec::new();
    let mut copies = vec![names::queues_exchange(name)];
    copies.retain(|exchange| refuses(&permission.write, exchange));
    lacking.extend(copies);
    for event in service.publishes() {
        let exchange = names::exchange(event.topic.split('.').next().unwrap_or_default());
        let of_key = |topic: &TopicPermission| refuses(&topic.write, event.topic);
        if refuses(&permission.write, &exchange) {
            lacking.push(exchange);
        } else if user.topics.get(&exchange).is_some_and(of_key) {
            lacking.push(format!("{exchange} with the key {}", event.topic));
        }
    }
    lacking.dedup();
    let what = format!("the user {name} may not publish to {}", listed(&lacking));
    let why = "the broker closes the channel of whoever tries, and nothing is published by it";
    (!lacking.is_empty()).then(|| Finding::trouble(Symptom::Right, what, why).next(APPLY_USERS))
}

/// What a subscription's service may not read.
pub(super) fn findings(own: &Own<'_>) -> Vec<Finding> {
    let service = own.spec.name.service();
    let user = own.case.facts.users.as_ref().and_then(|users| users.get(service));
    let Some((user, permission)) = user.and_then(|user| Some((user, user.permission.as_ref()?))) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut unread: Vec<String> = own.work.iter().filter(|queue| refuses(&permission.read, queue)).cloned().collect();
    if own.spec.order.holds_keys() {
        let parked = names::parked_queue(&own.spec.name);
        unread.extend(Some(parked).filter(|queue| refuses(&permission.read, queue)));
    }
    if !unread.is_empty() {
        let what = format!("the user {service} may not read {}", listed(&unread));
        findings.push(Finding::trouble(Symptom::Right, what, "the broker refuses its consumers").next(APPLY_USERS));
    }
    let unbound = unbound(own, user, permission);
    if !unbound.is_empty() {
        let what = format!("the user {service} may not bind to {}", listed(&unbound));
        let why = "it makes its own queues and bindings, and the broker refuses these";
        findings.push(Finding::trouble(Symptom::Right, what, why).next(APPLY_USERS));
    }
    findings
}

/// The exchanges and keys that a service which makes its own bindings may not bind.
fn unbound(own: &Own<'_>, user: &UserDefinition, permission: &Permission) -> Vec<String> {
    let makes_its_own = own.work.iter().any(|queue| allows(&permission.configure, queue) == Some(true));
    if !makes_its_own {
        return Vec::new();
    }
    let bindings = own.case.wanted.bindings.iter();
    let bindings = bindings.filter(|binding| {
        names::context_of(&binding.source).is_some() && own.resources.contains(binding.destination.name())
    });
    let refused = bindings.filter(|binding| {
        let of_key = |topic: &TopicPermission| refuses(&topic.read, &binding.key);
        refuses(&permission.read, &binding.source) || user.topics.get(&binding.source).is_some_and(of_key)
    });
    refused.map(|binding| format!("{} with the key {}", binding.source, binding.key)).collect()
}

/// Whether an expression surely refuses a name. One that only the broker can read refuses nothing for all that is known here.
fn refuses(expression: &str, name: &str) -> bool {
    allows(expression, name) == Some(false)
}

/// Whether an expression allows a name; none when it is of a kind that is not understood here. An empty one allows the empty name only.
fn allows(expression: &str, name: &str) -> Option<bool> {
    if expression.is_empty() {
        return Some(name.is_empty());
    }
    Regex::new(expression).ok().map(|expression| expression.is_match(name))
}
