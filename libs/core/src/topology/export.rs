//! `RabbitMQ`'s own file for what stands on a broker, `definitions.json`, written and read.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{
    Argument, Arguments, BindingDefinition, Definitions, Destination, ExchangeDefinition, Permission, PolicyDefinition,
    QueueDefinition, TopicPermission, UserDefinition,
};

/// How password hashes are made: see `password_hashes` of [`to_json`].
const HASHING: &str = "rabbit_password_hashing_sha256";

/// Why a `definitions.json` cannot be read. It never quotes the file, which has password hashes in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these are no definitions of a broker: look at {at}")]
pub struct DefinitionsError {
    /// Where, such as `queues[3].durable`.
    pub at: String,
}

/// What stands on a virtual host as a `definitions.json`, which `rabbitmqctl import_definitions` takes. The same definitions always
/// give the same text.
///
/// `password_hashes` are salted SHA-256 hashes in the form that the broker keeps them in, by the user's name. A user without one is
/// there and cannot log in with any password.
///
/// ```
/// use fabric_core::topology::{Definitions, from_json, to_json};
///
/// let file = to_json(&Definitions::default(), "school", &Default::default());
/// assert_eq!(file["vhosts"][0]["name"], "school");
/// assert_eq!(from_json(&file, "school"), Ok(Definitions::default()));
/// ```
pub fn to_json(definitions: &Definitions, vhost: &str, password_hashes: &BTreeMap<String, String>) -> Value {
    let Definitions { exchanges, queues, bindings, policies, users } = definitions;
    let here = || Some(vhost.to_owned());
    let document = Document {
        vhosts: vec![Vhost { name: vhost.to_owned() }],
        users: users.iter().map(|(name, user)| User::of(name, user, password_hashes.get(name))).collect(),
        permissions: users.iter().filter_map(|(name, user)| UserPermission::of(here(), name, user)).collect(),
        topic_permissions: users
            .iter()
            .flat_map(|(name, user)| user.topics.iter().map(move |topic| (name, topic)))
            .map(|(name, (exchange, topic))| UserTopicPermission::of(here(), name, exchange, topic))
            .collect(),
        policies: policies.iter().map(|(name, policy)| Policy::of(here(), name, policy)).collect(),
        queues: queues.iter().map(|(name, queue)| Queue::of(here(), name, queue)).collect(),
        exchanges: exchanges.iter().map(|(name, exchange)| Exchange::of(here(), name, exchange)).collect(),
        bindings: bindings.iter().map(|binding| Binding::of(here(), binding)).collect(),
    };
    // Texts, numbers and truths under names that are texts: there is nothing in it that JSON does not have.
    serde_json::to_value(document).unwrap_or(Value::Null)
}

/// What a `definitions.json` has for one virtual host; what names no virtual host counts as this one's.
///
/// The broker's own exchanges and the bindings to its default exchange are left out. Arguments are read as
/// [`arguments_from_json`] says. Users are read without their passwords. Fails where the file has another shape, or permissions
/// for a user that it does not have.
pub fn from_json(file: &Value, vhost: &str) -> Result<Definitions, DefinitionsError> {
    let document: Document =
        serde_path_to_error::deserialize(file).map_err(|error| DefinitionsError { at: error.path().to_string() })?;
    let here = |other: &Option<String>| other.as_deref().is_none_or(|other| other == vhost);
    let mut users: BTreeMap<String, UserDefinition> = document.users.into_iter().map(User::read).collect();
    for (index, item) in document.permissions.into_iter().enumerate().filter(|(_, item)| here(&item.vhost)) {
        let at = || DefinitionsError { at: format!("permissions[{index}].user") };
        let (user, permission) = item.read();
        users.get_mut(&user).ok_or_else(at)?.permission = Some(permission);
    }
    for (index, item) in document.topic_permissions.into_iter().enumerate().filter(|(_, item)| here(&item.vhost)) {
        let at = || DefinitionsError { at: format!("topic_permissions[{index}].user") };
        let (user, exchange, permission) = item.read();
        users.get_mut(&user).ok_or_else(at)?.topics.insert(exchange, permission);
    }
    let is_own = |exchange: &str| exchange.is_empty() || exchange.starts_with("amq.");
    Ok(Definitions {
        exchanges: document
            .exchanges
            .into_iter()
            .filter(|item| here(&item.vhost) && !is_own(&item.name))
            .map(Exchange::read)
            .collect(),
        queues: document.queues.into_iter().filter(|item| here(&item.vhost)).map(Queue::read).collect(),
        bindings: document
            .bindings
            .into_iter()
            .filter(|item| here(&item.vhost) && !item.source.is_empty())
            .map(Binding::read)
            .collect(),
        policies: document.policies.into_iter().filter(|item| here(&item.vhost)).map(Policy::read).collect(),
        users,
    })
}

