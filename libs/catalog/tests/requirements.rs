//! The catalogue against the list of events that the platform requires, `events.tsv`.

use std::collections::BTreeMap;

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
