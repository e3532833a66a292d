//! Rules that every event of the catalogue keeps. They are checked by changing the examples, so they hold for new
//! events too.

mod bounds;

use std::collections::BTreeSet;

use fabric_core::{
    PartitionKey, Pattern, Topic,
    event::{Checked, InvalidPayload},
};
use serde_json::{Value, json};

use crate::{Entry, all, contexts, entries, example, field_paths, find, matching, schema, values::AccountRole};

fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn check(entry: &Entry, payload: &Value) -> Result<Checked, InvalidPayload> {
    (entry.descriptor.check)(payload.to_string().as_bytes())
}

/// The payload with another value in one place.
fn with(payload: &Value, place: &str, value: Value) -> Value {
    let mut changed = payload.clone();
    *changed.pointer_mut(place).unwrap() = value;
    changed
}

/// Every place in the value, with what is there: lists and objects before what is in them.
fn places(value: &Value) -> Vec<(String, Value)> {
    fn visit(value: &Value, place: &str, places: &mut Vec<(String, Value)>) {
        places.push((place.to_owned(), value.clone()));
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    visit(value, &format!("{place}/{name}"), places);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    visit(value, &format!("{place}/{index}"), places);
                }
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    visit(value, "", &mut places);
    places
}

/// Every place where there is a text, a number, a truth or nothing.
fn leaves(value: &Value) -> Vec<(String, Value)> {
    places(value).into_iter().filter(|(_, value)| !value.is_object() && !value.is_array()).collect()
}

/// The name of the field that a place belongs to.
fn field(place: &str) -> &str {
    place.rsplit('/').find(|name| name.parse::<u32>().is_err()).unwrap_or_default()
}

#[test]
fn every_example_is_valid_and_shows_every_field() {
    for entry in entries() {
        let (topic, payload) = (entry.descriptor.topic, parse(entry.example));
        let checked = check(entry, &payload).unwrap_or_else(|error| panic!("{topic}: {error}"));
        assert_eq!(serde_json::from_slice::<Value>(&checked.body).unwrap(), payload, "{topic}");
        assert_eq!((entry.descriptor.check)(&checked.body), Ok(checked.clone()), "{topic}");
        assert!(PartitionKey::try_new(&checked.key).is_ok(), "{topic}: key {:?}", checked.key);
        let named = |id: &str| leaves(&payload).iter().any(|(_, leaf)| leaf == id);
        assert!(named(&checked.key), "{topic}: the key {:?} is none of the fields", checked.key);
        assert!(checked.subject.as_deref().is_none_or(named), "{topic}: subject {:?}", checked.subject);
    }
}

#[test]
fn every_event_has_a_topic_of_its_own_and_a_description() {
    let services = ["academic", "kyc", "notification", "payment", "platform", "social", "user"];
    let roles: BTreeSet<&str> = AccountRole::ALL.iter().map(|role| role.as_str()).collect();
    let mut topics = BTreeSet::new();
    for event in all() {
        let topic = event.topic;
        assert!(Topic::try_new(topic).is_ok() && topics.insert(topic), "{topic}");
        assert!(event.description.ends_with('.') && event.description.len() > 15, "{topic}: {}", event.description);
        assert!(services.contains(&event.owner), "{topic}: {}", event.owner);
        assert!(event.publishers.iter().all(|name| services.contains(name) && *name != event.owner), "{topic}");
        assert!(event.roles.iter().all(|role| roles.contains(role)), "{topic}: {:?}", event.roles);
        assert!(event.version >= 1 && !event.aggregate.is_empty(), "{topic}");
    }
}

#[test]
fn key_and_subject_are_fields_of_the_json() {
    for entry in entries() {
        let (event, payload) = (entry.descriptor, parse(entry.example));
        let checked = check(entry, &payload).unwrap();
        let at = |field: &str| payload.pointer(&format!("/{}", field.replace('.', "/"))).cloned();
        assert_eq!(at(event.key_field), Some(checked.key.into()), "{}", event.topic);
        assert_eq!(
            event.subject_field.map(|field| at(field).unwrap()),
            checked.subject.map(Value::from),
            "{}",
            event.topic
        );
        let fields = field_paths(&schema(event.topic).unwrap());
        for field in [Some(event.key_field), event.subject_field].into_iter().flatten() {
            assert!(fields.iter().any(|(known, _)| known == field), "{}: {field}", event.topic);
        }
    }
}

