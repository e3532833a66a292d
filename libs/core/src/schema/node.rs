//! One place of a schema, with what it refers to laid under it, read into what can be compared.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Where definitions stand in a schema.
pub const DEFINITIONS: &str = "$defs";
/// The keyword that marks a personal value.
pub const PERSONAL: &str = "x-personal";

/// Keywords that say something to people and nothing to a validator.
pub const NOTES: [&str; 9] =
    ["title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly", "$comment", PERSONAL];
/// Keywords that name the schema or hold its parts: they are no rules themselves.
const NAMES: [&str; 2] = ["$id", DEFINITIONS];
/// The rules that are read one by one. All others are only the same or not.
const RULES: [&str; 22] = [
    "type",
    "enum",
    "const",
    "pattern",
    "format",
    "multipleOf",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "items",
    "minProperties",
    "maxProperties",
    "properties",
    "required",
    "additionalProperties",
    "$schema",
];

/// How many references in a row are followed.
const CHAIN_MAX: usize = 8;

/// The kinds of JSON values, null aside. A number is whole or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Boolean,
    Whole,
    Fraction,
    Text,
    List,
    Object,
}

/// One place of a schema.
pub struct Reading {
    /// The definition that it refers to, as a pointer.
    pub definition: Option<String>,
    /// What it says to people.
    pub notes: Map<String, Value>,
    /// Its rules as they stand, with those of the definition.
    rules: Map<String, Value>,
    /// Its rules as far as they can be compared one by one; else what is not known of them.
    pub node: Result<Node, String>,
}

impl Reading {
    /// Whether two places have literally the same rules, and say the same of them.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.rules == other.rules && self.notes == other.notes
    }

    /// Whether the rules refer to definitions, and so can say something else with the same words.
    pub fn refers(&self) -> bool {
        self.rules.iter().any(|(name, value)| name == "$ref" || refers(value))
    }

    /// Whether two places have literally the same rules.
    pub fn same_rules(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

fn refers(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| name == "$ref" || refers(value)),
        Value::Array(items) => items.iter().any(refers),
        _ => false,
    }
}

/// The rules of one place.
pub struct Node {
    /// What may stand here, null aside.
    pub kinds: BTreeSet<Kind>,
    /// Whether null may stand here.
    pub null: bool,
    /// All rules by keyword.
    pub rules: Map<String, Value>,
}

impl Node {
    /// The rule of a keyword.
    pub fn rule(&self, keyword: &str) -> Option<&Value> {
        self.rules.get(keyword)
    }

    /// The values, null aside, that are the only ones allowed, if they are listed.
    pub fn words(&self) -> Option<Vec<&Value>> {
        let listed: Option<Vec<&Value>> =
            self.rule("enum").and_then(Value::as_array).map(|values| values.iter().collect());
        let constant = self.rule("const").map(|value| vec![value]);
        let words: Option<Vec<&Value>> = match (listed, constant) {
            (Some(listed), Some(constant)) => Some(listed.into_iter().filter(|word| constant.contains(word)).collect()),
            (listed, constant) => listed.or(constant),
        };
        words.map(|words| words.into_iter().filter(|word| !word.is_null()).collect())
    }
}

