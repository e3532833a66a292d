//! Random pairs of schemas and random values, with an independent validator as the judge: what breaks nothing refuses nothing that was
//! valid. It is about what refers, recurs and limits; every object describes all the fields that the values have, so nothing is ignored.

use std::cell::Cell;

use jsonschema::{Draft, Validator};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::Map;

use super::*;

const VALUES: usize = 32;
const NUMBERS: [i32; 15] = [1, 2, 0, 3, -1, -128, -129, 127, 128, 199, 255, 256, 299, 300, 65_536];

/// How often a rule stays the same, for once that it does not: a pair with many differences is always called breaking.
const RARELY: u32 = 60;

/// Something in the old and in the new schema.
type Pair = [Value; 2];

/// The same in both, or now and then something else in each.
fn both<T: Clone + std::fmt::Debug + 'static>(
    same: u32,
    one: impl Strategy<Value = T> + Clone + 'static,
) -> BoxedStrategy<[T; 2]> {
    prop_oneof![same => one.clone().prop_map(|one| [one.clone(), one]), 1 => [one.clone(), one]].boxed()
}

type Rules = [Map<String, Value>; 2];

/// A keyword with one of these rules, or none.
fn rule(keyword: &'static str, rules: Value) -> BoxedStrategy<Rules> {
    both(RARELY, said(keyword, rules))
}

fn said(keyword: &'static str, rules: Value) -> BoxedStrategy<Map<String, Value>> {
    let Value::Array(rules) = rules else { panic!("{keyword} has a list of rules") };
    let said = move |rule: Option<Value>| rule.map(|rule| (keyword.to_owned(), rule)).into_iter().collect();
    option::weighted(0.3, select(rules)).prop_map(said).boxed()
}

/// A schema with some of these rules.
fn with(base: Value, rules: Vec<BoxedStrategy<Rules>>) -> BoxedStrategy<Pair> {
    let schema = move |rules: Vec<Rules>| {
        let mut pair = [base.clone(), base.clone()];
        for given in rules {
            for (schema, rule) in pair.iter_mut().zip(given) {
                schema.as_object_mut().into_iter().for_each(|schema| schema.extend(rule.clone()));
            }
        }
        pair
    };
    rules.prop_map(schema).boxed()
}

fn number() -> BoxedStrategy<Pair> {
    let limits = || {
        vec![
            rule("minimum", json!([-1, 0, 1, 0.5])),
            rule("maximum", json!([2.5, 200, 255, 300])),
            rule("exclusiveMinimum", json!([-1, 0, 1.5])),
            rule("exclusiveMaximum", json!([2, 256])),
            rule("format", json!(["uint8", "int8", "uint16"])),
        ]
    };
    prop_oneof![3 => with(json!({"type": "integer"}), limits()), 1 => with(json!({"type": "number"}), limits())].boxed()
}

fn text() -> BoxedStrategy<Pair> {
    let rules = vec![rule("minLength", json!([0, 1])), rule("maxLength", json!([1, 2])), rule("enum", json!([["a"]]))];
    with(json!({"type": "string"}), rules)
}

/// References to definitions, to the whole, and to what is no definition, with rules beside that often differ.
fn reference() -> BoxedStrategy<Pair> {
    const TO: &[&str] = &["#/$defs/A", "#/$defs/B", "#/$defs/A", "#/$defs/B", "#", "#/default"];
    let to = both(RARELY, select(TO)).prop_map(|pair| pair.map(|to| Map::from_iter([("$ref".to_owned(), to.into())])));
    let beside = |keyword, rules: Value| both(6, said(keyword, rules));
    let rules = vec![
        to.boxed(),
        beside("required", json!([["a"], ["b"]])),
        beside("maximum", json!([2, 255])),
        beside("format", json!(["uint8"])),
        beside("maxProperties", json!([1])),
    ];
    with(json!({}), rules)
}

fn object(inner: BoxedStrategy<Pair>) -> BoxedStrategy<Pair> {
    let fields = (inner.clone(), inner.clone()).prop_map(|([old_a, new_a], [old_b, new_b])| {
        [json!({"a": old_a, "b": old_b}), json!({"a": new_a, "b": new_b})]
            .map(|fields| Map::from_iter([("properties".to_owned(), fields)]))
    });
    let others = inner.prop_map(|pair| pair.map(|of| Map::from_iter([("additionalProperties".to_owned(), of)])));
    let rules = |described: BoxedStrategy<Rules>| {
        vec![
            described,
            rule("required", json!([["a"], ["b"], ["a", "b"]])),
            rule("propertyNames", json!([true, {"maxLength": 1}, {"enum": ["a"]}, {"type": "string"}])),
            rule("minProperties", json!([0, 1])),
            rule("maxProperties", json!([1, 2])),
        ]
    };
    let open = rule("additionalProperties", json!([true, {}, false]));
    let mut of_fields = rules(fields.boxed());
    of_fields.push(open);
    let object = || json!({"type": "object"});
    prop_oneof![3 => with(object(), of_fields), 1 => with(object(), rules(others.boxed()))].boxed()
}

