//! The catalogue's payloads as JSON Schema (2020-12): for producers and consumers that do not know these types.

use fabric_core::{Topic, codec::schema_uri};
use serde_json::{Value, json};

use crate::{declare::Entry, entries, values::PERSONAL};

/// The JSON Schema of a topic's payload, in the version that its type has. It says what the type says, as far as a schema can: rules
/// between two fields are left to the type.
///
/// Personal values are marked with `"x-personal": true`. The schema's `$id` is the event's `dataschema`.
///
/// ```
/// let schema = fabric_catalog::schema("gradebook.grade.posted").unwrap();
/// assert_eq!(schema["$id"], "urn:fabric:gradebook.grade.posted:1");
/// assert_eq!(schema["properties"]["comment"]["x-personal"], true);
/// ```
pub fn schema(topic: &str) -> Option<Value> {
    entries().find(|entry| entry.descriptor.topic == topic).and_then(of_entry)
}

/// The fields of a topic's payload that say something about a person, such as `grades[].score`.
///
/// ```
/// let fields = fabric_catalog::personal_fields("gradebook.grade.withdrawn").unwrap();
/// assert_eq!(fields, ["reason"]);
/// ```
pub fn personal_fields(topic: &str) -> Option<Vec<String>> {
    let schema = schema(topic)?;
    let fields = field_paths(&schema);
    Some(fields.into_iter().filter(|(_, field)| field[PERSONAL] == true).map(|(path, _)| path).collect())
}

/// Every field that a schema describes, with its own schema: objects before what is in them. What lists and maps hold is written
/// `grades[].score` and `variables{}`.
pub fn field_paths(schema: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    visit(schema, schema, "", &mut found, DEPTH_MAX);
    found
}

/// How deep fields nest at most: the catalogue's own schemas do not go beyond three.
const DEPTH_MAX: usize = 8;

fn visit(root: &Value, schema: &Value, path: &str, found: &mut Vec<(String, Value)>, depth_left: usize) {
    let Some(depth_left) = depth_left.checked_sub(1) else { return };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let properties = schema["properties"].as_object();
    let mut names: Vec<&str> = required.filter(|name| properties.is_some_and(|all| all.contains_key(*name))).collect();
    let optional = properties.into_iter().flatten().map(|(name, _)| name.as_str());
    let optional: Vec<&str> = optional.filter(|name| !names.contains(name)).collect();
    names.extend(optional);
    for name in names {
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let Some(field) = properties.and_then(|all| all.get(name)).map(|field| resolved(root, field)) else { continue };
        found.push((path.clone(), field.clone()));
        visit_inside(root, &field, &path, found, depth_left);
    }
}

fn visit_inside(root: &Value, field: &Value, path: &str, found: &mut Vec<(String, Value)>, depth_left: usize) {
    for (part, suffix) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(items) = field.get(part).filter(|items| items.is_object()) {
            let inner = resolved(root, items);
            let path = format!("{path}{suffix}");
            if inner.get(PERSONAL) == Some(&Value::Bool(true)) {
                found.push((path.clone(), inner.clone()));
            }
            visit(root, &inner, &path, found, depth_left);
        }
    }
    visit(root, field, path, found, depth_left);
}

/// The schema with what it refers to laid under it, and without the alternative of nothing.
fn resolved(root: &Value, schema: &Value) -> Value {
    let something = schema["anyOf"].as_array().and_then(|some| some.iter().find(|one| one["type"] != "null"));
    let target = something.unwrap_or(schema);
    let reference = target["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    let whole = reference.and_then(|pointer| root.pointer(pointer)).and_then(Value::as_object);
    let Some(mut whole) = whole.cloned() else { return schema.clone() };
    let own = [target, schema].into_iter().filter_map(Value::as_object).flatten();
    for (name, value) in own.filter(|(name, _)| *name != "$ref" && *name != "anyOf") {
        whole.insert(name.clone(), value.clone());
    }
    Value::Object(whole)
}

fn of_entry(entry: &Entry) -> Option<Value> {
    let descriptor = &entry.descriptor;
    let topic = Topic::try_new(descriptor.topic).ok()?;
    let mut schema = (entry.schema)().to_value();
    let_items_repeat(&mut schema);
    let parts = schema.as_object_mut()?;
    parts.insert("$id".to_owned(), schema_uri(&topic, descriptor.version).into());
    parts.insert("examples".to_owned(), json!([serde_json::from_str::<Value>(entry.example).ok()?]));
    Some(schema)
}

/// A set reads an item that stands there twice as one. A schema that refused it would say more than the type.
fn let_items_repeat(schema: &mut Value) {
    match schema {
        Value::Object(parts) => {
            parts.retain(|keyword, rule| keyword != "uniqueItems" || !rule.is_boolean());
            parts.values_mut().for_each(let_items_repeat);
        }
        Value::Array(parts) => parts.iter_mut().for_each(let_items_repeat),
        _ => {}
    }
}
