//! Where a place of a schema leads, by `$ref` or by the only alternative to nothing, and what the rules beside it make of that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{limit::stricter_rule, node::is_note};

/// Keywords that name the schema or hold its parts: they are no rules themselves.
pub const NAMES: [&str; 2] = ["$id", "$defs"];
/// Rules that depend on others of the same schema, so they say something else when they are laid over another one.
const DEPEND: [&str; 5] = ["properties", "additionalProperties", "items", "$ref", "anyOf"];
/// Keywords by which a reference leads elsewhere than it says.
const ELSEWHERE: [&str; 3] = ["$id", "$dynamicRef", "$recursiveRef"];

/// What one place of a schema leads to.
pub enum Step {
    /// It leads nowhere: here are the rules.
    There,
    /// To another schema, with what stood beside laid over it.
    To { schema: Map<String, Value>, allows_null: bool },
    /// It is not known where, or what the two make together, by this keyword.
    Unknown(&'static str),
}

/// Follows a place by one step.
pub fn step(root: &Value, schema: &Map<String, Value>) -> Step {
    // In a schema with an address of its own, references mean something else.
    if schema.contains_key("$id") {
        return Step::Unknown("$id");
    }
    if let Some(reference) = schema.get("$ref") {
        let target = reference.as_str().and_then(|reference| target(root, reference));
        return match target.and_then(|target| laid_over(schema, "$ref", &rules_of(root, target))) {
            Some(schema) => Step::To { schema, allows_null: false },
            None => Step::Unknown("$ref"),
        };
    }
    if let Some(alternatives) = schema.get("anyOf").and_then(Value::as_array) {
        let only_notes = schema.keys().all(|name| name == "anyOf" || is_note(name) || NAMES.contains(&name.as_str()));
        let is_null = |one: &&Value| one.get("type").is_some_and(|kind| kind == "null");
        let something: Vec<&Value> = alternatives.iter().filter(|one| !is_null(one)).collect();
        return match something.as_slice() {
            [one] if only_notes => match laid_over(schema, "anyOf", &rules_of(root, one)) {
                Some(schema) => Step::To { schema, allows_null: alternatives.len() > 1 },
                None => Step::Unknown("anyOf"),
            },
            _ => Step::Unknown("anyOf"),
        };
    }
    Step::There
}

/// A schema as rules: `true` allows everything, `false` nothing. The document's own address says nothing about values.
pub fn rules_of(root: &Value, schema: &Value) -> Map<String, Value> {
    match schema {
        Value::Object(rules) => {
            let mut rules = rules.clone();
            if std::ptr::eq(root, schema) {
                rules.remove("$id");
            }
            rules
        }
        Value::Bool(true) => Map::new(),
        _ => Map::from_iter([("not".to_owned(), Value::Object(Map::new()))]),
    }
}

/// Whether rules that are the same in both documents mean the same: what they refer to, and what that refers to, is the same too. Nobody
/// can say that of a reference that is not followed here.
pub fn mean_the_same(roots: [&Value; 2], rules: &Map<String, Value>) -> bool {
    let mut left: Vec<(&str, &Value)> = rules.iter().map(|(name, rule)| (name.as_str(), rule)).collect();
    let mut met = BTreeSet::new();
    while let Some((name, rule)) = left.pop() {
        match rule {
            Value::String(reference) if name == "$ref" => {
                let [Some(old), Some(new)] = roots.map(|root| target(root, reference)) else { return false };
                let [old_rules, new_rules] =
                    [(roots[0], old), (roots[1], new)].map(|(root, target)| entries(root, target));
                let same = if reference == "#" { old_rules == new_rules } else { old == new };
                if !same {
                    return false;
                }
                if met.insert(reference) {
                    left.extend(old_rules);
                }
            }
            Value::String(_) if ELSEWHERE.contains(&name) => return false,
            Value::Object(rules) => left.extend(rules.iter().map(|(name, rule)| (name.as_str(), rule))),
            Value::Array(parts) => left.extend(parts.iter().map(|part| ("", part))),
            _ => {}
        }
    }
    true
}

/// What a schema says; of the whole document, without its address, and without its definitions: only those count that are referred to.
fn entries<'a>(root: &Value, schema: &'a Value) -> BTreeMap<&'a str, &'a Value> {
    let is_root = std::ptr::eq(root, schema);
    let all = schema.as_object().into_iter().flatten().map(|(name, rule)| (name.as_str(), rule));
    all.filter(|(name, _)| !is_root || !NAMES.contains(name)).collect()
}

/// Where a reference leads: to the whole document, or to one of its definitions. A pointer to anything else, or one in another spelling, is
/// not followed.
fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    if reference == "#" {
        return Some(root);
    }
    let name = reference.strip_prefix("#/$defs/")?;
    if name.contains(['/', '%']) { None } else { root.pointer(&reference[1..]) }
}

/// A schema laid over the one that it leads to by a keyword: both must hold, and of two limits the stricter one counts. None where nobody
/// can say what two rules make together, or where one depends on others.
fn laid_over(schema: &Map<String, Value>, by: &str, target: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut whole = target.clone();
    for (name, rule) in schema.iter().filter(|(name, _)| *name != by && !NAMES.contains(&name.as_str())) {
        let both = match target.get(name) {
            _ if is_note(name) => rule.clone(),
            _ if DEPEND.contains(&name.as_str()) => return None,
            Some(other) => together(name, rule, other)?,
            None => rule.clone(),
        };
        whole.insert(name.clone(), both);
    }
    Some(whole)
}

/// What two rules of a keyword make together.
fn together(keyword: &str, left: &Value, right: &Value) -> Option<Value> {
    match (keyword, left, right) {
        _ if left == right => Some(left.clone()),
        ("required", Value::Array(left), Value::Array(right)) => {
            let more = right.iter().filter(|name| !left.contains(name));
            Some(left.iter().chain(more).cloned().collect())
        }
        ("uniqueItems", Value::Bool(left), Value::Bool(right)) => Some((*left || *right).into()),
        _ => stricter_rule(keyword, left, right),
    }
}
