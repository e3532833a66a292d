//! The comparison of schemas against an independent validator: what is said to break nothing breaks nothing.

use fabric_core::schema::{Compat, SchemaChange, compare, verdict};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

const PAIRS: u64 = 4_000;
const INSTANCES: usize = 12;

/// Numbers that look thrown, and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.up_to(chances) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.up_to(from.len() as u64)).unwrap()].clone()
    }
}

/// A schema of the grammar that the comparison knows, and a little of what it does not.
fn schema(dice: &mut Dice, depth: u32) -> Value {
    let kinds = ["string", "integer", "number", "boolean", "array", "object", "object", "any", "ref", "maybe", "const"];
    let mut schema = match dice.pick(&kinds[..if depth == 0 { 4 } else { kinds.len() }]) {
        "any" => return json!({}),
        "ref" => return json!({"$ref": dice.pick(&["#/$defs/A", "#/$defs/B"])}),
        "maybe" => return json!({"anyOf": [schema(dice, depth - 1), {"type": "null"}]}),
        "const" => return json!({"const": dice.pick(&[json!(null), json!(1), json!("a")])}),
        kind => json!({"type": kind}),
    };
    for _ in 0..dice.up_to(4) {
        let (keyword, rule) = rule(dice, schema["type"].as_str().unwrap_or("object"), depth.saturating_sub(1));
        schema[keyword] = rule;
    }
    if dice.one_in(6) {
        schema["type"] = json!([schema["type"].take(), "null"]);
    }
    schema
}

fn rule(dice: &mut Dice, kind: &str, depth: u32) -> (&'static str, Value) {
    let small = json!(dice.up_to(4));
    match (kind, dice.up_to(5)) {
        ("string", 0) => ("minLength", small),
        ("string", 1) => ("maxLength", small),
        ("string", 2) => ("pattern", json!(dice.pick(&["^a", "b$", "^[ab]*$"]))),
        ("string", 3) => ("format", json!(dice.pick(&["date", "email"]))),
        ("string", _) => ("enum", dice.pick(&[json!(["a"]), json!(["a", "bb"]), json!(["bb", null])])),
        ("integer" | "number", 0) => ("minimum", small),
        ("integer" | "number", 1) => ("maximum", small),
        ("integer" | "number", 2) => ("exclusiveMinimum", small),
        ("integer" | "number", 3) => ("exclusiveMaximum", json!(3.5)),
        ("integer" | "number", _) => ("multipleOf", json!(2)),
        ("array", 0) => ("minItems", json!(dice.up_to(2))),
        ("array", 1) => ("maxItems", small),
        ("array", 2) => ("uniqueItems", json!(dice.one_in(2))),
        ("array", _) => ("items", schema(dice, depth)),
        ("object", 0) => ("required", dice.pick(&[json!(["a"]), json!(["a", "b"]), json!(["c"]), json!([])])),
        ("object", 1) => ("additionalProperties", if dice.one_in(2) { json!(false) } else { schema(dice, depth) }),
        ("object", 2) => ("maxProperties", json!(1 + dice.up_to(2))),
        ("object", _) => {
            let names = dice.pick(&[&["a"][..], &["a", "b"], &["b", "c"]]);
            ("properties", names.iter().map(|name| ((*name).to_owned(), schema(dice, depth))).collect())
        }
        _ => ("description", json!(format!("{small}"))),
    }
}

/// A schema like this one, with a difference somewhere.
fn changed(dice: &mut Dice, schema_now: &Value) -> Value {
    let Value::Object(rules) = schema_now else { return schema(dice, 1) };
    let mut rules = rules.clone();
    let inner: Vec<String> = rules.iter().filter(|(_, rule)| rule.is_object()).map(|(name, _)| name.clone()).collect();
    match dice.up_to(6) {
        0..=2 if !inner.is_empty() => {
            let name = dice.pick(&inner);
            let is_map = matches!(name.as_str(), "properties" | "$defs");
            let part = rules[&name].clone();
            let names: Vec<String> = part.as_object().unwrap().keys().cloned().collect();
            rules[&name] = match names.as_slice() {
                [] => part,
                names if is_map => {
                    let name = dice.pick(names);
                    let mut part = part.clone();
                    part[&name] = changed(dice, &part[&name].clone());
                    if name != "A" && name != "B" && dice.one_in(4) {
                        part.as_object_mut().unwrap().remove(&name);
                    }
                    part
                }
                _ => changed(dice, &part),
            };
        }
        3 => {
            let names: Vec<String> = rules.keys().filter(|name| *name != "$defs").cloned().collect();
            if !names.is_empty() {
                rules.remove(&dice.pick(&names));
            }
        }
        4 => rules = Map::from_iter([("anyOf".to_owned(), json!([schema_now, {"type": "null"}]))]),
        _ => {
            let kind = rules.get("type").and_then(Value::as_str).unwrap_or("object").to_owned();
            let (keyword, rule) = rule(dice, &kind, 1);
            rules.insert(keyword.to_owned(), rule);
        }
    }
    Value::Object(rules)
}