/// Reads one place of a schema.
pub fn read(root: &Value, schema: &Value) -> Reading {
    let mut whole = object_of(schema);
    let mut definition = None;
    let mut null = false;
    let mut unknown = None;
    // A reference, or one that may be empty, leads to the next place. Where a chain is longer, its `$ref` stays and is not known.
    for _ in 0..CHAIN_MAX {
        let (next, allows_null) = match step(root, &whole) {
            Step::There => break,
            Step::Unknown(keyword) => {
                unknown = Some(keyword);
                break;
            }
            Step::To { schema, pointer, allows_null } => {
                definition = pointer.or(definition);
                (schema, allows_null)
            }
        };
        null |= allows_null;
        whole = next;
    }
    let notes =
        whole.iter().filter(|(name, _)| is_note(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    whole.retain(|name, _| !is_note(name) && !NAMES.contains(&name.as_str()));
    let unknown = unknown.or_else(|| whole.keys().find(|name| !RULES.contains(&name.as_str())).cloned());
    // What stood beside an alternative of nothing is no longer to be seen in the rules.
    let mut rules = whole.clone();
    if null {
        rules.insert("null".to_owned(), true.into());
    }
    let node = match unknown {
        Some(keyword) => Err(keyword),
        None => node_of(whole, null),
    };
    Reading { definition, notes, rules, node }
}

fn is_note(name: &str) -> bool {
    NOTES.contains(&name)
}

/// `true` allows everything, `false` nothing.
fn object_of(schema: &Value) -> Map<String, Value> {
    match schema {
        Value::Object(schema) => schema.clone(),
        Value::Bool(true) => Map::new(),
        _ => Map::from_iter([("not".to_owned(), Value::Object(Map::new()))]),
    }
}

enum Step {
    There,
    To { schema: Map<String, Value>, pointer: Option<String>, allows_null: bool },
    Unknown(String),
}

fn step(root: &Value, schema: &Map<String, Value>) -> Step {
    if let Some(reference) = schema.get("$ref") {
        let pointer = reference.as_str().and_then(|reference| reference.strip_prefix('#'));
        let target = pointer.and_then(|pointer| Some((pointer, root.pointer(pointer)?)));
        let laid = target.and_then(|(pointer, target)| Some((pointer, laid_over(schema, "$ref", &object_of(target))?)));
        return match laid {
            Some((pointer, schema)) => Step::To { schema, pointer: Some(pointer.to_owned()), allows_null: false },
            None => Step::Unknown("$ref".to_owned()),
        };
    }
    if let Some(alternatives) = schema.get("anyOf").and_then(Value::as_array) {
        let only_notes = schema.keys().all(|name| name == "anyOf" || is_note(name) || NAMES.contains(&name.as_str()));
        let is_null = |one: &&Value| one.get("type").is_some_and(|kind| kind == "null");
        let something: Vec<&Value> = alternatives.iter().filter(|one| !is_null(one)).collect();
        return match something.as_slice() {
            [one] if only_notes => match laid_over(schema, "anyOf", &object_of(one)) {
                Some(schema) => Step::To { schema, pointer: None, allows_null: alternatives.len() > 1 },
                None => Step::Unknown("anyOf".to_owned()),
            },
            _ => Step::Unknown("anyOf".to_owned()),
        };
    }
    Step::There
}

/// A schema laid over the one that it leads to by a keyword: both must hold. None where both have the same rule, or where one's rule
/// depends on the other's.
fn laid_over(schema: &Map<String, Value>, by: &str, target: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut whole = target.clone();
    for (name, value) in schema.iter().filter(|(name, _)| *name != by && !NAMES.contains(&name.as_str())) {
        let depends = ["properties", "additionalProperties", "items", "$ref", "anyOf"].contains(&name.as_str());
        if !is_note(name) && (depends || target.contains_key(name)) {
            return None;
        }
        whole.insert(name.clone(), value.clone());
    }
    Some(whole)
}

fn node_of(rules: Map<String, Value>, null_beside: bool) -> Result<Node, String> {
    const ALL: [Kind; 6] = [Kind::Boolean, Kind::Whole, Kind::Fraction, Kind::Text, Kind::List, Kind::Object];
    let (mut kinds, mut null) = (BTreeSet::new(), false);
    let names: Vec<&Value> = match rules.get("type") {
        Some(Value::Array(names)) => names.iter().collect(),
        Some(name) => vec![name],
        None => {
            kinds.extend(ALL);
            null = true;
            Vec::new()
        }
    };
    for name in names {
        match name.as_str() {
            Some("null") => null = true,
            Some("boolean") => kinds.extend([Kind::Boolean]),
            Some("integer") => kinds.extend([Kind::Whole]),
            Some("number") => kinds.extend([Kind::Whole, Kind::Fraction]),
            Some("string") => kinds.extend([Kind::Text]),
            Some("array") => kinds.extend([Kind::List]),
            Some("object") => kinds.extend([Kind::Object]),
            _ => return Err("type".to_owned()),
        }
    }
    let listed = rules.get("enum").and_then(Value::as_array).is_none_or(|words| words.contains(&Value::Null));
    let constant = rules.get("const").is_none_or(Value::is_null);
    Ok(Node { kinds, null: null_beside || (null && listed && constant), rules })
}