#[test]
fn events_are_found_by_topic_and_by_pattern() {
    assert!(all().is_sorted_by_key(|event| event.topic));
    for entry in entries() {
        let topic = entry.descriptor.topic;
        assert_eq!(find(topic).map(|found| found.topic), Some(topic));
        assert_eq!(example(topic), Some(entry.example));
    }
    for unknown in ["", "gradebook", "gradebook.grade.lost", "zzz.zzz.zzz"] {
        assert!(find(unknown).is_none() && example(unknown).is_none(), "{unknown}");
    }
    let count = |pattern: &str| matching(&pattern.parse::<Pattern>().unwrap()).count();
    assert_eq!((count("#"), count("*.*.*"), count("*.*"), count("nothing.#")), (all().len(), all().len(), 0, 0));
    assert_eq!((count("gradebook.grade.posted"), count("social.#")), (1, 12));
    let expected = [
        "agent",
        "assessment",
        "attendance",
        "billing",
        "chat",
        "communication",
        "content",
        "demographics",
        "esl",
        "fabric",
        "gifted",
        "gradebook",
        "iep",
        "intervention",
        "kyc",
        "learning",
        "notification",
        "rostering",
        "section504",
        "social",
        "tutoring",
        "user",
    ];
    assert_eq!(contexts(), expected);
}

#[test]
fn nothing_in_a_payload_is_without_bounds() {
    for entry in entries() {
        let (topic, payload) = (entry.descriptor.topic, parse(entry.example));
        for (place, leaf) in leaves(&payload) {
            let too_much: &[Value] = match &leaf {
                // What is of whatever form may be empty and below zero.
                Value::String(_) if is_free(topic, &place) => &[json!("x".repeat(30_000))],
                Value::Number(_) if is_free(topic, &place) => &[json!(1e300), json!(-1e300), json!(1_u64 << 60)],
                Value::String(_) => &[json!("x".repeat(30_000)), json!("")],
                Value::Number(number) if number.is_f64() => &[json!(1e9), json!(-1e9)],
                Value::Number(_) => &[json!(1_u64 << 60), json!(-1)],
                _ => &[],
            };
            for value in too_much {
                assert!(check(entry, &with(&payload, &place, value.clone())).is_err(), "{topic} {place} has no bounds");
            }
        }
        for (place, list) in places(&payload) {
            let Some(item) = list.get(0) else { continue };
            let long = with(&payload, &place, Value::Array(vec![item.clone(); 2_000]));
            // A set of words keeps each word once, and so has bounds by itself.
            if let Ok(checked) = check(entry, &long) {
                let kept: Value = serde_json::from_slice(&checked.body).unwrap();
                assert_eq!(
                    kept.pointer(&place).and_then(Value::as_array).map(Vec::len),
                    Some(1),
                    "{topic} {place} has no bounds"
                );
            }
        }
    }
}

#[test]
fn no_field_takes_a_value_of_another_shape_and_no_error_quotes_it() {
    for entry in entries() {
        let (topic, payload) = (entry.descriptor.topic, parse(entry.example));
        for name in payload.as_object().unwrap().keys() {
            for value in [json!([["Secret"]]), json!({"Secret": {"Secret": []}})] {
                match check(entry, &with(&payload, &format!("/{name}"), value)) {
                    Err(error) => assert!(!error.to_string().contains("Secret"), "{topic} {name}: {error}"),
                    // Where every field may be left out, an unknown one is passed over.
                    Ok(checked) => {
                        let kept = str::from_utf8(&checked.body).unwrap();
                        let is_kept = kept.contains("Secret");
                        assert!(is_kept == is_free(topic, &format!("/{name}")), "{topic} {name}: {kept}");
                    }
                }
            }
        }
        for (place, leaf) in leaves(&payload).into_iter().filter(|(_, leaf)| leaf.is_string()) {
            let secret = json!(format!("{} \u{7}Secret", leaf.as_str().unwrap()));
            match check(entry, &with(&payload, &place, secret)) {
                Err(error) => assert!(!error.to_string().contains("Secret"), "{topic} {place}: {error}"),
                // What is shown to anybody may hold any character.
                Ok(_) => assert!(is_public(topic, field(&place)), "{topic} {place}"),
            }
        }
    }
}

