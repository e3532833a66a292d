//! Objects of whatever form.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{InvalidValue, PERSONAL, always_valid};

/// A JSON object whose form is a matter of those who write and read it: texts, numbers, truths, lists and objects by name. It may say
/// anything about a person, so it is never printed.
///
/// ```
/// use fabric_catalog::values::PrivateObject;
///
/// let object: PrivateObject = serde_json::from_str(r#"{"essay": {"pages": [1, 2], "isFinal": true}}"#)?;
/// assert_eq!(object.get()["essay"]["pages"][1], 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PrivateObject(Map<String, Value>);

impl PrivateObject {
    /// How deep it nests at most: itself, and three levels of lists and objects in it.
    pub const DEPTH_MAX: usize = 4;
    /// The most entries of an object, and the most items of a list.
    pub const ENTRIES_MAX: usize = 50;
    /// The most characters of a name.
    pub const NAME_CHARS_MAX: usize = 64;
    /// The most characters of a text.
    pub const TEXT_CHARS_MAX: usize = 4_000;
    /// How far a number is from zero at most, 2^53: beyond it not every reader sees the same number.
    pub const NUMBER_MAX: f64 = 9_007_199_254_740_992.0;

    /// Checks an object. Fails when it nests too deep, or when an object, a list, a name, a text or a number in it is too large.
    pub fn try_new(object: Map<String, Value>) -> Result<Self, InvalidValue> {
        match broken_rule(&object, Self::DEPTH_MAX) {
            None => Ok(Self(object)),
            Some((code, wanted)) => Err(InvalidValue { what: "an object", code, wanted: wanted.into() }),
        }
    }

    /// The object itself.
    pub const fn get(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// The code of the first rule that is broken, and what was wanted.
type Broken = (&'static str, &'static str);

/// The depth that is left bounds the recursion.
fn broken_rule(object: &Map<String, Value>, depth_left: usize) -> Option<Broken> {
    if object.len() > PrivateObject::ENTRIES_MAX {
        return Some(("too_long", "an object with at most 50 entries"));
    }
    if !object.keys().all(|name| is_name(name)) {
        return Some(("bad_format", "names of 1 to 64 characters without control characters"));
    }
    object.values().find_map(|value| broken_rule_of_value(value, depth_left.saturating_sub(1)))
}

fn broken_rule_of_value(value: &Value, depth_left: usize) -> Option<Broken> {
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::Number(number) => {
            let is_exact = number.as_f64().is_some_and(|number| number.abs() <= PrivateObject::NUMBER_MAX);
            (!is_exact).then_some(("too_large", "numbers of at most 2^53, below or above zero"))
        }
        Value::String(text) if text.chars().nth(PrivateObject::TEXT_CHARS_MAX).is_some() => {
            Some(("too_long", "texts of at most 4000 characters"))
        }
        Value::String(text) => {
            let is_prose = text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
            (!is_prose).then_some(("bad_format", "texts without control characters"))
        }
        Value::Array(_) | Value::Object(_) if depth_left == 0 => {
            Some(("too_large", "at most 4 levels of objects and lists"))
        }
        Value::Array(items) if items.len() > PrivateObject::ENTRIES_MAX => {
            Some(("too_long", "lists of at most 50 items"))
        }
        Value::Array(items) => items.iter().find_map(|item| broken_rule_of_value(item, depth_left - 1)),
        Value::Object(object) => broken_rule(object, depth_left),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().nth(PrivateObject::NAME_CHARS_MAX).is_none()
        && !name.contains(|c: char| c.is_control())
}

/// What the schema says of names and texts, as [`is_name`] and the rest do.
const NAME_PATTERN: &str = r"^\P{Cc}+$";
const TEXT_PATTERN: &str = r"^[\t\n\r\P{Cc}]*$";

impl JsonSchema for PrivateObject {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PrivateObject".into()
    }

    /// A level is a definition of its own, as a schema cannot count.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        for level in 0..Self::DEPTH_MAX {
            generator.definitions_mut().insert(level_name(level), level_schema(level));
        }
        let mut schema = json_schema!({ "type": "object" });
        limit_entries(&mut schema, Self::DEPTH_MAX - 1);
        schema.insert(PERSONAL.to_owned(), true.into());
        schema
    }
}

fn level_name(level: usize) -> String {
    format!("PrivateValue{level}")
}

/// Whatever nests no deeper than so many levels. The rules of each type leave values of the others alone.
fn level_schema(level: usize) -> Value {
    let mut schema = json_schema!({
        "type": ["null", "boolean", "number", "string"],
        "minimum": -PrivateObject::NUMBER_MAX,
        "maximum": PrivateObject::NUMBER_MAX,
        "maxLength": PrivateObject::TEXT_CHARS_MAX,
        "pattern": TEXT_PATTERN,
    });
    if let Some(inner) = level.checked_sub(1) {
        let types = ["null", "boolean", "number", "string", "array", "object"];
        schema.insert("type".to_owned(), types.as_slice().into());
        schema.insert("maxItems".to_owned(), PrivateObject::ENTRIES_MAX.into());
        schema.insert("items".to_owned(), reference(inner));
        limit_entries(&mut schema, inner);
    }
    schema.to_value()
}

fn limit_entries(schema: &mut Schema, inner: usize) {
    let names =
        serde_json::json!({ "minLength": 1, "maxLength": PrivateObject::NAME_CHARS_MAX, "pattern": NAME_PATTERN });
    schema.insert("maxProperties".to_owned(), PrivateObject::ENTRIES_MAX.into());
    schema.insert("propertyNames".to_owned(), names);
    schema.insert("additionalProperties".to_owned(), reference(inner));
}

fn reference(level: usize) -> Value {
    serde_json::json!({ "$ref": format!("#/$defs/{}", level_name(level)) })
}

always_valid!(PrivateObject);

impl fmt::Debug for PrivateObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateObject(…)")
    }
}

impl<'de> Deserialize<'de> for PrivateObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_new(Map::deserialize(deserializer)?).map_err(InvalidValue::into_serde)
    }
}
