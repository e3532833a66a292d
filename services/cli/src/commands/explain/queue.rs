//! What can reach a queue, for people.

use std::fmt::Write;

use fabric::core::topology::{Arguments, QueueExplanation};

use crate::output::Table;

/// The explanation as text.
pub fn describe(explanation: &QueueExplanation) -> String {
    let mut text = String::new();
    let settings = |arguments: &Arguments| {
        arguments.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("  ")
    };
    let none = || "nothing".to_owned();
    let from = (!explanation.dead_letters_from.is_empty()).then(|| explanation.dead_letters_from.join(", "));
    let policy = explanation.policy.as_ref();
    let facts = [
        ("queue", explanation.queue.clone()),
        ("what for", explanation.purpose.clone()),
        ("read by", explanation.read_by.clone()),
        ("dead letters", explanation.dead_letters_to.clone().map_or_else(none, |to| format!("go to {to}"))),
        ("takes over", from.map_or_else(none, |from| format!("what comes out of {from}"))),
        ("arguments", settings(&explanation.arguments)),
        ("policy", policy.map_or_else(none, |own| format!("{}: {}", own.name, settings(&own.definition)))),
    ];
    for (name, value) in facts {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<14} {value}");
    }
    if let Some(slots) = slots(&explanation.slots) {
        let _ = writeln!(text, "{:<14} {slots} of 64", "slots");
    }
    for copies in &explanation.copies {
        let _ =
            writeln!(text, "{:<14} by {}, which {} may write to", "copies", copies.exchange, copies.writers.join(", "));
    }
    if explanation.events.is_empty() {
        let _ = writeln!(text, "\nNo binding brings events here.");
        return text;
    }
    let mut table = Table::new(&["EVENT", "PUBLISHED BY", "EXCHANGE", "PATTERN", "BECAUSE"]);
    for arrival in &explanation.events {
        for (index, because) in arrival.because.iter().enumerate() {
            let first = index == 0;
            let publishers = arrival.publishers.join(", ");
            table.row([
                if first { arrival.topic } else { "" },
                if first { &publishers } else { "" },
                if first { &arrival.exchange } else { "" },
                because.pattern.as_str(),
                &because.why,
            ]);
        }
    }
    let _ = write!(text, "\n{} event(s) come here:\n\n{table}", explanation.events.len());
    text
}

/// A run of slots.
fn slots(slots: &[u8]) -> Option<String> {
    match slots {
        [] => None,
        [one] => Some(one.to_string()),
        [first, .., last] => Some(format!("{first} to {last}")),
    }
}
