//! Who may do what on the broker: a user for each service with exactly the rights that it needs, and two for operators.
//!
//! The broker checks an expression per right against the name of a queue or exchange, and on topic exchanges another one against the
//! routing key (publishing) or the binding key itself (binding). An exchange without such an entry allows every key, so each
//! exchange that a service may use has one.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Permission, TopicPermission, UserDefinition,
    expression::{escape, exactly, whole},
    names,
};
use crate::{event::Descriptor, pattern::Pattern, service::ServiceSpec};

/// Whether services may make what they need on the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declaring {
    /// Each makes its own queues, exchanges and bindings. For that the broker wants the right to write to the default exchange too,
    /// where dead letters go, and whoever has that reaches every queue: so this is for development.
    Own,
    /// They only check that everything is there: the operator's tools make it.
    Never,
}

/// The user of the operator's tools: it reads everything, publishes, redrives and pauses, and changes nothing that stands.
pub const OPERATOR: &str = "fabric";

/// The user that makes and changes what stands: queues, exchanges, bindings, policies and users.
pub const DEPLOYER: &str = "fabric-deploy";

/// What every process tells of itself, by the events that the catalogue knows.
const NOTICES: [&str; 2] = ["fabric.dead_letter.parked", "fabric.dead_letter.resolved"];

/// By which every process hears that subscriptions are paused and resumed.
const SIGNS: &str = "fabric.subscription.*";

/// The users that services and operators need, by name. A service's user bears its name.
pub fn users(
    services: &[&ServiceSpec],
    catalogue: &[Descriptor],
    declaring: Declaring,
) -> BTreeMap<String, UserDefinition> {
    let contexts: BTreeSet<&str> = catalogue.iter().map(context_of).collect();
    let of_service = |service: &&ServiceSpec| {
        (service.name().as_str().to_owned(), Rights::of(service, catalogue, &contexts).user(declaring))
    };
    let mut users: BTreeMap<String, UserDefinition> = services.iter().map(of_service).collect();
    users.insert(OPERATOR.to_owned(), operator());
    users.insert(DEPLOYER.to_owned(), deployer());
    users
}

fn operator() -> UserDefinition {
    let taps = format!(r"{}\.tap\..*", escape(OPERATOR));
    let permission = Permission {
        configure: format!("^{taps}$"),
        write: whole([r"events\..*".to_owned(), r"queues\..*".to_owned(), taps]),
        read: ".*".to_owned(),
    };
    tagged("monitoring", permission)
}

fn deployer() -> UserDefinition {
    let everything = || ".*".to_owned();
    tagged("administrator", Permission { configure: everything(), write: everything(), read: everything() })
}

fn tagged(tag: &str, permission: Permission) -> UserDefinition {
    UserDefinition { tags: BTreeSet::from([tag.to_owned()]), permission: Some(permission), topics: BTreeMap::new() }
}

fn context_of(event: &Descriptor) -> &'static str {
    event.topic.split('.').next().unwrap_or_default()
}

/// What a service does on the broker.
struct Rights<'a> {
    service: &'a str,
    /// The topics that it publishes, by exchange.
    published: BTreeMap<String, BTreeSet<&'a str>>,
    /// The keys that its subscriptions are bound with, by exchange.
    bound: BTreeMap<String, BTreeSet<&'a str>>,
}

impl<'a> Rights<'a> {
    fn of(service: &'a ServiceSpec, catalogue: &'a [Descriptor], contexts: &BTreeSet<&str>) -> Self {
        let mut published: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let notices = catalogue.iter().filter(|event| NOTICES.contains(&event.topic));
        for event in service.publishes().iter().chain(notices) {
            published.entry(names::exchange(context_of(event))).or_default().insert(event.topic);
        }
        let mut bound: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for pattern in service.subscriptions().iter().flat_map(|subscription| &subscription.patterns) {
            let exchanges = match pattern.context() {
                Some(context) => vec![names::exchange(context)],
                None => contexts.iter().map(|context| names::exchange(context)).collect(),
            };
            for exchange in exchanges {
                bound.entry(exchange).or_default().insert(Pattern::as_str(pattern));
            }
        }
        Self { service: service.name().as_str(), published, bound }
    }

    fn user(mut self, declaring: Declaring) -> UserDefinition {
        let permission = match declaring {
            Declaring::Own => self.with_declaring(),
            Declaring::Never => {
                // Bindings are made for it, so it needs no right to any key but that of the signs.
                self.bound.clear();
                self.without_declaring()
            }
        };
        self.bound.entry(names::exchange(names::FABRIC_CONTEXT)).or_default().insert(SIGNS);
        UserDefinition { tags: BTreeSet::new(), permission: Some(permission), topics: self.topics() }
    }

    fn without_declaring(&self) -> Permission {
        let own = format!(r"{}\..*", escape(self.service));
        let taps = format!(r"{}\.tap\..*", escape(self.service));
        let signs = names::exchange(names::FABRIC_CONTEXT);
        let copies = names::queues_exchange(self.service);
        let published = self.published.keys().map(|exchange| escape(exchange));
        Permission {
            configure: format!("^{taps}$"),
            write: whole(published.chain([escape(&copies), taps])),
            read: whole([own, escape(names::CONTROL), escape(&signs)]),
        }
    }

    /// Besides what is its own, everybody makes sure of what belongs to all.
    fn with_declaring(&self) -> Permission {
        let own = format!(r"{}\..*", escape(self.service));
        let copies = names::queues_exchange(self.service);
        let signs = names::exchange(names::FABRIC_CONTEXT);
        let everybodys = [names::UNROUTED, names::CONTROL];
        let with = |others: Vec<&str>| {
            let others: BTreeSet<&str> = others.into_iter().chain([copies.as_str()]).chain(everybodys).collect();
            whole([own.clone()].into_iter().chain(others.into_iter().map(escape)))
        };
        let published: Vec<&str> = self.published.keys().map(String::as_str).collect();
        let bound = self.bound.keys().map(String::as_str);
        let sources = [signs.as_str(), names::FABRIC_QUEUES];
        Permission {
            configure: with(published.iter().copied().chain(sources).collect()),
            write: with(published.iter().copied().chain(["amq.default"]).collect()),
            read: with(bound.chain(sources).collect()),
        }
    }

    fn topics(&self) -> BTreeMap<String, TopicPermission> {
        let exchanges: BTreeSet<&String> = self.published.keys().chain(self.bound.keys()).collect();
        let keys = |of: &BTreeMap<String, BTreeSet<&str>>, exchange: &String| {
            of.get(exchange).map_or_else(|| exactly([]), |keys| exactly(keys.iter().copied()))
        };
        let entry = |exchange: &String| TopicPermission {
            write: keys(&self.published, exchange),
            read: keys(&self.bound, exchange),
        };
        exchanges.into_iter().map(|exchange| (exchange.clone(), entry(exchange))).collect()
    }
}

#[cfg(test)]
mod tests;