/// Something that a producer with this schema could write: it writes only what the schema describes. Whether it keeps every rule is left
/// to the validator.
fn written(dice: &mut Dice, root: &Value, schema: &Value, depth: u32) -> Value {
    if let Some(target) = schema["$ref"].as_str().and_then(|reference| root.pointer(&reference[1..])) {
        return if depth == 0 { json!(null) } else { written(dice, root, target, depth - 1) };
    }
    if let Some(alternatives) = schema["anyOf"].as_array() {
        let alternative = dice.pick(alternatives);
        return written(dice, root, &alternative, depth.saturating_sub(1));
    }
    if let Some(word) = schema.get("const").filter(|_| !dice.one_in(8)) {
        return word.clone();
    }
    if let Some(words) = schema["enum"].as_array().filter(|_| !dice.one_in(8)) {
        return dice.pick(words);
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => dice.pick(kinds).as_str().unwrap_or_default().to_owned(),
        _ => dice.pick(&["string", "number", "null", "boolean", "array", "object"]).to_owned(),
    };
    match kind.as_str() {
        "string" => dice.pick(&["", "a", "b", "ab", "bb", "abab", "2026-11-21", "a@b.org"]).into(),
        "integer" => dice.pick(&[json!(-1), json!(0), json!(1), json!(2), json!(3), json!(4), json!(1_000_000)]),
        "number" => dice.pick(&[json!(-0.5), json!(0), json!(1), json!(2.0), json!(2.5), json!(3), json!(4)]),
        "boolean" => dice.one_in(2).into(),
        "array" if depth > 0 => {
            let items = schema.get("items").cloned().unwrap_or(json!({}));
            (0..dice.up_to(5)).map(|_| written(dice, root, &items, depth - 1)).collect()
        }
        "object" if depth > 0 => object(dice, root, schema, depth - 1),
        "array" => json!([]),
        "object" => json!({}),
        _ => json!(null),
    }
}

fn object(dice: &mut Dice, root: &Value, schema: &Value, depth: u32) -> Value {
    let mut fields = Map::new();
    let others = match schema.get("additionalProperties") {
        Some(others) => others.is_object().then(|| others.clone()),
        None => schema.get("properties").is_none().then(|| json!({})),
    };
    for name in ["a", "b", "c", "d"] {
        let required = schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
        let anything = required.then(|| json!({}));
        let described = schema["properties"].get(name).cloned().or_else(|| others.clone()).or(anything);
        if let Some(described) = described.filter(|_| required || dice.one_in(2)) {
            fields.insert(name.to_owned(), written(dice, root, &described, depth));
        }
    }
    Value::Object(fields)
}

fn document(dice: &mut Dice) -> Value {
    let mut document = schema(dice, 3);
    document["$defs"] = json!({"A": schema(dice, 2), "B": schema(dice, 1)});
    document
}

/// None for a schema that leads nowhere, such as a definition that is itself.
fn validator(schema: &Value) -> Option<Validator> {
    let is_itself = |name: &str| schema["$defs"][name]["$ref"].is_string() || schema["$defs"][name]["anyOf"].is_array();
    if is_itself("A") || is_itself("B") {
        return None;
    }
    jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(schema).ok()
}

/// Where what one side writes cannot be read by the other.
fn unread(dice: &mut Dice, writer: (&Value, &Validator), reader: &Validator) -> (usize, Option<Value>) {
    let mut tried = 0;
    for _ in 0..INSTANCES {
        let instance = written(dice, writer.0, writer.0, 6);
        if writer.1.is_valid(&instance) {
            tried += 1;
            if !reader.is_valid(&instance) {
                return (tried, Some(instance));
            }
        }
    }
    (tried, None)
}

#[test]
fn what_breaks_nothing_is_read_by_both_sides() {
    let (mut backward, mut forward, mut refuted) = (0, 0, 0);
    for seed in 0..PAIRS {
        let dice = &mut Dice(seed);
        let old = document(dice);
        let mut new = old.clone();
        for _ in 0..=dice.up_to(2) {
            new = changed(dice, &new);
        }
        let (Some(old_reader), Some(new_reader)) = (validator(&old), validator(&new)) else { continue };
        let changes = compare(&old, &new);
        let said = || changes.iter().map(SchemaChange::to_string).collect::<Vec<_>>();
        let class = verdict(&changes);
        let (tried, lost) = unread(dice, (&old, &old_reader), &new_reader);
        if class == Compat::Breaking {
            refuted += usize::from(lost.is_some());
        } else {
            assert_eq!(lost, None, "seed {seed}: new readers lose it: {old} to {new}: {:?}", said());
            backward += tried;
        }
        if class == Compat::Compatible {
            let (tried, lost) = unread(dice, (&new, &new_reader), &old_reader);
            assert_eq!(lost, None, "seed {seed}: old readers lose it: {old} to {new}: {:?}", said());
            forward += tried;
        }
    }
    // Were every pair called breaking, nothing would have been tried.
    assert!(backward > 4_000 && forward > 1_000 && refuted > 100, "{backward} {forward} {refuted}");
}
