//! Definitions: what stands beside a reference, which definitions count, and types that hold themselves.

use super::*;

#[test]
fn references_lists_and_alternatives() {
    let grades = |score: Value, field: Value| {
        json!({
            "$defs": {"Grade": {"type": "object", "properties": {"score": score}}, "Unused": field},
            "type": "object",
            "properties": {"grades": {"type": "array", "items": {"$ref": "#/$defs/Grade"}}},
        })
    };
    let maybe = |one: Value| json!({"anyOf": [one, {"type": "null"}]});
    check(vec![
        (
            grades(json!({"type": "number", "maximum": 9}), json!(1)),
            grades(json!({"type": "number", "maximum": 8}), json!(2)),
            &[(Breaking, "grades[].score", "maximum is 8, was 9")],
        ),
        // The name of a definition is nobody's business, and neither is whether there is one.
        (
            json!({"$defs": {"A": {"type": "string"}}, "$ref": "#/$defs/A"}),
            json!({"$defs": {"B": {"type": "string"}}, "$ref": "#/$defs/B"}),
            &[],
        ),
        (json!({"$defs": {"A": {"type": "string"}}, "$ref": "#/$defs/A"}), json!({"type": "string"}), &[]),
        (json!({"type": "string"}), maybe(json!({"type": "string"})), &[(BackwardOnly, "", "null is allowed")]),
        (maybe(json!({"enum": ["a"]})), json!({"enum": ["a"]}), &[(Breaking, "", "null is no longer allowed")]),
        (maybe(json!({"type": "string"})), json!({"type": ["string", "null"]}), &[]),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "number"}]}),
            json!({"anyOf": [{"type": "string"}]}),
            &[(Breaking, "", "this comparison does not know it: anyOf")],
        ),
        (
            json!({"$ref": "#/$defs/None"}),
            json!({"type": "string"}),
            &[(Breaking, "", "this comparison does not know it: $ref")],
        ),
        // Both patterns hold, and nobody can say what they allow together.
        (
            json!({"$defs": {"A": {"type": "string", "pattern": "a"}}, "$ref": "#/$defs/A", "pattern": "b"}),
            json!({"type": "string"}),
            &[(Breaking, "", "this comparison does not know it: $ref")],
        ),
    ]);
}

#[test]
fn rules_beside_a_reference_hold_too_and_the_stricter_counts() {
    let percent = |defined: u32, beside: u32| {
        json!({
            "$defs": {"Percent": {"type": "number", "minimum": 0, "maximum": defined}},
            "type": "object",
            "properties": {"share": {"$ref": "#/$defs/Percent", "maximum": beside}},
        })
    };
    let beside = |definition: Value, beside: Value| {
        let mut schema = beside;
        schema["$defs"] = json!({"A": definition});
        schema["$ref"] = json!("#/$defs/A");
        schema
    };
    check(vec![
        (percent(200, 100), percent(200, 150), &[(BackwardOnly, "share", "maximum is 150, was 100")]),
        (percent(100, 100), percent(100, 50), &[(Breaking, "share", "maximum is 50, was 100")]),
        (percent(200, 100), percent(100, 200), &[]),
        (percent(200, 100), percent(90, 100), &[(Breaking, "share", "maximum is 90, was 100")]),
        (
            beside(json!({"type": "string", "minLength": 2}), json!({"minLength": 4})),
            beside(json!({"type": "string", "minLength": 3}), json!({"minLength": 4})),
            &[],
        ),
        (
            beside(json!({"type": "object", "required": ["a"]}), json!({"required": ["b"]})),
            json!({"type": "object", "required": ["a", "b"]}),
            &[],
        ),
        (
            beside(json!({"type": "array", "uniqueItems": false}), json!({"uniqueItems": true})),
            json!({"type": "array", "uniqueItems": true}),
            &[],
        ),
        (
            beside(json!({"type": "integer", "format": "uint16"}), json!({"format": "uint8", "type": "integer"})),
            json!({"type": "integer", "minimum": 0, "maximum": 255}),
            &[],
        ),
        // A field beside a definition that refuses others is refused, so these are not laid over one another.
        (
            beside(json!({"additionalProperties": false}), json!({"properties": {"a": true}})),
            json!({"type": "object"}),
            &[(Breaking, "", "this comparison does not know it: $ref")],
        ),
    ]);
}

