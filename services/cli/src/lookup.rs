//! What the catalogue has, and for what it does not have, what was probably meant.

use std::collections::BTreeSet;

use fabric::{Descriptor, Pattern, Topic};

use crate::{Outcome, exit::Failure, output, platform};

/// How many names are suggested for one that nobody knows.
const SUGGESTED_MAX: usize = 3;

/// How many letters of a name stand for each one that may be wrong in it: what is farther away was not meant.
const LETTERS_PER_FAULT: usize = 4;

/// The event of a topic, or an error that names the nearest one.
pub fn descriptor(topic: &Topic) -> Outcome<&'static Descriptor> {
    fabric_catalog::find(topic.as_str()).ok_or_else(|| {
        let hint = suggestion(topic.as_str(), topics());
        Failure::Refused(format!("the catalogue has no event {topic}{hint}"))
    })
}

/// Fails, and says what was probably meant, when no event of the catalogue matches a pattern.
pub fn matched(pattern: &Pattern) -> Outcome {
    unmatched(pattern).map_or(Ok(()), |text| Err(Failure::Refused(text)))
}

/// The same as a warning, for who waits for events: they may be another producer's.
pub fn warn_unmatched(pattern: &Pattern) {
    if let Some(text) = unmatched(pattern) {
        output::warn(&format!("{text} (waiting all the same, for events of other producers)"));
    }
}

/// Why no event of the catalogue matches a pattern, with what was probably meant; none when one does.
pub fn unmatched(pattern: &Pattern) -> Option<String> {
    if fabric_catalog::matching(pattern).next().is_some() {
        return None;
    }
    let hint = match Topic::try_new(pattern.as_str()) {
        Ok(topic) => suggestion(topic.as_str(), topics()),
        Err(_) => sentence(&meant(pattern)),
    };
    Some(format!("no event of the catalogue matches {pattern}{hint}"))
}

/// The known names that are most like one that nobody knows, as the end of a sentence; empty when none is like it.
pub fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    // A name that was not written to its end is nearer than any that is spelled alike.
    let distance = |known: &str| if known.starts_with(name) { 0 } else { strsim::damerau_levenshtein(name, known) };
    let near = known.map(|known| (distance(known), known));
    sentence(&nearest(near.filter(|(distance, _)| distance * LETTERS_PER_FAULT <= name.len())))
}

fn topics() -> impl Iterator<Item = &'static str> {
    platform::catalogue().iter().map(|event| event.topic)
}

/// The patterns nearest to one that matches nothing: with all that is below it, or with one word put right.
fn meant(pattern: &Pattern) -> Vec<String> {
    let below = format!("{pattern}.#");
    if is_matched(&below) {
        return vec![below];
    }
    let known: BTreeSet<&str> = topics().flat_map(|topic| topic.split('.')).collect();
    let words: Vec<&str> = pattern.words().collect();
    let mut found = Vec::new();
    for (place, word) in words.iter().enumerate().filter(|(_, word)| !matches!(**word, "*" | "#")) {
        for right in &known {
            let distance = strsim::damerau_levenshtein(word, right);
            if distance * LETTERS_PER_FAULT > word.len().max(LETTERS_PER_FAULT) {
                continue;
            }
            let put_right = words.iter().enumerate().map(|(at, word)| if at == place { right } else { word });
            let whole = put_right.copied().collect::<Vec<_>>().join(".");
            let below = format!("{whole}.#");
            found.extend([whole, below].into_iter().find(|text| is_matched(text)).map(|text| (distance, text)));
        }
    }
    nearest(found.into_iter())
}

fn is_matched(pattern: &str) -> bool {
    Pattern::try_new(pattern).is_ok_and(|pattern| fabric_catalog::matching(&pattern).next().is_some())
}

/// The names with the least distance, in the order of the alphabet.
fn nearest<T: Ord>(names: impl Iterator<Item = (usize, T)>) -> Vec<T> {
    let names: BTreeSet<(usize, T)> = names.collect();
    let least = names.first().map(|(distance, _)| *distance);
    let near = names.into_iter().filter(|(distance, _)| Some(*distance) == least);
    near.map(|(_, name)| name).take(SUGGESTED_MAX).collect()
}

fn sentence<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { String::new() } else { format!("; did you mean {}?", names.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_suggested_and_nothing_else() {
        let table = [
            ("gradebook.grade.posted", None),
            ("gradebook.#", None),
            ("#", None),
            ("gradebook.grade.postd", Some("; did you mean gradebook.grade.posted?")),
            ("gradebok.grad.posted", Some("; did you mean gradebook.grade.posted?")),
            ("iep", Some("; did you mean iep.#?")),
            ("gradebook.grade", Some("; did you mean gradebook.grade.#?")),
            ("gradebok", Some("; did you mean gradebook.#?")),
            ("gradbook.#", Some("; did you mean gradebook.#?")),
            ("gradebook.*.postd", Some("; did you mean gradebook.*.posted?")),
            ("#.calculatd", Some("; did you mean #.calculated?")),
            ("nothing.like.this", Some("")),
            ("nothing.like.#", Some("")),
            ("*.*", Some("; did you mean *.*.#?")),
            ("a.b.c.d", Some("")),
        ];
        for (pattern, hint) in table {
            let said = unmatched(&Pattern::try_new(pattern).unwrap());
            let expected = hint.map(|hint| format!("no event of the catalogue matches {pattern}{hint}"));
            assert_eq!(said, expected, "{pattern}");
        }
    }

    #[test]
    fn several_names_that_are_equally_near_are_all_said() {
        let known = ["academic.gpa.0", "academic.gpa.1", "user.gpa.1"];
        for (name, hint) in [
            ("academic.gpa", "; did you mean academic.gpa.0 or academic.gpa.1?"),
            ("academic.gpa.2", "; did you mean academic.gpa.0 or academic.gpa.1?"),
            ("academic.gpa.11", "; did you mean academic.gpa.1?"),
            ("notification.mail", ""),
        ] {
            assert_eq!(suggestion(name, known.into_iter()), hint, "{name}");
        }
    }
}
