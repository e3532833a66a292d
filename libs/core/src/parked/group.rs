//! Parked events that have the same cause.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cause, ParkedEvent};
use crate::{seed::stable_hash, topic::Topic};

/// Parked events of one topic with the same cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Eight hexadecimal digits that follow from the cause, the message and the topic: the same tomorrow.
    pub id: String,
    /// Why they are parked.
    pub cause: Cause,
    /// What the faults said, with `#` for each word that has a digit in it: ids, numbers, times.
    pub message: String,
    /// Their topic, if they can be read.
    pub topic: Option<Topic>,
    /// How many there are.
    pub count: u64,
    /// Since when the oldest one is parked, as far as they say.
    pub oldest_parked_at: Option<Timestamp>,
    /// Since when the newest one is parked, as far as they say.
    pub newest_parked_at: Option<Timestamp>,
}

impl ParkedEvent {
    /// The id of the group that it belongs to.
    pub fn group_id(&self) -> String {
        id_of(self.cause, &without_ids(&self.message), self.topic.as_ref())
    }
}

/// The groups of events, the largest first.
pub fn groups<'a>(events: impl IntoIterator<Item = &'a ParkedEvent>) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for event in events {
        let message = without_ids(&event.message);
        let id = id_of(event.cause, &message, event.topic.as_ref());
        let group = groups.entry(id.clone()).or_insert_with(|| Group {
            id,
            cause: event.cause,
            message,
            topic: event.topic.clone(),
            count: 0,
            oldest_parked_at: event.parked_at,
            newest_parked_at: event.parked_at,
        });
        group.count += 1;
        let both = [group.oldest_parked_at, event.parked_at];
        group.oldest_parked_at = both.into_iter().flatten().min();
        group.newest_parked_at = [group.newest_parked_at, event.parked_at].into_iter().flatten().max();
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.id.cmp(&other.id)));
    groups
}

fn id_of(cause: Cause, message: &str, topic: Option<&Topic>) -> String {
    let topic = topic.map_or("", Topic::as_str);
    let hash = stable_hash(format!("{}\n{message}\n{topic}", cause.as_str()).as_bytes());
    format!("{:08x}", hash >> 32)
}

/// The message with `#` in place of each run of letters, digits, `-` and `_` that has a digit in it.
fn without_ids(message: &str) -> String {
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let mut text = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let is_word = is_of_word(first);
        let end = rest.find(|c| is_of_word(c) != is_word).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        text.push_str(if is_word && run.contains(|c: char| c.is_numeric()) { "#" } else { run });
        rest = after;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parked::tests::event;

    #[test]
    fn what_differs_in_ids_and_numbers_only_is_one_group() {
        let table = [
            ("no such class", "no such class"),
            ("HTTP 503 from 127.0.0.1:5432", "HTTP # from #.#.#.#:#"),
            ("the event 0198c1f2-7b1e-7000-8000-1f0000000001 of the same key", "the event # of the same key"),
            ("scores[12].percent: too large (line 1, column 10)", "scores[#].percent: too large (line #, column #)"),
            ("größer als 5€, u-7 und Größe", "größer als #€, # und Größe"),
            ("", ""),
            ("…", "…"),
        ];
        for (message, expected) in table {
            assert_eq!(without_ids(message), expected, "{message}");
        }
    }

    #[test]
    fn groups_count_and_tell_their_age() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let parked = |message: &str, second| ParkedEvent {
            message: message.to_owned(),
            parked_at: Some(at(second)),
            ..event("1", Cause::Exhausted)
        };
        let other = ParkedEvent { parked_at: None, ..event("4", Cause::GaveUp) };
        let events = [parked("row 7", 20), other.clone(), parked("row 8", 10), parked("row 9", 30)];
        let found = groups(&events);
        assert_eq!(found.iter().map(|group| group.count).collect::<Vec<_>>(), [3, 1]);
        assert_eq!((found[0].oldest_parked_at, found[0].newest_parked_at), (Some(at(10)), Some(at(30))));
        assert_eq!((found[0].message.as_str(), found[1].oldest_parked_at), ("row #", None));
        for event in &events {
            assert!(found.iter().any(|group| group.id == event.group_id()));
        }
        assert_ne!(events[0].group_id(), ParkedEvent { cause: Cause::Permanent, ..events[0].clone() }.group_id());
        assert_ne!(events[0].group_id(), ParkedEvent { topic: None, ..events[0].clone() }.group_id());
    }

    #[test]
    fn a_groups_id_is_the_same_for_ever() {
        // Operators write it down between `ls` and `redrive`, and scripts keep it.
        assert_eq!(id_of(Cause::Exhausted, "down", None), "bde68080");
    }

    proptest::proptest! {
        #[test]
        fn no_digit_is_left(message: String) {
            proptest::prop_assert!(!without_ids(&message).contains(|c: char| c.is_numeric()));
        }
    }
}
