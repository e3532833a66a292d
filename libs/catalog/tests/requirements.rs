//! The catalogue against the list of events that the platform requires, `events.tsv`.

use std::collections::BTreeMap;

use fabric_core::topic::is_past;

/// Topic to the service that owns it.
fn required() -> BTreeMap<&'static str, &'static str> {
    let rows = include_str!("events.tsv").lines().skip(1);
    rows.filter_map(|row| {
        let mut cells = row.split('\t');
        Some((cells.next()?, cells.next()?))
    })
    .collect()
}

#[test]
fn the_list_is_whole() {
    assert_eq!(required().len(), 222);
}

#[test]
fn every_event_is_required_and_has_the_required_owner() {
    let required = required();
    for event in fabric_catalog::all() {
        // The fabric tells more of itself than it must.
        let expected = match required.get(event.topic) {
            None if event.topic.starts_with("fabric.") => Some(&"platform"),
            owner => owner,
        };
        assert_eq!(expected, Some(&event.owner), "{}", event.topic);
    }
}

#[test]
fn every_required_event_is_there() {
    let missing: Vec<&str> = required().into_keys().filter(|topic| fabric_catalog::find(topic).is_none()).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// Why a topic is not the name of something that happened.
fn misnamed(topic: &str) -> Option<&'static str> {
    let words: Vec<&str> = topic.split('.').collect();
    let [_, _, action] = words.as_slice() else { return Some("three words are wanted") };
    if is_past(action) { None } else { Some("the third word says what happened, in the past tense") }
}

#[test]
fn every_topic_names_what_happened_in_three_words() {
    for event in fabric_catalog::all() {
        assert_eq!(misnamed(event.topic), None, "{}", event.topic);
    }
    let table =
        ["gradebook.grade.post", "gradebook.grade", "gradebook.grade.posting", "a.b.c.posted", "iep.plan.exits"];
    assert!(table.iter().all(|topic| misnamed(topic).is_some()));
}

/// What is the same has one type: two shapes or vocabularies that are alike have one name.
#[test]
fn no_shape_has_two_names() {
    let mut names: BTreeMap<String, (String, &str)> = BTreeMap::new();
    for event in fabric_catalog::all() {
        let schema = fabric_catalog::schema(event.topic).unwrap();
        for (name, shape) in schema["$defs"].as_object().into_iter().flatten() {
            let content = match (shape["properties"].as_object(), shape["enum"].as_array()) {
                (Some(fields), _) => format!("fields {:?}", fields.keys().collect::<Vec<_>>()),
                (None, Some(words)) => format!("words {words:?}"),
                (None, None) => continue,
            };
            let (known, topic) = names.entry(content).or_insert_with(|| (name.clone(), event.topic));
            assert_eq!(known, name, "{topic} and {}", event.topic);
        }
    }
    assert!(names.len() > 50, "only {} shapes", names.len());
}
