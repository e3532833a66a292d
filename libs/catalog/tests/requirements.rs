//! The catalogue against the list of events that the platform requires, `events.tsv`.

use std::collections::{BTreeMap, BTreeSet};

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
    assert!(fabric_catalog::all().len() >= 100, "only {} events", fabric_catalog::all().len());
}

/// What tells of parts of the fabric that are not there yet: sagas, erasure and the audit's seal.
const LATER: [&str; 3] = ["fabric.saga.", "fabric.subject.", "fabric.audit."];

#[test]
fn the_contexts_that_are_there_are_complete() {
    let contexts: BTreeSet<&str> = fabric_catalog::contexts().iter().copied().collect();
    let missing: Vec<&str> = required()
        .into_keys()
        .filter(|topic| contexts.contains(topic.split('.').next().unwrap()))
        .filter(|topic| fabric_catalog::find(topic).is_none())
        .filter(|topic| !LATER.iter().any(|later| topic.starts_with(later)))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}
