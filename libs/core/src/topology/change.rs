//! One difference between what should stand on the broker and what does.

use super::Argument;

/// One resource on the broker, as operators know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Resource {
    /// An exchange.
    Exchange(String),
    /// A queue.
    Queue(String),
    /// A binding.
    Binding(Box<super::BindingDefinition>),
    /// A policy.
    Policy(String),
    /// A user with its permissions.
    User(String),
}

/// What kind of change it takes to get from what stands to what should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// None: it stands as it should.
    Noop,
    /// It is not there and is made. Nothing that stands changes.
    Create,
    /// It stands and is changed in place, without losing or misrouting an event.
    Safe,
    /// It is there and nobody wants it any more. Only `--prune` takes it away, and only when nothing is lost by that.
    Orphan,
    /// It cannot be changed without losing or misrouting events, or nobody can say so. A person has to look.
    Dangerous,
    /// It is fixed when it is made and should be different: its events have to move. See `fabric topology migrate`.
    NeedsMigration,
}

/// One difference, or none.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// What kind of change it is.
    pub class: Class,
    /// What it is about.
    pub resource: Resource,
    /// Which part of it, such as `x-queue-type`. None: all of it.
    pub field: Option<String>,
    /// What stands there. None: nothing.
    pub actual: Option<Argument>,
    /// What should stand there. None: nothing.
    pub wanted: Option<Argument>,
    /// Why it is of this class, for people.
    pub reason: String,
}
