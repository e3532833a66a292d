//! Everything that stands on a virtual host, or should stand there: plain data with every argument, as RabbitMQ's own
//! `definitions.json` has it.

use std::collections::{BTreeMap, BTreeSet};

/// What stands on a virtual host, or should.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definitions {
    /// Exchanges by name, without the broker's own.
    pub exchanges: BTreeMap<String, ExchangeDefinition>,
    /// Queues by name.
    pub queues: BTreeMap<String, QueueDefinition>,
    /// What is bound to what, without the bindings that every queue has to the default exchange.
    pub bindings: BTreeSet<BindingDefinition>,
    /// Policies by name.
    pub policies: BTreeMap<String, PolicyDefinition>,
    /// Users by name, with what they may do here.
    pub users: BTreeMap<String, UserDefinition>,
}

/// The value of an argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// A truth.
    Truth(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

/// Arguments by name.
pub type Arguments = BTreeMap<String, Argument>;

/// An exchange with everything about it. All of it is fixed when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeDefinition {
    /// `topic`, `headers`, `direct`, `fanout`, or one that a plugin brought.
    pub kind: String,
    /// Whether it outlives the broker's restart.
    pub durable: bool,
    /// Whether it goes with its last binding.
    pub auto_delete: bool,
    /// Whether only other exchanges may publish to it.
    pub internal: bool,
    /// Its arguments.
    pub arguments: Arguments,
}

/// A queue with everything about it. All of it is fixed when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDefinition {
    /// Whether it outlives the broker's restart.
    pub durable: bool,
    /// Whether it goes with its last consumer.
    pub auto_delete: bool,
    /// Its arguments; a queue without `x-queue-type` is a classic one.
    pub arguments: Arguments,
}

/// A queue or an exchange bound to an exchange.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct BindingDefinition {
    /// The exchange that events come from.
    pub source: String,
    /// What gets them.
    pub destination: Destination,
    /// The binding key.
    pub key: String,
    /// The binding's arguments.
    pub arguments: Arguments,
}

/// What gets the events of a binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Destination {
    /// The queue of this name.
    Queue(String),
    /// The exchange of this name.
    Exchange(String),
}

/// A policy: settings for all queues whose names match, which can be changed at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDefinition {
    /// A regular expression, anchored at both ends.
    pub pattern: String,
    /// `queues`, `exchanges` or `all`.
    pub apply_to: String,
    /// Of several policies that match, the one with the highest priority counts.
    pub priority: i64,
    /// The settings.
    pub definition: Arguments,
}

/// A user, and what it may do on this virtual host. Its password is nobody's business here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDefinition {
    /// The user's tags, such as `monitoring`: what it may see of the management interface.
    pub tags: BTreeSet<String>,
    /// What it may do. None: it may not even enter the virtual host.
    pub permission: Option<Permission>,
    /// With which routing keys it may do it, by exchange. An exchange without an entry allows every key.
    pub topics: BTreeMap<String, TopicPermission>,
}

impl UserDefinition {
    /// Whether it has anything to do with this virtual host. A user without any right may be one of another.
    pub fn has_rights(&self) -> bool {
        self.permission.is_some() || !self.topics.is_empty()
    }
}

/// On which resources a user may do what: regular expressions over their names, anchored at both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// What it may make and delete.
    pub configure: String,
    /// What it may publish to, and bind as a target.
    pub write: String,
    /// What it may consume from, and bind to.
    pub read: String,
}

/// With which routing keys a user may publish to a topic exchange, and bind to it: regular expressions, anchored at both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPermission {
    /// Publishing.
    pub write: String,
    /// Binding.
    pub read: String,
}

/// What stands on a virtual host, with how it is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actual {
    /// What stands there.
    pub definitions: Definitions,
    /// How each queue is doing.
    pub queues: BTreeMap<String, QueueState>,
    /// The nodes of the cluster, and whether each is running without alarms.
    pub nodes: Vec<NodeState>,
    /// The broker's version, such as `3.10.8`.
    pub version: String,
}

/// How a queue is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct QueueState {
    /// How many messages wait in it.
    pub ready: u64,
    /// How many are out with its consumers.
    pub unacknowledged: u64,
    /// How many are on their way to the queue for dead letters, and stay here until that one has taken them.
    pub dead_lettering: u64,
    /// How many bytes the bodies of all of them have.
    pub bytes: u64,
    /// Its consumers.
    pub consumers: Vec<ConsumerState>,
    /// The name of the policy that counts for it.
    pub policy: Option<String>,
    /// What that policy and the operator's policy come to: what is really in effect.
    pub effective: Arguments,
    /// Whether it can be used at all: `running`, or what the broker says instead.
    pub state: String,
    /// Which members of a quorum queue are online, and how many there are.
    pub online: Option<(usize, usize)>,
}

/// A consumer of a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ConsumerState {
    /// What it calls itself.
    pub tag: String,
    /// The connection's name or peer.
    pub connection: String,
    /// The connection's user.
    pub user: String,
    /// Whether it gets deliveries now; of a single active consumer's queue only one does.
    pub active: bool,
    /// How many deliveries it may have out.
    pub prefetch: u16,
    /// Whether the broker has blocked its connection.
    pub blocked: bool,
}

/// A node of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct NodeState {
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub running: bool,
    /// Whether it has too little memory, and blocks all publishers of the cluster.
    pub memory_alarm: bool,
    /// Whether it has too little disk, and blocks all publishers of the cluster.
    pub disk_alarm: bool,
}

impl QueueState {
    /// Whether nothing is in it: neither waiting nor out with a consumer nor on its way to the dead letters.
    pub fn is_empty(&self) -> bool {
        self.events() == 0
    }

    /// How many events are in it, wherever they are on their way.
    pub fn events(&self) -> u64 {
        self.ready + self.unacknowledged + self.dead_lettering
    }
}

impl Destination {
    /// The name of the queue or exchange.
    pub fn name(&self) -> &str {
        match self {
            Self::Queue(name) | Self::Exchange(name) => name,
        }
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Argument {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl std::fmt::Display for Argument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truth(truth) => truth.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}
