//! One place of a schema, with what it refers to laid under it, read into what can be compared.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::{
    limit,
    reference::{self, NAMES, Step},
};

/// The keyword that marks a personal value.
pub const PERSONAL: &str = "x-personal";

/// Keywords that say something to people and nothing to a validator.
pub const NOTES: [&str; 9] =
    ["title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly", "$comment", PERSONAL];
/// The rules that are read one by one. All others are only the same or not.
const RULES: [&str; 23] = [
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
    "propertyNames",
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
    /// What it says to people.
    pub notes: Map<String, Value>,
    /// Its rules as they stand, with those of the definition that it refers to.
    pub rules: Map<String, Value>,
    /// Its rules as far as they can be compared one by one; else what is not known of them.
    pub node: Result<Node, String>,
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

    /// The lowest and the highest number that the format allows, where it is one of whole numbers and no others stand here.
    pub fn reach(&self) -> Option<[Number; 2]> {
        let is_whole = self.kinds.contains(&Kind::Whole) && !self.kinds.contains(&Kind::Fraction);
        self.rule("format").filter(|_| is_whole).and_then(Value::as_str).and_then(limit::reach)
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
    let mut whole = reference::rules_of(root, schema);
    let (mut null, mut unknown) = (false, None);
    // A reference, or one that may be empty, leads to the next place. Where a chain is longer, its `$ref` stays and is not known.
    for _ in 0..CHAIN_MAX {
        match reference::step(root, &whole) {
            Step::There => break,
            Step::Unknown(keyword) => {
                unknown = Some(keyword.to_owned());
                break;
            }
            Step::To { schema, allows_null } => {
                null |= allows_null;
                whole = schema;
            }
        }
    }
    let notes =
        whole.iter().filter(|(name, _)| is_note(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    // With an address of its own, a schema's definitions are what its references mean: they stay.
    let has_address = whole.contains_key("$id");
    whole.retain(|name, _| !is_note(name) && (has_address || !NAMES.contains(&name.as_str())));
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
    Reading { notes, rules, node }
}

/// Whether a keyword says something to people only.
pub fn is_note(name: &str) -> bool {
    NOTES.contains(&name)
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