/// Documents with two definitions that may refer to one another, and to the whole.
fn documents() -> impl Strategy<Value = Pair> {
    let leaf = prop_oneof![2 => number(), 1 => text(), 2 => reference()];
    let part = leaf.prop_recursive(3, 12, 3, |inner| {
        let list = inner.clone().prop_map(|pair| pair.map(|items| json!({"type": "array", "items": items})));
        let or_nothing = (inner.clone(), both(RARELY, any::<bool>())).prop_map(|(pair, or_nothing)| {
            let [old, new] = pair.map(|schema| (schema.clone(), json!({"anyOf": [schema, {"type": "null"}]})));
            let pick = |(plain, maybe): (Value, Value), or_nothing| if or_nothing { maybe } else { plain };
            [pick(old, or_nothing[0]), pick(new, or_nothing[1])]
        });
        prop_oneof![3 => object(inner.boxed()), 1 => list, 1 => or_nothing]
    });
    // A definition that is only a reference could lead to itself.
    let definition = prop_oneof![3 => object(part.clone().boxed()), 1 => number()];
    (object(part.boxed()), definition.clone(), definition, number()).prop_map(|(mut documents, a, b, c)| {
        for (version, document) in documents.iter_mut().enumerate() {
            document["$defs"] = json!({"A": a[version], "B": b[version]});
            document["default"] = c[version].clone();
        }
        documents
    })
}

/// Something that is often valid by a schema. What is thrown decides what is picked; when nothing is left, the first.
fn value(root: &Value, schema: &Value, thrown: &mut dyn Iterator<Item = u8>, depth: u32) -> Value {
    let mut pick = |chances: usize| usize::from(thrown.next().unwrap_or(0)) % chances;
    if depth == 0 || pick(16) == 1 {
        return [json!(0), json!("a"), json!(null), json!({}), json!([])][pick(5)].clone();
    }
    if let Some(target) = schema["$ref"].as_str().and_then(|reference| root.pointer(&reference[1..])) {
        return value(root, target, thrown, depth - 1);
    }
    if let Some(alternatives) = schema["anyOf"].as_array() {
        return value(root, &alternatives[pick(2)], thrown, depth - 1);
    }
    match schema["type"].as_str() {
        Some("integer") => NUMBERS[pick(NUMBERS.len())].into(),
        Some("number") => [0.5, 1.0, 1.5, 2.5, 255.0, 255.5, -0.5][pick(7)].into(),
        Some("string") => ["a", "", "ab", "abc"][pick(4)].into(),
        Some("array") => (0..pick(3)).map(|_| value(root, &schema["items"], thrown, depth - 1)).collect(),
        _ => {
            let there = ["a", "b"].into_iter().zip([pick(3) > 0, pick(3) > 0]).filter(|(_, is_there)| *is_there);
            let rules = |name| schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
            there.map(|(name, _)| (name.to_owned(), value(root, rules(name), thrown, depth - 1))).collect()
        }
    }
}

/// The validator does not know the formats of whole numbers: it gets the limits that they stand for.
fn spelled_out(schema: &Value) -> Value {
    match schema {
        Value::Object(rules) => {
            let mut rules: Map<_, _> = rules.iter().map(|(name, rule)| (name.clone(), spelled_out(rule))).collect();
            let limits = match rules.get("format").and_then(Value::as_str) {
                Some("uint8") => Some([0, 255]),
                Some("int8") => Some([-128, 127]),
                Some("uint16") => Some([0, 65_535]),
                _ => None,
            };
            if let Some([minimum, maximum]) = limits {
                rules.insert("allOf".to_owned(), json!([{"minimum": minimum, "maximum": maximum}]));
            }
            Value::Object(rules)
        }
        Value::Array(parts) => parts.iter().map(spelled_out).collect(),
        other => other.clone(),
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().with_draft(Draft::Draft202012).build(&spelled_out(schema)).expect("it is a schema")
}

#[test]
fn what_breaks_nothing_refuses_nothing_that_was_valid() {
    let mut runner = TestRunner::new(Config { cases: 512, failure_persistence: None, ..Config::default() });
    let (kept, refused) = (Cell::new(0), Cell::new(0));
    let outcome = runner.run(&(documents(), vec(vec(any::<u8>(), 48), VALUES)), |([old, new], thrown)| {
        let values: Vec<Value> =
            thrown.into_iter().map(|thrown| value(&old, &old, &mut thrown.into_iter(), 8)).collect();
        let (changes, validators) = (compare(&old, &new), [&old, &new].map(validator));
        let valid = values.iter().filter(|value| validators[0].is_valid(value));
        let (stays, lost): (Vec<&Value>, Vec<&Value>) = valid.partition(|value| validators[1].is_valid(value));
        if verdict(&changes) == Breaking {
            refused.set(refused.get() + lost.len());
        } else {
            prop_assert!(lost.is_empty(), "{} to {}: {:?}, but {} is lost", old, new, changes, lost[0]);
            kept.set(kept.get() + stays.len());
        }
        Ok(())
    });
    outcome.expect("nothing that was valid is lost");
    // Were every pair called breaking, or no value valid, nothing would have been tried.
    assert!(kept.get() > 500 && refused.get() > 5, "{kept:?} {refused:?}");
}