#[test]
fn a_field_may_only_be_left_out_if_it_may_be_empty() {
    for entry in entries() {
        let (topic, payload) = (entry.descriptor.topic, parse(entry.example));
        for name in payload.as_object().unwrap().keys() {
            let mut without = payload.clone();
            without.as_object_mut().unwrap().remove(name);
            match check(entry, &without) {
                Err(InvalidPayload::Shape(said)) => {
                    assert!(said.contains(&format!("missing field `{name}`")), "{topic}: {said}");
                }
                Err(InvalidPayload::Bounds(found)) => {
                    assert!(found.iter().all(|one| one.code == "required"), "{topic} {name}: {found:?}");
                }
                Ok(checked) => {
                    let kept = &parse(str::from_utf8(&checked.body).unwrap())[name];
                    assert!([json!(null), json!([]), json!({})].contains(kept), "{topic} {name}: {kept}");
                }
            }
        }
    }
}

#[test]
fn printing_a_payload_gives_no_personal_data_away() {
    for entry in entries() {
        let (topic, payload) = (entry.descriptor.topic, parse(entry.example));
        let printed = (entry.print)(entry.example).unwrap();
        for (place, leaf) in leaves(&payload) {
            let name = field(&place);
            let text = match &leaf {
                Value::String(text) => format!("{text:?}").trim_matches('"').to_owned(),
                Value::Number(number) if number.is_f64() => number.to_string(),
                _ => continue,
            };
            assert!(is_public(topic, name) || !printed.contains(&text), "{topic}: {name} is printed in {printed}");
        }
    }
}

/// Whether a place lies in an object of whatever form.
fn is_free(topic: &str, place: &str) -> bool {
    let objects = [("agent.task.assigned", "payload"), ("agent.task.completed", "result")];
    place.split('/').nth(1).is_some_and(|field| objects.contains(&(topic, field)))
}

/// Whether everybody may see what stands in the field: ids, times, and what says nothing about a person.
fn is_public(topic: &str, name: &str) -> bool {
    let context = topic.split('.').next().unwrap_or_default();
    let always = ["Id", "Ids", "At", "Date", "Channels", "Fields"].iter().any(|suffix| name.ends_with(suffix));
    let words = matches!(name, "template" | "code" | "provider" | "title" | "system");
    let by_context = match context {
        "rostering" => topic != "rostering.student.withdrawn" && name != "reason",
        "gradebook" => matches!(
            name,
            "description"
                | "resultValueMin"
                | "resultValueMax"
                | "weightPercent"
                | "previousWeightPercent"
                | "scaleMax"
        ),
        "kyc" => matches!(name, "fileSha256" | "mediaType"),
        "chat" => matches!(name, "fileSha256" | "mediaType" | "role" | "kind" | "conversationKind"),
        "communication" => matches!(name, "channels" | "role" | "audience" | "audienceRoles" | "category"),
        "tutoring" => matches!(name, "subject" | "currency"),
        "agent" => matches!(name, "taskType" | "status" | "accuracy" | "completeness" | "relevance"),
        "assessment" => {
            matches!(name, "description" | "prompt" | "label" | "explanation" | "maxScore" | "passingPercent")
                || (topic.starts_with("assessment.question") && name == "points")
        }
        "billing" => matches!(name, "currency" | "paymentType" | "stage"),
        "content" => matches!(name, "mimeType" | "confidence" | "language"),
        "learning" => matches!(name, "description" | "currency" | "basis" | "language"),
        "attendance" => name == "period",
        "esl" | "gifted" => name == "instrument",
        "fabric" => name != "reason",
        "notification" => {
            topic.starts_with("notification.template") || matches!(name, "statusCode" | "link" | "channels")
        }
        _ => false,
    };
    always || words || by_context
}

#[test]
fn numbers_without_a_fraction_and_unknown_fields_are_fine() {
    let mut payload = with(&parse(example("gradebook.grade.posted").unwrap()), "/score", json!(78));
    payload["fromTheFuture"] = json!({"any": "thing"});
    let checked = (find("gradebook.grade.posted").unwrap().check)(payload.to_string().as_bytes()).unwrap();
    let kept: Value = serde_json::from_slice(&checked.body).unwrap();
    assert_eq!((&kept["score"], kept.get("fromTheFuture")), (&json!(78.0), None));
}