/// Arguments as the broker writes them, or none if that is not what the value is. An argument that is neither a truth nor a whole
/// number nor a text is kept as the text of its JSON: the fabric makes none, and it equals nothing that the fabric wants.
pub fn arguments_from_json(value: &Value) -> Option<Arguments> {
    match value {
        Value::Object(arguments) => {
            Some(arguments.iter().map(|(name, value)| (name.clone(), argument_from_json(value))).collect())
        }
        // The broker does not tell an empty table from an empty list everywhere.
        Value::Array(list) if list.is_empty() => Some(Arguments::new()),
        _ => None,
    }
}

fn argument_from_json(value: &Value) -> Argument {
    match value {
        Value::Bool(truth) => Argument::Truth(*truth),
        Value::String(text) => Argument::Text(text.clone()),
        other => other.as_i64().map_or_else(|| Argument::Text(other.to_string()), Argument::Number),
    }
}

fn read_arguments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arguments, D::Error> {
    let value = Value::deserialize(deserializer)?;
    arguments_from_json(&value).ok_or_else(|| serde::de::Error::custom("no arguments"))
}

/// The file. What else it has, such as parameters, is of no interest here.
#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(default)]
    vhosts: Vec<Vhost>,
    #[serde(default)]
    users: Vec<User>,
    #[serde(default)]
    permissions: Vec<UserPermission>,
    #[serde(default)]
    topic_permissions: Vec<UserTopicPermission>,
    #[serde(default)]
    policies: Vec<Policy>,
    #[serde(default)]
    queues: Vec<Queue>,
    #[serde(default)]
    exchanges: Vec<Exchange>,
    #[serde(default)]
    bindings: Vec<Binding>,
}

#[derive(Serialize, Deserialize)]
struct Vhost {
    name: String,
}

#[derive(Serialize, Deserialize)]
struct User {
    name: String,
    #[serde(default)]
    password_hash: String,
    #[serde(default)]
    hashing_algorithm: String,
    tags: Vec<String>,
}

impl User {
    fn of(name: &str, user: &UserDefinition, hash: Option<&String>) -> Self {
        Self {
            name: name.to_owned(),
            password_hash: hash.cloned().unwrap_or_default(),
            hashing_algorithm: HASHING.to_owned(),
            tags: user.tags.iter().cloned().collect(),
        }
    }

    fn read(self) -> (String, UserDefinition) {
        let tags = self.tags.into_iter().collect();
        (self.name, UserDefinition { tags, permission: None, topics: BTreeMap::new() })
    }
}

#[derive(Serialize, Deserialize)]
struct UserPermission {
    user: String,
    vhost: Option<String>,
    configure: String,
    write: String,
    read: String,
}

impl UserPermission {
    fn of(vhost: Option<String>, user: &str, definition: &UserDefinition) -> Option<Self> {
        let Permission { configure, write, read } = definition.permission.clone()?;
        Some(Self { user: user.to_owned(), vhost, configure, write, read })
    }

    fn read(self) -> (String, Permission) {
        (self.user, Permission { configure: self.configure, write: self.write, read: self.read })
    }
}

#[derive(Serialize, Deserialize)]
struct UserTopicPermission {
    user: String,
    vhost: Option<String>,
    exchange: String,
    write: String,
    read: String,
}

