mod numbers;
mod random;
mod references;

use serde_json::{Value, json};

use super::*;
use Compat::{BackwardOnly, Breaking, Compatible};

/// An object with these fields, of which these are required.
fn object(properties: impl Into<Value>, required: &[&str]) -> Value {
    let properties = properties.into();
    json!({"type": "object", "properties": properties, "required": required})
}

/// One row for each rule: the old and the new schema of a field, and what the comparison says.
type Row = (Value, Value, &'static [(Compat, &'static str, &'static str)]);

fn check(rows: Vec<Row>) {
    for (old, new, expected) in rows {
        let found = compare(&old, &new);
        let found: Vec<_> =
            found.iter().map(|change| (change.class, change.path.as_str(), change.reason.as_str())).collect();
        assert_eq!(found, expected, "{old} to {new}");
        assert_eq!(compare(&old, &old), [], "{old}");
        assert_eq!(compare(&new, &new), [], "{new}");
    }
}

#[test]
fn kinds_and_values() {
    let text = || json!({"type": "string"});
    check(vec![
        (text(), json!({"type": ["string", "null"]}), &[(BackwardOnly, "", "null is allowed")]),
        (json!({"type": ["string", "null"]}), text(), &[(Breaking, "", "null is no longer allowed")]),
        (text(), json!({"type": ["string"]}), &[]),
        (
            json!({"type": "integer"}),
            json!({"type": "number"}),
            &[(BackwardOnly, "", "numbers with a fraction are allowed")],
        ),
        (
            json!({"type": "number"}),
            json!({"type": "integer"}),
            &[(Breaking, "", "numbers with a fraction are no longer allowed")],
        ),
        (
            json!({"type": "boolean"}),
            text(),
            &[(BackwardOnly, "", "texts are allowed"), (Breaking, "", "truth values are no longer allowed")],
        ),
        (
            json!({"enum": ["a"]}),
            json!({"enum": ["a", "b"]}),
            &[(BackwardOnly, "", "the value \"b\" is allowed, which old readers do not know")],
        ),
        (json!({"enum": ["a", "b"]}), json!({"const": "a"}), &[(Breaking, "", "the value \"b\" is no longer allowed")]),
        (json!({"enum": ["a", null]}), json!({"enum": ["a"]}), &[(Breaking, "", "null is no longer allowed")]),
        (text(), json!({"type": "string", "enum": ["a"]}), &[(Breaking, "", "only certain values are allowed")]),
        (
            json!({"type": "string", "enum": ["a"]}),
            text(),
            &[(BackwardOnly, "", "any value is allowed, no longer certain ones only")],
        ),
    ]);
}

#[test]
fn limits_and_forms() {
    let with = |kind: &str, keyword: &str, value: Value| {
        let mut schema = json!({"type": kind});
        schema[keyword] = value;
        schema
    };
    let table = [
        ("string", "minLength", 2, 1, 3),
        ("string", "maxLength", 2, 3, 1),
        ("number", "minimum", 2, 1, 3),
        ("integer", "maximum", 2, 3, 1),
        ("integer", "exclusiveMinimum", 2, 1, 3),
        ("number", "exclusiveMaximum", 2, 3, 1),
        ("array", "minItems", 2, 1, 3),
        ("array", "maxItems", 2, 3, 1),
        ("object", "minProperties", 2, 1, 3),
        ("object", "maxProperties", 2, 3, 1),
    ];
    for (kind, keyword, limit, wider, narrower) in table {
        let class = |old: &Value, new: &Value| compare(old, new).iter().map(|change| change.class).collect::<Vec<_>>();
        let [limit, wider, narrower] = [limit, wider, narrower].map(|limit| with(kind, keyword, json!(limit)));
        let none = json!({"type": kind});
        assert_eq!(class(&limit, &wider), [BackwardOnly], "{keyword}");
        assert_eq!(class(&limit, &narrower), [Breaking], "{keyword}");
        assert_eq!(class(&limit, &none), [BackwardOnly], "{keyword}");
        assert_eq!(class(&none, &limit), [Breaking], "{keyword}");
    }
    check(vec![
        (with("string", "minLength", json!(0)), json!({"type": "string"}), &[]),
        (with("number", "minimum", json!(1)), with("number", "minimum", json!(1.0)), &[]),
        (
            with("integer", "maximum", json!(9_007_199_254_740_993_u64)),
            with("integer", "maximum", json!(9_007_199_254_740_992_u64)),
            &[(Breaking, "", "maximum is 9007199254740992, was 9007199254740993")],
        ),
        (
            with("string", "maxLength", json!("?")),
            with("string", "maxLength", json!(1)),
            &[(Breaking, "", "this comparison does not know it: maxLength")],
        ),
        (json!({"type": "string"}), with("string", "pattern", json!("a")), &[(Breaking, "", "pattern is new")]),
        (with("string", "pattern", json!("a")), json!({"type": "string"}), &[(BackwardOnly, "", "pattern is gone")]),
        (
            with("string", "format", json!("date")),
            with("string", "format", json!("date-time")),
            &[(Breaking, "", "format changed, and nobody can say what it still allows")],
        ),
        (
            json!({"type": "array"}),
            with("array", "uniqueItems", json!(true)),
            &[(Breaking, "", "an item may no longer stand there twice")],
        ),
        (
            with("array", "uniqueItems", json!(true)),
            json!({"type": "array"}),
            &[(BackwardOnly, "", "an item may stand there twice")],
        ),
        // A rule about what only one of the two allows says nothing about what both allow.
        (with("string", "maxItems", json!(1)), with("string", "maxItems", json!(0)), &[]),
    ]);
}

#[test]
fn fields() {
    let (a, b) = (|| json!({"a": true}), || json!({"a": true, "b": {"type": "string"}}));
    let closed = |properties: Value| json!({"type": "object", "properties": properties, "additionalProperties": false});
    let map = |of: Value| json!({"type": "object", "additionalProperties": of});
    check(vec![
        (object(a(), &[]), object(b(), &[]), &[(Compatible, "b", "it was added, and is optional")]),
        (object(a(), &[]), object(b(), &["b"]), &[(Breaking, "b", "it was added, and is required")]),
        (object(b(), &[]), object(a(), &[]), &[(Compatible, "b", "it was removed, and was optional")]),
        (object(b(), &["b"]), object(a(), &[]), &[(BackwardOnly, "b", "it was removed, and old readers require it")]),
        (object(a(), &[]), object(a(), &["a"]), &[(Breaking, "a", "it is required, and was optional")]),
        (object(a(), &["a"]), object(a(), &[]), &[(BackwardOnly, "a", "it is optional, and was required")]),
        (closed(a()), closed(b()), &[(BackwardOnly, "b", "it was added, and old readers refuse it")]),
        (closed(b()), closed(a()), &[(Breaking, "b", "it was removed, and is refused now")]),
        (
            json!({"type": "object", "properties": a()}),
            closed(a()),
            &[(Breaking, "{}", "other fields are refused now")],
        ),
        (
            closed(a()),
            json!({"type": "object", "properties": a()}),
            &[(BackwardOnly, "{}", "other fields are allowed")],
        ),
        (
            map(json!({"type": "integer"})),
            map(json!({"type": "number"})),
            &[(BackwardOnly, "{}", "numbers with a fraction are allowed")],
        ),
        (
            map(json!({"type": "integer"})),
            json!({"type": "object", "properties": {"a": {"type": "integer"}}}),
            &[(BackwardOnly, "{}", "other fields are ignored now")],
        ),
        (
            json!({"type": "object"}),
            object(json!({"a": {"type": "null"}}), &[]),
            &[
                (Breaking, "a", "truth values are no longer allowed"),
                (Breaking, "a", "whole numbers are no longer allowed"),
                (Breaking, "a", "numbers with a fraction are no longer allowed"),
                (Breaking, "a", "texts are no longer allowed"),
                (Breaking, "a", "lists are no longer allowed"),
                (Breaking, "a", "objects are no longer allowed"),
            ],
        ),
        (
            json!({"type": "object", "properties": {}}),
            map(json!({"type": "string"})),
            &[(Breaking, "{}", "other fields have rules now")],
        ),
    ]);
}

#[test]
fn whatever_stands_under_other_names() {
    let open = |others: Value| json!({"type": "object", "properties": {"a": true}, "additionalProperties": others});
    let unsaid = || json!({"type": "object", "properties": {"a": true}});
    let rules = || json!({"type": "string"});
    for anything in [json!(true), json!({})] {
        check(vec![
            (unsaid(), open(anything.clone()), &[]),
            (open(anything.clone()), unsaid(), &[]),
            (unsaid(), json!({"type": "object", "additionalProperties": anything}), &[]),
            (open(anything.clone()), open(json!(true)), &[]),
            (open(anything.clone()), open(json!(false)), &[(Breaking, "{}", "other fields are refused now")]),
            (open(json!(false)), open(anything.clone()), &[(BackwardOnly, "{}", "other fields are allowed")]),
        ]);
        assert_eq!(verdict(&compare(&open(rules()), &open(anything.clone()))), BackwardOnly);
        assert_eq!(verdict(&compare(&open(anything), &open(rules()))), Breaking);
    }
    check(vec![(unsaid(), open(rules()), &[(Breaking, "{}", "other fields have rules now")])]);
}

#[test]
fn maps_with_bounds() {
    let map = |keyword: &str, rule: Value| {
        let mut map = json!({"type": "object", "additionalProperties": {"type": "string"}});
        map[keyword] = rule;
        object(json!({"variables": map}), &[])
    };
    let free = || object(json!({"variables": {"type": "object", "additionalProperties": {"type": "string"}}}), &[]);
    let names = |rule: Value| map("propertyNames", rule);
    let defined = |rule: Value| {
        let mut schema = names(json!({"$ref": "#/$defs/Name"}));
        schema["$defs"] = json!({"Name": rule});
        schema
    };
    check(vec![
        (
            map("maxProperties", json!(50)),
            map("maxProperties", json!(20)),
            &[(Breaking, "variables", "maxProperties is 20, was 50")],
        ),
        (
            map("maxProperties", json!(20)),
            map("maxProperties", json!(50)),
            &[(BackwardOnly, "variables", "maxProperties is 50, was 20")],
        ),
        (free(), map("maxProperties", json!(50)), &[(Breaking, "variables", "maxProperties is 50, there was none")]),
        (
            map("minProperties", json!(2)),
            map("minProperties", json!(1)),
            &[(BackwardOnly, "variables", "minProperties is 1, was 2")],
        ),
        (free(), map("minProperties", json!(1)), &[(Breaking, "variables", "minProperties is 1, there was none")]),
        (free(), map("minProperties", json!(0)), &[]),
        (
            names(json!({"maxLength": 50})),
            names(json!({"maxLength": 30})),
            &[(Breaking, "variables{name}", "maxLength is 30, was 50")],
        ),
        (
            names(json!({"maxLength": 30})),
            names(json!({"maxLength": 50})),
            &[(BackwardOnly, "variables{name}", "maxLength is 50, was 30")],
        ),
        (free(), names(json!({"maxLength": 30})), &[(Breaking, "variables{name}", "maxLength is 30, there was none")]),
        (names(json!({"pattern": "^[a-z]"})), free(), &[(BackwardOnly, "variables{name}", "pattern is gone")]),
        (
            names(json!({"enum": ["a", "b"]})),
            names(json!({"enum": ["a"]})),
            &[(Breaking, "variables{name}", "the value \"b\" is no longer allowed")],
        ),
        // A name is a text, whether this is said or not.
        (names(json!({"maxLength": 30})), names(json!({"type": "string", "maxLength": 30})), &[]),
        (names(json!({"maxLength": 30})), defined(json!({"type": "string", "maxLength": 30})), &[]),
        (free(), names(json!(true)), &[]),
        (free(), names(json!({"type": "string"})), &[]),
        (free(), names(json!(false)), &[(Breaking, "variables{name}", "this comparison does not know it: not")]),
    ]);
}

#[test]
fn documentation_what_is_personal_and_what_is_not_known() {
    let text = || json!({"type": "string"});
    check(vec![
        (
            text(),
            json!({"type": "string", "description": "New."}),
            &[(Compatible, "", "description changed, which is documentation")],
        ),
        (
            text(),
            json!({"type": "string", "default": "a"}),
            &[(Compatible, "", "default changed, which is documentation")],
        ),
        (
            text(),
            json!({"type": "string", "x-personal": true}),
            &[(Compatible, "", "what is personal changed: it is from now on")],
        ),
        (
            json!({"type": "string", "x-personal": true}),
            text(),
            &[(Compatible, "", "what is personal changed: it is no longer")],
        ),
        (text(), json!({"type": "string", "$id": "urn:x"}), &[]),
        (
            text(),
            json!({"type": "string", "x-other": 1}),
            &[(Breaking, "", "this comparison does not know it: x-other")],
        ),
        (
            json!({"not": {}}),
            json!({"not": {"type": "null"}}),
            &[(Breaking, "", "this comparison does not know it: not")],
        ),
        (json!(true), json!({}), &[]),
        (json!(false), json!(true), &[(Breaking, "", "this comparison does not know it: not")]),
        (json!({"type": "date"}), text(), &[(Breaking, "", "this comparison does not know it: type")]),
        // A field may be named like a keyword.
        (
            object(json!({"description": {"type": "string", "maxLength": 2}}), &[]),
            object(json!({"description": {"type": "string", "maxLength": 1}}), &[]),
            &[(Breaking, "description", "maxLength is 1, was 2")],
        ),
    ]);
}

#[test]
fn a_type_that_holds_itself_is_compared_once_and_depth_has_an_end() {
    let tree = |maximum: u32| {
        json!({
            "$defs": {"Tree": {
                "type": "object",
                "properties": {"size": {"type": "integer", "maximum": maximum}, "parts": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
            }},
            "$ref": "#/$defs/Tree",
        })
    };
    check(vec![(tree(9), tree(8), &[(Breaking, "size", "maximum is 8, was 9")])]);

    let deep = |leaf: &str| (0..100).fold(json!({"type": leaf}), |inner, _| json!({"type": "array", "items": inner}));
    let found = compare(&deep("string"), &deep("number"));
    assert_eq!(verdict(&found), Breaking);
    assert!(found[0].reason.contains("nests deeper"), "{}", found[0]);
}

#[test]
fn the_worst_change_decides() {
    let change = |class| SchemaChange { class, path: String::new(), reason: "it is so".to_owned() };
    assert_eq!(verdict(&[]), Compatible);
    assert_eq!(verdict(&[change(BackwardOnly), change(Compatible)]), BackwardOnly);
    assert_eq!(verdict(&[change(BackwardOnly), change(Breaking), change(Compatible)]), Breaking);
    assert_eq!(change(Breaking).to_string(), "breaking: payload: it is so");
}
