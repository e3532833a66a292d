//! What `fabric topology` prints for people.

use fabric::core::topology::{Argument, Change, Class};

use super::plan::Report;
use crate::{output::Table, topology::Done};

/// The changes of a plan, grouped by class, the gravest last, where they are seen.
pub fn planned(report: &Report) -> String {
    let mut text = changes(&report.changes);
    if !text.is_empty() {
        text.push('\n');
    }
    let (unchanged, vhost) = (report.unchanged, &report.vhost);
    text + &format!("{} to change, {unchanged} as it should be, on the virtual host {vhost}", report.changes.len())
}

/// A table of changes; nothing for none.
pub fn changes(changes: &[Change]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut sorted: Vec<&Change> = changes.iter().collect();
    sorted.sort_by_key(|change| change.class);
    let mut table = Table::new(&["CLASS", "RESOURCE", "FIELD", "ACTUAL", "WANTED", "REASON"]);
    for change in sorted {
        let value = |value: &Option<Argument>| value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let (actual, wanted) = (value(&change.actual), value(&change.wanted));
        let field = change.field.as_deref().unwrap_or("-");
        table.row([class(change.class), &change.resource.to_string(), field, &actual, &wanted, &change.reason]);
    }
    table.to_string()
}

/// The name of a class.
pub fn class(class: Class) -> &'static str {
    match class {
        Class::Noop => "noop",
        Class::Create => "create",
        Class::Safe => "safe",
        Class::Orphan => "orphan",
        Class::Dangerous => "dangerous",
        Class::NeedsMigration => "needs-migration",
    }
}

/// One thing that was done.
pub fn done(done: &Done) -> String {
    match done {
        Done::Made(resource) => format!("made     {resource}"),
        Done::Changed(resource) => format!("changed  {resource}"),
        Done::Removed(resource) => format!("removed  {resource}"),
    }
}