impl UserTopicPermission {
    fn of(vhost: Option<String>, user: &str, exchange: &str, permission: &TopicPermission) -> Self {
        let TopicPermission { write, read } = permission.clone();
        Self { user: user.to_owned(), vhost, exchange: exchange.to_owned(), write, read }
    }

    fn read(self) -> (String, String, TopicPermission) {
        (self.user, self.exchange, TopicPermission { write: self.write, read: self.read })
    }
}

#[derive(Serialize, Deserialize)]
struct Policy {
    name: String,
    vhost: Option<String>,
    pattern: String,
    #[serde(rename = "apply-to")]
    apply_to: String,
    priority: i64,
    #[serde(deserialize_with = "read_arguments")]
    definition: Arguments,
}

impl Policy {
    fn of(vhost: Option<String>, name: &str, policy: &PolicyDefinition) -> Self {
        let PolicyDefinition { pattern, apply_to, priority, definition } = policy.clone();
        Self { name: name.to_owned(), vhost, pattern, apply_to, priority, definition }
    }

    fn read(self) -> (String, PolicyDefinition) {
        let Self { name, vhost: _, pattern, apply_to, priority, definition } = self;
        (name, PolicyDefinition { pattern, apply_to, priority, definition })
    }
}

#[derive(Serialize, Deserialize)]
struct Queue {
    name: String,
    vhost: Option<String>,
    durable: bool,
    auto_delete: bool,
    #[serde(deserialize_with = "read_arguments")]
    arguments: Arguments,
}

impl Queue {
    fn of(vhost: Option<String>, name: &str, queue: &QueueDefinition) -> Self {
        let QueueDefinition { durable, auto_delete, arguments } = queue.clone();
        Self { name: name.to_owned(), vhost, durable, auto_delete, arguments }
    }

    fn read(self) -> (String, QueueDefinition) {
        let Self { name, vhost: _, durable, auto_delete, arguments } = self;
        (name, QueueDefinition { durable, auto_delete, arguments })
    }
}

#[derive(Serialize, Deserialize)]
struct Exchange {
    name: String,
    vhost: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    durable: bool,
    auto_delete: bool,
    internal: bool,
    #[serde(deserialize_with = "read_arguments")]
    arguments: Arguments,
}

impl Exchange {
    fn of(vhost: Option<String>, name: &str, exchange: &ExchangeDefinition) -> Self {
        let ExchangeDefinition { kind, durable, auto_delete, internal, arguments } = exchange.clone();
        Self { name: name.to_owned(), vhost, kind, durable, auto_delete, internal, arguments }
    }

    fn read(self) -> (String, ExchangeDefinition) {
        let Self { name, vhost: _, kind, durable, auto_delete, internal, arguments } = self;
        (name, ExchangeDefinition { kind, durable, auto_delete, internal, arguments })
    }
}

#[derive(Serialize, Deserialize)]
struct Binding {
    source: String,
    vhost: Option<String>,
    destination: String,
    destination_type: DestinationType,
    routing_key: String,
    #[serde(deserialize_with = "read_arguments")]
    arguments: Arguments,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DestinationType {
    Queue,
    Exchange,
}

impl Binding {
    fn of(vhost: Option<String>, binding: &BindingDefinition) -> Self {
        let BindingDefinition { source, destination, key, arguments } = binding.clone();
        let (destination_type, destination) = match destination {
            Destination::Queue(name) => (DestinationType::Queue, name),
            Destination::Exchange(name) => (DestinationType::Exchange, name),
        };
        Self { source, vhost, destination, destination_type, routing_key: key, arguments }
    }

    fn read(self) -> BindingDefinition {
        let destination = match self.destination_type {
            DestinationType::Queue => Destination::Queue(self.destination),
            DestinationType::Exchange => Destination::Exchange(self.destination),
        };
        BindingDefinition { source: self.source, destination, key: self.routing_key, arguments: self.arguments }
    }
}

#[cfg(test)]
mod tests;
