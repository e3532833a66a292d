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

/// What all changes come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything stands as it should.
    Unchanged,
    /// There is something to make, to change in place or to take away.
    Changes,
    /// There is something that a person has to look at.
    Dangerous,
}

/// What these changes come to: the gravest of them counts.
pub fn verdict(changes: &[Change]) -> Verdict {
    let of = |change: &Change| match change.class {
        Class::Noop => Verdict::Unchanged,
        Class::Create | Class::Safe | Class::Orphan => Verdict::Changes,
        Class::Dangerous | Class::NeedsMigration => Verdict::Dangerous,
    };
    changes.iter().map(of).max().unwrap_or(Verdict::Unchanged)
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exchange(name) => write!(f, "exchange {name}"),
            Self::Queue(name) => write!(f, "queue {name}"),
            Self::Binding(binding) => write!(f, "binding {binding}"),
            Self::Policy(name) => write!(f, "policy {name}"),
            Self::User(name) => write!(f, "user {name}"),
        }
    }
}

impl std::fmt::Display for super::BindingDefinition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} -> {}", self.source, self.destination.name())?;
        if !self.key.is_empty() {
            write!(f, " on {}", self.key)?;
        }
        for (name, value) in &self.arguments {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}
