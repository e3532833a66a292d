//! Where an event goes, for people.

use std::fmt::Write;

use fabric::core::topology::{Explanation, Reached};

use crate::output::Table;

/// The explanation as text.
pub fn describe(explanation: &Explanation) -> String {
    let mut text = String::new();
    let roles = if explanation.roles.is_empty() { "services only".to_owned() } else { explanation.roles.join(", ") };
    let slot = explanation.slot.map(|slot| format!("{slot} of 64"));
    let facts = [
        ("topic", format!("{} v{}", explanation.topic, explanation.version)),
        ("what happened", explanation.description.to_owned()),
        ("scope", format!("{}, owned by {}", explanation.scope.as_str(), explanation.owner)),
        ("published by", explanation.publishers.join(", ")),
        ("caused by", roles),
        ("dataschema", explanation.dataschema.clone()),
        ("exchange", explanation.exchange.clone()),
        ("last known", format!("field {} of {}", explanation.cached.field, explanation.cached.last_key)),
        ("recent", explanation.cached.recent_key.clone()),
    ];
    for (name, value) in facts.into_iter().chain(slot.map(|slot| ("slot", slot))) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<14} {value}");
    }
    if explanation.reached.is_empty() {
        let _ = writeln!(text, "\nNobody listens: it is kept in {}.", explanation.otherwise);
        return text;
    }
    let mut table = Table::new(&["SUBSCRIPTION", "LISTENS TO", "BECAUSE"]);
    for reached in &explanation.reached {
        for (index, because) in reached.because.iter().enumerate() {
            let name = if index == 0 { reached.subscription.as_str() } else { "" };
            table.row([name, because.pattern.as_str(), &because.why]);
        }
    }
    let _ = write!(text, "\nIt reaches {} subscription(s):\n\n{table}", explanation.reached.len());
    let mut table = Table::new(&["SUBSCRIPTION", "QUEUE", "TRIED AGAIN", "PARKS IN", "LATER EVENTS OF ITS KEY"]);
    for reached in &explanation.reached {
        table.row([
            reached.subscription.as_str(),
            &queues(reached),
            &tried_again(reached),
            &reached.parks_in,
            behind(reached),
        ]);
    }
    let _ = write!(text, "\n{table}\nWithout them it would be kept in {}.", explanation.otherwise);
    text
}

fn queues(reached: &Reached) -> String {
    match reached.queues.as_slice() {
        [one] => one.clone(),
        [first, .., last] => format!("{first} … {last} ({}, by key)", reached.queues.len()),
        [] => String::new(),
    }
}

fn tried_again(reached: &Reached) -> String {
    let mut steps = Vec::new();
    if reached.immediate > 0 {
        steps.push(format!("{}x at once", reached.immediate));
    }
    if !reached.retries_after_ms.is_empty() {
        let delays: Vec<String> = reached.retries_after_ms.iter().map(|ms| seconds(*ms)).collect();
        steps.push(format!("after {}", delays.join(" ")));
    }
    match (steps.is_empty(), reached.strict) {
        (true, _) => "never".to_owned(),
        (false, true) => format!("in its place, {}", steps.join(", then ")),
        (false, false) => steps.join(", then "),
    }
}

/// What becomes of later events of the key of one that is tried again or parked.
fn behind(reached: &Reached) -> &'static str {
    match (reached.strict, reached.holds_key) {
        (false, _) => "overtake it",
        (true, false) => "wait, and go on once it is parked",
        (true, true) => "wait, and are parked behind it",
    }
}

fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1_000) { format!("{}s", ms / 1_000) } else { format!("{ms}ms") }
}
