//! What `fabric topology` prints for people.

use fabric::core::topology::{Argument, Change, Class, Resource};

use super::plan::Report;
use crate::{output::Table, topology::Done};

/// How many changes that say the same of resources of the same kind are shown one by one.
const ALIKE_MAX: usize = 8;

/// Whether many changes that say the same are shown as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alike {
    /// As one, with their number.
    Counted,
    /// Each.
    Each,
}

/// The changes of a plan, grouped by class, the gravest last, where they are seen.
pub fn planned(report: &Report, alike: Alike) -> String {
    let mut text = changes(&report.changes, alike);
    if !text.is_empty() {
        text.push('\n');
    }
    let (unchanged, vhost) = (report.unchanged, &report.vhost);
    text + &format!("{} to change, {unchanged} as it should be, on the virtual host {vhost}", report.changes.len())
}

/// A table of changes; nothing for none.
pub fn changes(changes: &[Change], alike: Alike) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let groups = grouped(changes, alike);
    let has_fields = groups.iter().any(|group| group[0].field.is_some());
    let headings = ["CLASS", "RESOURCE", "FIELD", "ACTUAL", "WANTED", "REASON"];
    let shown = |column: &usize| has_fields || !(2..5).contains(column);
    let columns: Vec<usize> = (0..headings.len()).filter(shown).collect();
    let mut table = Table::new(&columns.iter().map(|column| headings[*column]).collect::<Vec<_>>());
    for group in &groups {
        let cells = cells(group);
        table.row(columns.iter().map(|column| &cells[*column]));
    }
    let mut text = table.to_string();
    if groups.len() < changes.len() {
        text.push_str("each by its name: fabric topology plan --all\n");
    }
    text
}

/// The changes by class, those that are shown as one together.
fn grouped(changes: &[Change], alike: Alike) -> Vec<Vec<&Change>> {
    let key = |change: &Change| (change.class, kind(&change.resource), change.reason.clone());
    let mut sorted: Vec<&Change> = changes.iter().collect();
    sorted.sort_by_key(|change| (change.class, kind(&change.resource)));
    let mut groups: Vec<Vec<&Change>> = Vec::new();
    for change in sorted {
        let same = groups.iter_mut().find(|group| group[0].field.is_none() && key(group[0]) == key(change));
        match same.filter(|_| change.field.is_none()) {
            Some(group) => group.push(change),
            None => groups.push(vec![change]),
        }
    }
    let is_counted = |group: &Vec<&Change>| alike == Alike::Counted && group.len() > ALIKE_MAX;
    let (counted, each): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_counted);
    let mut shown: Vec<Vec<&Change>> = each.into_iter().flatten().map(|change| vec![change]).chain(counted).collect();
    shown.sort_by_key(|group| (group[0].class, kind(&group[0].resource)));
    shown
}

/// A row for one change, or for many that say the same.
fn cells(group: &[&Change]) -> [String; 6] {
    let value = |value: &Option<Argument>| value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let first = group[0];
    let resource = match group.len() {
        1 => first.resource.to_string(),
        count => format!("{count} {}, such as {}", kinds(&first.resource), first.resource),
    };
    let field = first.field.clone().unwrap_or_else(|| "-".to_owned());
    let (actual, wanted) = (value(&first.actual), value(&first.wanted));
    [class(first.class).to_owned(), resource, field, actual, wanted, first.reason.clone()]
}

/// The kinds of resources in the order in which they need each other.
fn kind(resource: &Resource) -> u8 {
    match resource {
        Resource::Exchange(_) => 0,
        Resource::Queue(_) => 1,
        Resource::Binding(_) => 2,
        Resource::Policy(_) => 3,
        Resource::User(_) => 4,
    }
}

/// Several of the kind.
fn kinds(resource: &Resource) -> &'static str {
    match resource {
        Resource::Exchange(_) => "exchanges",
        Resource::Queue(_) => "queues",
        Resource::Binding(_) => "bindings",
        Resource::Policy(_) => "policies",
        Resource::User(_) => "users",
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn create(resource: Resource) -> Change {
        let reason = "it is not there".to_owned();
        Change { class: Class::Create, resource, field: None, actual: None, wanted: None, reason }
    }

    #[test]
    fn many_that_say_the_same_are_counted() {
        let mut all: Vec<Change> = (0..9).map(|number| create(Resource::Queue(format!("academic.{number}")))).collect();
        all.push(create(Resource::Exchange("events.kyc".to_owned())));
        let text = changes(&all, Alike::Counted);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(!lines[0].contains("FIELD") && lines[1].contains("exchange events.kyc"), "{text}");
        assert!(lines[2].contains("9 queues, such as queue academic.0") && lines[3].contains("--all"), "{text}");
        assert_eq!(changes(&all, Alike::Each).lines().count(), 11);
    }

    #[test]
    fn what_differs_in_a_field_is_shown_one_by_one() {
        let change = |number: i64| Change {
            class: Class::NeedsMigration,
            field: Some("x-queue-type".to_owned()),
            actual: Some(number.into()),
            wanted: Some("quorum".into()),
            ..create(Resource::Queue(format!("academic.{number}")))
        };
        let text = changes(&(0..9).map(change).collect::<Vec<_>>(), Alike::Counted);
        assert_eq!(text.lines().count(), 10, "{text}");
        assert!(text.contains("WANTED"), "{text}");
    }
}
