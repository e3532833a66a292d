//! Payload schemas as `AsyncAPI` wants them: in one place, under names, in the dialect that it knows.
//!
//! Contracts come as JSON Schema 2020-12, each with its own `$defs`. Inside a document their `$id`s would change what references are
//! relative to, references would miss their targets, and the words beside a reference would be ignored, since `AsyncAPI` reads JSON
//! Schema as of draft 7. So definitions are moved among the document's schemas, once for each content, and what stands beside a
//! reference is joined to it by `allOf`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// The schemas of topics, and all that they refer to, by the names under which they stand in the document.
pub(super) fn hoisted(payloads: &[(&str, &Value)]) -> Map<String, Value> {
    let mut names = Names::default();
    let mut schemas = Map::new();
    for (topic, schema) in payloads {
        let definitions = definitions_of(schema);
        let given: BTreeMap<&str, String> = definitions
            .into_iter()
            .flatten()
            .map(|(name, _)| (name.as_str(), names.give(topic, name, &with_all_below(schema, name))))
            .collect();
        let place = |target: &str| match target.strip_prefix("#/$defs/") {
            Some(name) => given.get(name).map_or_else(|| name.to_owned(), Clone::clone),
            None => (*topic).to_owned(),
        };
        for (name, definition) in definitions.into_iter().flatten() {
            schemas.insert(place(&format!("#/$defs/{name}")), portable(definition, &place));
        }
        schemas.insert((*topic).to_owned(), portable(schema, &place));
    }
    schemas
}

/// A definition with all that it refers to, directly or not: two definitions mean the same when these are equal.
type Content = BTreeMap<String, Value>;

fn with_all_below(schema: &Value, name: &str) -> Content {
    let (mut found, mut ahead) = (Content::new(), vec![name.to_owned()]);
    while let Some(name) = ahead.pop() {
        let definition = definitions_of(schema).and_then(|all| all.get(&name));
        if let (Some(definition), false) = (definition, found.contains_key(&name)) {
            ahead.extend(targets(definition));
            found.insert(name, definition.clone());
        }
    }
    found
}

fn definitions_of(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("$defs").and_then(Value::as_object)
}

/// The names of the definitions that a schema refers to.
fn targets(schema: &Value) -> BTreeSet<String> {
    match schema {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix("#/$defs/"));
            fields.values().flat_map(targets).chain(own.map(str::to_owned)).collect()
        }
        Value::Array(items) => items.iter().flat_map(targets).collect(),
        _ => BTreeSet::new(),
    }
}

/// Which names are given to which contents.
#[derive(Default)]
struct Names(BTreeMap<String, Vec<(Content, String)>>);

impl Names {
    /// The name of a definition in the document: its own, if no other content has it, else with the first topic that uses it.
    fn give(&mut self, topic: &str, name: &str, content: &Content) -> String {
        let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
        let name: String = name.chars().map(allowed).collect();
        let known = self.0.entry(name.clone()).or_default();
        if let Some((_, given)) = known.iter().find(|(other, _)| other == content) {
            return given.clone();
        }
        let given = if known.is_empty() { name } else { format!("{name}-{topic}") };
        known.push((content.clone(), given.clone()));
        given
    }
}

/// A schema in the dialect of `AsyncAPI`; `place` gives the name under which the target of a reference stands.
fn portable(schema: &Value, place: &dyn Fn(&str) -> String) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut written = Map::new();
    for (word, value) in fields {
        let value = match word.as_str() {
            "$schema" | "$id" | "$defs" | "$ref" => continue,
            // These hold values, and no schemas.
            "examples" | "default" | "const" | "enum" | "required" => value.clone(),
            "properties" | "patternProperties" => match value.as_object() {
                Some(inner) => inner.iter().map(|(name, one)| (name.clone(), portable(one, place))).collect(),
                None => value.clone(),
            },
            _ => match value {
                Value::Array(items) => items.iter().map(|one| portable(one, place)).collect(),
                _ => portable(value, place),
            },
        };
        written.insert(word.clone(), value);
    }
    let Some(target) = fields.get("$ref").and_then(Value::as_str) else { return written.into() };
    let target = super::reference(&["components", "schemas", &place(target)]);
    if written.is_empty() {
        return target;
    }
    match written.get_mut("allOf").and_then(Value::as_array_mut) {
        Some(all) => all.push(target),
        None => {
            written.insert("allOf".to_owned(), json!([target]));
        }
    }
    written.into()
}
