//! The fields of objects: which there are, which must be there, and what stands under any other name.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    Comparison,
    keyword::in_both,
    node::{Kind, Node},
};

/// What an object's schema says about a name.
#[derive(Clone, Copy)]
enum Field<'a> {
    /// It describes what stands there.
    Described(&'a Value),
    /// It does not speak of it: nobody writes it, and who reads it ignores it.
    Ignored,
    /// It may not be there.
    Refused,
}

impl Comparison<'_> {
    /// The fields of objects.
    pub(super) fn inside_of_objects(&mut self, path: &str, old: &Node, new: &Node) {
        if !in_both(old, new, &[Kind::Object]) {
            return;
        }
        let names: BTreeSet<&str> =
            [old, new].into_iter().flat_map(|node| described(node).chain(required(node))).collect();
        for name in names {
            let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.field(&inner, [field(old, name), field(new, name)], [requires(old, name), requires(new, name)]);
        }
        self.schemas(&format!("{path}{{name}}"), &names_of(old), &names_of(new));
        self.others(&format!("{path}{{}}"), other(old), other(new));
    }

    fn field(&mut self, path: &str, fields: [Field<'_>; 2], required: [bool; 2]) {
        let was_described = matches!(fields[0], Field::Described(_));
        let is_described = matches!(fields[1], Field::Described(_));
        match required {
            [false, true] if was_described => self.breaking(path, "it is required, and was optional"),
            [false, true] => self.breaking(path, "it was added, and is required"),
            [true, false] if is_described => self.backward_only(path, "it is optional, and was required"),
            [true, false] => self.backward_only(path, "it was removed, and old readers require it"),
            _ => {}
        }
        match fields {
            [Field::Described(old), Field::Described(new)] => self.schemas(path, old, new),
            [Field::Described(_), Field::Refused] => self.breaking(path, "it was removed, and is refused now"),
            [Field::Described(_), Field::Ignored] if required == [false, false] => {
                self.compatible(path, "it was removed, and was optional");
            }
            [Field::Refused, Field::Described(_)] => {
                self.backward_only(path, "it was added, and old readers refuse it");
            }
            [Field::Ignored, Field::Described(_)] if required == [false, false] => {
                self.compatible(path, "it was added, and is optional");
            }
            _ => {}
        }
    }

    /// What stands under names that are not described.
    fn others(&mut self, path: &str, old: Field<'_>, new: Field<'_>) {
        match (old, new) {
            (Field::Described(old), Field::Described(new)) => self.schemas(path, old, new),
            (Field::Refused, Field::Refused) | (Field::Ignored, Field::Ignored) => {}
            // Not to speak of them allows just as much.
            (Field::Described(schema), Field::Ignored) | (Field::Ignored, Field::Described(schema))
                if allows_anything(schema) => {}
            (_, Field::Refused) => self.breaking(path, "other fields are refused now"),
            (Field::Refused, _) => self.backward_only(path, "other fields are allowed"),
            (Field::Described(_), Field::Ignored) => self.backward_only(path, "other fields are ignored now"),
            (Field::Ignored, Field::Described(_)) => self.breaking(path, "other fields have rules now"),
        }
    }
}

fn described(node: &Node) -> impl Iterator<Item = &str> {
    node.rule("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str())
}

fn required(node: &Node) -> impl Iterator<Item = &str> {
    node.rule("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn requires(node: &Node, name: &str) -> bool {
    required(node).any(|required| required == name)
}

fn field<'a>(node: &'a Node, name: &str) -> Field<'a> {
    let property = node.rule("properties").and_then(|properties| properties.get(name));
    match property.map_or_else(|| other(node), Field::Described) {
        // What is required is not ignored, though nothing more is said of it.
        Field::Ignored if requires(node, name) => Field::Described(&Value::Bool(true)),
        field => field,
    }
}

/// The rules for names. A name is a text, whether this is said or not.
fn names_of(node: &Node) -> Value {
    match node.rule("propertyNames") {
        None | Some(Value::Bool(true)) => json!({"type": "string"}),
        Some(Value::Object(rules)) if !rules.contains_key("type") => {
            let mut rules = rules.clone();
            rules.insert("type".to_owned(), "string".into());
            Value::Object(rules)
        }
        Some(rules) => rules.clone(),
    }
}

fn allows_anything(schema: &Value) -> bool {
    schema == &Value::Bool(true) || schema.as_object().is_some_and(Map::is_empty)
}

/// What stands under a name that is not described. Where no field at all is, the object is a map, and what stands in it is meant to be
/// read.
fn other(node: &Node) -> Field<'_> {
    match node.rule("additionalProperties") {
        Some(Value::Bool(false)) => Field::Refused,
        Some(schema) => Field::Described(schema),
        None if node.rules.contains_key("properties") => Field::Ignored,
        None => Field::Described(&Value::Bool(true)),
    }
}
