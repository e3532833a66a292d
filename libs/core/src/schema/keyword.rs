//! The rules of one place, keyword by keyword.

use serde_json::Value;

use super::{
    Comparison,
    node::{Kind, NOTES, Node, PERSONAL, Reading},
};

const NUMBERS: &[Kind] = &[Kind::Whole, Kind::Fraction];
/// Rules of which nobody can say which of two allows more.
const FORMS: [(&str, &[Kind]); 4] = [
    ("pattern", &[Kind::Text]),
    ("format", &[Kind::Text, Kind::Whole, Kind::Fraction]),
    ("multipleOf", NUMBERS),
    ("$schema", &[Kind::Boolean, Kind::Whole, Kind::Fraction, Kind::Text, Kind::List, Kind::Object]),
];

impl Comparison<'_> {
    /// What is said to people. A change of it breaks nothing, but what is personal has consequences elsewhere.
    pub(super) fn notes(&mut self, path: &str, old: &Reading, new: &Reading) {
        for name in NOTES.iter().filter(|name| old.notes.get(**name) != new.notes.get(**name)) {
            let is_personal = |reading: &Reading| reading.notes.get(PERSONAL) == Some(&Value::Bool(true));
            let reason = match (*name, is_personal(new)) {
                (PERSONAL, true) => "what is personal changed: it is from now on".to_owned(),
                (PERSONAL, false) => "what is personal changed: it is no longer".to_owned(),
                (name, _) => format!("{name} changed, which is documentation"),
            };
            self.compatible(path, reason);
        }
    }

    /// The kinds of values. Says whether anything is left to compare.
    pub(super) fn types(&mut self, path: &str, old: &Node, new: &Node) -> bool {
        match (old.null, new.null) {
            (false, true) => self.backward_only(path, "null is allowed"),
            (true, false) => self.breaking(path, "null is no longer allowed"),
            _ => {}
        }
        for kind in new.kinds.difference(&old.kinds) {
            self.backward_only(path, format!("{} are allowed", name_of(*kind)));
        }
        for kind in old.kinds.difference(&new.kinds) {
            self.breaking(path, format!("{} are no longer allowed", name_of(*kind)));
        }
        !old.kinds.is_disjoint(&new.kinds)
    }

    /// The values that are the only ones allowed.
    pub(super) fn words(&mut self, path: &str, old: &Node, new: &Node) {
        match (old.words(), new.words()) {
            (Some(old), Some(new)) => {
                for word in old.iter().filter(|word| !new.contains(word)) {
                    self.breaking(path, format!("the value {word} is no longer allowed"));
                }
                for word in new.iter().filter(|word| !old.contains(word)) {
                    self.backward_only(path, format!("the value {word} is allowed, which old readers do not know"));
                }
            }
            (None, Some(_)) => self.breaking(path, "only certain values are allowed"),
            (Some(_), None) => self.backward_only(path, "any value is allowed, no longer certain ones only"),
            (None, None) => {}
        }
    }

    /// Patterns, formats and the like, and whether a list's items must differ.
    pub(super) fn forms(&mut self, path: &str, old: &Node, new: &Node) {
        // A format of whole numbers is a limit, and compared as one.
        let form = |node: &Node, keyword| {
            node.rule(keyword).filter(|_| keyword != "format" || node.reach().is_none()).cloned()
        };
        for (keyword, kinds) in FORMS {
            match (form(old, keyword), form(new, keyword)) {
                (old_rule, new_rule) if old_rule == new_rule || !in_both(old, new, kinds) => {}
                (None, _) => self.breaking(path, format!("{keyword} is new")),
                (Some(_), None) => self.backward_only(path, format!("{keyword} is gone")),
                _ => self.breaking(path, format!("{keyword} changed, and nobody can say what it still allows")),
            }
        }
        let unique = |node: &Node| node.rule("uniqueItems") == Some(&Value::Bool(true));
        match (unique(old), unique(new)) {
            _ if !in_both(old, new, &[Kind::List]) => {}
            (false, true) => self.breaking(path, "an item may no longer stand there twice"),
            (true, false) => self.backward_only(path, "an item may stand there twice"),
            _ => {}
        }
    }

    /// What lists hold.
    pub(super) fn inside_of_lists(&mut self, path: &str, old: &Node, new: &Node) {
        if in_both(old, new, &[Kind::List]) {
            let anything = Value::Bool(true);
            let items = |node: &Node| node.rule("items").unwrap_or(&anything).clone();
            self.schemas(&format!("{path}[]"), &items(old), &items(new));
        }
    }
}

/// Whether a rule about these kinds says something about what both versions allow.
pub(super) fn in_both(old: &Node, new: &Node, kinds: &[Kind]) -> bool {
    kinds.iter().any(|kind| old.kinds.contains(kind) && new.kinds.contains(kind))
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "truth values",
        Kind::Whole => "whole numbers",
        Kind::Fraction => "numbers with a fraction",
        Kind::Text => "texts",
        Kind::List => "lists",
        Kind::Object => "objects",
    }
}
