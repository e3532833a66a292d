//! Schemas as contracts: what may change in a payload's JSON Schema without breaking those who read or write it.
//!
//! [`compare`] reads two versions of a schema (JSON Schema 2020-12) and says of each difference which of these two still holds:
//!
//! - **backward**: what is valid under the old schema is valid under the new one. New readers read what lies in logs and caches and what
//!   comes late.
//! - **forward**: what is valid under the new schema is valid under the old one. Readers that were not deployed yet read what new
//!   writers write.
//!
//! Both are about what a producer *writes*: it writes the fields that its schema describes, and a reader ignores fields that its own does
//! not describe. Hence an optional field may come and go. What is free by its schema, a map or a value without a type, is not ignored.
//! A foreign producer that put something else under a name that was nobody's is not protected by this.
//!
//! Where a keyword is not known here, or two rules cannot be compared, the answer is that it breaks: a contract is not guessed. So it is
//! with a `$ref` to anything but `#` or `#/$defs/NAME`, though nothing changed where it leads. Rules beside a `$ref` hold together with
//! those of the definition; a definition that nothing refers to says nothing.
//!
//! ```
//! use fabric_core::schema::{Compat, compare, verdict};
//! use serde_json::json;
//!
//! let old = json!({"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]});
//! let new = json!({"type": "object", "properties": {"score": {"type": "number"}}, "required": ["score"]});
//! let changes = compare(&old, &new);
//! assert_eq!(changes[0].to_string(), "backward_only: score: numbers with a fraction are allowed");
//! assert_eq!(verdict(&changes), Compat::BackwardOnly);
//! assert_eq!(verdict(&compare(&new, &old)), Compat::Breaking);
//! ```

mod keyword;
mod limit;
mod node;
mod object;
mod reference;

#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::{Map, Value};

use node::Node;

/// What a change means for those who share the schema. The later ones are worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compat {
    /// Old and new readers read what old and new writers write.
    Compatible,
    /// New readers read everything; old readers cannot read all that new writers write. Readers are deployed first.
    BackwardOnly,
    /// New readers cannot read all that was written before. It needs a new version and an upcaster.
    Breaking,
}

impl Compat {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::BackwardOnly => "backward_only",
            Self::Breaking => "breaking",
        }
    }
}

/// One difference between two versions of a schema.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SchemaChange {
    /// What it means.
    pub class: Compat,
    /// Where, such as `grades[].score`, `variables{}` for what a map holds, or `variables{name}` for its names. Empty: the payload as a
    /// whole.
    pub path: String,
    /// What changed.
    pub reason: String,
}

impl fmt::Display for SchemaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "payload" } else { &self.path };
        write!(f, "{}: {path}: {}", self.class.as_str(), self.reason)
    }
}

/// Every difference between two versions of a schema, in the order of the old one's fields, then what is new. Empty when they say the
/// same.
pub fn compare(old: &Value, new: &Value) -> Vec<SchemaChange> {
    if old == new {
        return Vec::new();
    }
    let mut comparison =
        Comparison { roots: [old, new], assumed: Vec::new(), places_left: PLACES_MAX, changes: Vec::new() };
    comparison.schemas("", old, new);
    comparison.changes
}

/// The worst of the changes; without any, [`Compat::Compatible`].
pub fn verdict(changes: &[SchemaChange]) -> Compat {
    changes.iter().map(|change| change.class).max().unwrap_or(Compat::Compatible)
}

/// How deep schemas nest at most. A type that holds itself is no depth: it is compared once.
const DEPTH_MAX: usize = 32;

/// How many places are compared at most: definitions that refer to one another can unfold to more than anybody reads.
const PLACES_MAX: usize = 20_000;

/// A comparison that goes on: what was found, and what is compared further up.
struct Comparison<'a> {
    roots: [&'a Value; 2],
    /// The rules, old and new, that are compared at this moment, one within the other. Meeting the same two again says nothing new. These are
    /// rules and not definitions: what stands beside a reference counts.
    assumed: Vec<[Map<String, Value>; 2]>,
    places_left: usize,
    changes: Vec<SchemaChange>,
}

impl Comparison<'_> {
    fn schemas(&mut self, path: &str, old: &Value, new: &Value) {
        let [old_root, new_root] = self.roots;
        let (old, new) = (node::read(old_root, old), node::read(new_root, new));
        self.notes(path, &old, &new);
        if old.rules == new.rules && reference::mean_the_same(self.roots, &old.rules) {
            return;
        }
        let (old_node, new_node) = match (old.node, new.node) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(one), Err(other)) if one != other => return self.not_known(path, &format!("{one}, {other}")),
            (Err(keyword), _) | (_, Err(keyword)) => return self.not_known(path, &keyword),
        };
        let met = [old.rules, new.rules];
        if self.assumed.contains(&met) {
            return;
        }
        self.places_left = self.places_left.saturating_sub(1);
        if self.assumed.len() >= DEPTH_MAX || self.places_left == 0 {
            return self.breaking(path, "it nests deeper, or holds more, than this comparison looks at");
        }
        self.assumed.push(met);
        self.nodes(path, &old_node, &new_node);
        self.assumed.pop();
    }

    fn nodes(&mut self, path: &str, old: &Node, new: &Node) {
        if self.types(path, old, new) {
            self.words(path, old, new);
            self.limits(path, old, new);
            self.forms(path, old, new);
            self.inside_of_lists(path, old, new);
            self.inside_of_objects(path, old, new);
        }
    }

    fn compatible(&mut self, path: &str, reason: impl Into<String>) {
        self.changed(Compat::Compatible, path, reason);
    }

    fn backward_only(&mut self, path: &str, reason: impl Into<String>) {
        self.changed(Compat::BackwardOnly, path, reason);
    }

    fn breaking(&mut self, path: &str, reason: impl Into<String>) {
        self.changed(Compat::Breaking, path, reason);
    }

    fn not_known(&mut self, path: &str, keywords: &str) {
        self.breaking(path, format!("this comparison does not know it: {keywords}"));
    }

    fn changed(&mut self, class: Compat, path: &str, reason: impl Into<String>) {
        self.changes.push(SchemaChange { class, path: path.to_owned(), reason: reason.into() });
    }
}
