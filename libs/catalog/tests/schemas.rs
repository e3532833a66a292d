//! The schemas against the types that they are made of, by an independent validator. The examples are changed in many ways, and both must
//! give the same verdict. A schema may say less than its type where a schema cannot say it; it never says more.

use std::collections::{BTreeMap, BTreeSet};

use fabric_catalog::{all, example, schema};
use fabric_core::{Descriptor, event::InvalidPayload};
use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value, json};

fn validator(event: &Descriptor) -> Validator {
    let schema = schema(event.topic).unwrap();
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&schema).unwrap_or_else(|error| panic!("{}: {error}", event.topic))
}

fn example_of(event: &Descriptor) -> Value {
    serde_json::from_str(example(event.topic).unwrap()).unwrap()
}

#[test]
fn every_example_is_valid_under_its_schema() {
    for event in all() {
        let said: Vec<String> =
            validator(event).iter_errors(&example_of(event)).map(|error| error.to_string()).collect();
        assert_eq!(said, [""; 0], "{}", event.topic);
    }
}

/// Every place in a payload, as pointers.
fn places(value: &Value, place: &str, found: &mut Vec<String>) {
    found.push(place.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| places(value, &format!("{place}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| places(value, &format!("{place}/{index}"), found));
        }
        _ => {}
    }
}

/// Texts of many forms.
const FORMS: &[&str] = &[
    "",
    " ",
    "\u{7}",
    "\n",
    "two\nlines",
    "two words",
    "A",
    "DE",
    "EUR",
    "eur",
    "A+",
    "12",
    "123",
    "+49 (30) 1-2",
    "ada@example.edu",
    "ada@",
    "a b@c.d",
    "ada@b..c",
    "en",
    "pt-BR",
    "en_US",
    "Europe/Berlin",
    "\u{feff}",
    "\u{a0}",
    "\u{85}",
    "\u{200b}",
    "10.50",
    "2026-11-21",
    "2026-02-30",
    "2026-13-01",
    "2026-11-21T10:00:00Z",
    "2026-11-21T10:00:00+02:00",
    "2026-11-21T25:00:00Z",
    "2026-11-21T10:00:00",
    "https://example.edu/a?b=c",
    "http://[",
    "/path",
    "application/pdf",
    "0x1",
];

/// What is put in the place of a value. It is not only wrong: some of it fits, here or there.
fn others(value: &Value) -> Vec<Value> {
    let mut others = vec![json!(null), json!(true), json!(7), json!("text"), json!([]), json!({}), json!([["x"]])];
    match value {
        Value::String(text) => {
            let long = [2, 3, 9, 21, 36, 41, 64, 65, 128, 255, 256, 1_001, 4_001, 10_001, 30_000]
                .map(|chars| "x".repeat(chars));
            let two_bytes = ["é", "éé", &"é".repeat(128)].map(str::to_owned);
            let ends = [format!("{text} "), format!(" {text}"), format!("{text}\n"), format!("{text}\u{7}")];
            others.extend(long.into_iter().chain(two_bytes).chain(ends).map(Value::from));
            others.extend(FORMS.iter().copied().map(Value::from));
        }
        Value::Number(_) => {
            let numbers = [
                json!(-1),
                json!(0),
                json!(1),
                json!(-0.5),
                json!(0.5),
                json!(1.0),
                json!(100.5),
                json!(1e9),
                json!(-1e9),
            ];
            others.extend(numbers.into_iter().chain([json!(1_u64 << 60), json!(u64::MAX), json!(1e300)]));
        }
        Value::Array(items) => {
            others.extend(items.first().map(|item| json!([item, item])));
            others.extend(items.first().map(|item| Value::Array(vec![item.clone(); 2_000])));
        }
        Value::Object(fields) => {
            // Where names are free: too many of them, and names of other forms.
            let value = fields.values().next().cloned().unwrap_or_else(|| json!("text"));
            let map = |names: Vec<String>| names.into_iter().map(|name| (name, value.clone())).collect::<Map<_, _>>();
            let forms = ["", "no spaces", "two\nlines", &"x".repeat(65)].map(|name| vec![name.to_owned()]);
            others.extend(forms.into_iter().map(|names| map(names).into()));
            others.push(map((0..=50).map(|number| format!("name_{number}")).collect()).into());
        }
        _ => {}
    }
    others
}

/// The example with one thing changed, and where.
fn changed(example: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    places(example, "", &mut found);
    let mut changed = Vec::new();
    for place in found {
        let there = example.pointer(&place).unwrap();
        for other in others(there) {
            let mut payload = example.clone();
            *payload.pointer_mut(&place).unwrap() = other;
            changed.push((place.clone(), payload));
        }
        let Some(fields) = there.as_object() else { continue };
        for name in fields.keys().map(String::as_str).chain(["fromTheFuture"]) {
            let mut payload = example.clone();
            let fields = payload.pointer_mut(&place).unwrap().as_object_mut().unwrap();
            if fields.remove(name).is_none() {
                fields.insert(name.to_owned(), json!({"any": "thing"}));
            }
            changed.push((format!("{place}/{name}"), payload));
        }
    }
    changed
}

/// Which rule of the type it was, in words that are the same for all events.
fn rule(error: &InvalidPayload) -> BTreeSet<String> {
    match error {
        InvalidPayload::Shape(said) => {
            let wanted = said.split_once(", expected ").map_or(said.as_str(), |(_, wanted)| wanted);
            let wanted = wanted.split(" (line").next().unwrap_or_default();
            let wanted = match wanted {
                "i64" | "u8" | "u16" | "u32" | "u64" => "a whole number without a fraction",
                _ if wanted.contains("startTime: ") || wanted.contains("endTime: ") => "a time of day",
                other => other,
            };
            BTreeSet::from([format!("shape: {wanted}")])
        }
        InvalidPayload::Bounds(broken) => broken.iter().map(|one| format!("{}: {}", one.code, one.message)).collect(),
    }
}

/// What a type says and its schema does not, since a schema cannot.
const ONLY_THE_TYPE_SAYS: &[&str] = &[
    // Rules between two fields, or between two items.
    "invalid: does not belong there",
    "invalid: ends before it begins",
    "invalid: fewer than are completed",
    "invalid: not the fields in which the values differ",
    "invalid: one is not in the other set",
    "invalid: one stands twice",
    "invalid: the choices do not fit the kind of question",
    "invalid: the highest score is not above the lowest",
    "invalid: the organizer is missing",
    "required: not set",
    "too_large: greater than the best of the scale",
    "too_large: greater than the highest",
    "too_large: greater than what it is a part of",
    // A set reads two of the same as one.
    "too_short: length is lower than 2",
    // Bytes: a schema counts characters.
    "shape: 1 to 255 printable characters without spaces, 255 bytes at most",
    "too_long: length is greater than 255",
    // Forms that a pattern cannot say, or only badly.
    "shape: an e-mail address of at most 254 characters",
    "shape: a time of day",
    // To a schema, 1.0 is a whole number.
    "shape: a whole number without a fraction",
];

/// What a type reads and never writes: a date with a time behind it, and a set with items that stand there twice. Nobody is asked to
/// write these, so the schemas do not speak of them.
fn is_spelled_otherwise(error: &ValidationError<'_>) -> bool {
    let value = error.instance();
    let repeats = |items: &Vec<Value>| items.iter().enumerate().any(|(index, item)| items[..index].contains(item));
    match error.kind() {
        ValidationErrorKind::Format { format } => {
            format == "date" && value.as_str().is_some_and(|text| text.contains('T'))
        }
        ValidationErrorKind::MaxItems { .. } => value.as_array().is_some_and(repeats),
        ValidationErrorKind::AnyOf { context } => context.iter().flatten().any(is_spelled_otherwise),
        _ => false,
    }
}

#[test]
fn a_schema_never_refuses_what_its_type_accepts() {
    let (mut tried, mut refused) = (0, BTreeMap::<String, BTreeSet<String>>::new());
    for event in all() {
        let validator = validator(event);
        for (place, payload) in changed(&example_of(event)) {
            let Ok(checked) = (event.check)(payload.to_string().as_bytes()) else { continue };
            tried += 1;
            let written: Value = serde_json::from_slice(&checked.body).unwrap();
            for given in [&payload, &written] {
                for error in validator.iter_errors(given) {
                    if given == &payload && is_spelled_otherwise(&error) {
                        continue;
                    }
                    let value = given.pointer(&place).map(Value::to_string).unwrap_or_default();
                    let found = format!("{} {place} {value:.40}", event.topic);
                    refused.entry(error.masked().to_string()).or_default().insert(found);
                }
            }
        }
    }
    assert!(tried > 10_000, "{tried}");
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn what_only_the_type_refuses_is_what_a_schema_cannot_say() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in all() {
        let validator = validator(event);
        for (place, payload) in changed(&example_of(event)) {
            if let Err(error) = (event.check)(payload.to_string().as_bytes())
                && validator.is_valid(&payload)
            {
                for rule in rule(&error) {
                    found.entry(rule).or_default().insert(format!("{} {place}", event.topic));
                }
            }
        }
    }
    let expected: BTreeSet<&str> = ONLY_THE_TYPE_SAYS.iter().copied().collect();
    let rules: BTreeSet<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(rules, expected, "{found:#?}");
}