#[test]
fn only_definitions_that_are_referred_to_count() {
    let schema = |unknown: Value, definitions: Value| json!({"$defs": definitions, "properties": {"a": unknown}});
    let known = || json!({"$ref": "#/$defs/A", "maximum": 5});
    let unknown = || json!({"anyOf": [{"$ref": "#/$defs/A"}, {"type": "string"}]});
    let one = |limit: u32| json!({"A": {"type": "integer", "maximum": limit}});
    let with_unused = |limit: u32| json!({"A": {"type": "integer", "maximum": limit}, "Unused": {"type": "null"}});
    let chain = |limit: u32| json!({"A": {"type": "array", "items": {"$ref": "#/$defs/B"}}, "B": {"maximum": limit}});
    let not_known: &[_] = &[(Breaking, "a", "this comparison does not know it: anyOf")];
    check(vec![
        (schema(known(), one(9)), schema(known(), with_unused(9)), &[]),
        (schema(known(), with_unused(9)), schema(known(), one(9)), &[]),
        (schema(unknown(), one(9)), schema(unknown(), with_unused(9)), &[]),
        (schema(unknown(), with_unused(9)), schema(unknown(), one(8)), not_known),
        (schema(unknown(), chain(9)), schema(unknown(), chain(8)), not_known),
    ]);
}

#[test]
fn rules_beside_a_reference_count_in_a_type_that_holds_itself() {
    let tree = |child: Value| {
        json!({
            "$defs": {"T": {"type": "object", "properties": {"x": {"type": "string"}, "child": child}}},
            "$ref": "#/$defs/T",
        })
    };
    let reference = || json!({"$ref": "#/$defs/T"});
    let with_x = || json!({"$ref": "#/$defs/T", "required": ["x"]});
    let chain = |next: Value| json!({"type": "object", "properties": {"next": next}});
    check(vec![
        (tree(reference()), tree(with_x()), &[(Breaking, "child.x", "it is required, and was optional")]),
        (tree(with_x()), tree(reference()), &[(BackwardOnly, "child.x", "it is optional, and was required")]),
        (
            chain(json!({"$ref": "#"})),
            chain(json!({"$ref": "#", "maxProperties": 0})),
            &[(Breaking, "next", "maxProperties is 0, there was none")],
        ),
        (
            tree(json!({"anyOf": [reference(), {"type": "null"}]})),
            tree(reference()),
            &[(Breaking, "child", "null is no longer allowed")],
        ),
    ]);
}

#[test]
fn a_reference_to_anything_but_a_definition_is_not_known() {
    // Each leads to what differs, in words that are the same.
    let nested = |kind: &str| {
        let list =
            json!({"$defs": {"X": {"type": kind}}, "type": "array", "items": {"$ref": "#/properties/a/$defs/X"}});
        json!({"properties": {"a": list}})
    };
    let within = |reference: &str, kind: &str| {
        json!({
            "$defs": {"A": {"$anchor": "a", "properties": {"x": {"type": kind}}}},
            "properties": {"a": {"$ref": reference}},
        })
    };
    let renamed = |kind: &str| {
        let list =
            json!({"$id": "urn:a", "$defs": {"X": {"type": kind}}, "type": "array", "items": {"$ref": "#/$defs/X"}});
        json!({"$id": "urn:root", "$defs": {"X": true}, "properties": {"a": list}})
    };
    let not_known: &[_] = &[(Breaking, "a", "this comparison does not know it: $ref")];
    check(vec![
        (nested("string"), nested("integer"), &[(Breaking, "a[]", "this comparison does not know it: $ref")]),
        (renamed("string"), renamed("integer"), &[(Breaking, "a", "this comparison does not know it: $id")]),
    ]);
    for reference in ["#/$defs/A/properties/x", "#a", "#/%24defs/A", "other.json", "urn:root#/$defs/A"] {
        check(vec![(within(reference, "string"), within(reference, "integer"), not_known)]);
    }
    let mut documented = nested("string");
    documented["description"] = json!("Another.");
    assert_eq!(
        verdict(&compare(&nested("string"), &documented)),
        Breaking,
        "it is not known, though nothing of it changed"
    );
}
