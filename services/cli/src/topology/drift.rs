//! What changed between two looks at the same virtual host.

use std::collections::BTreeMap;

use fabric::core::topology::{Argument, Change, Class, Resource};
use serde::Serialize;

/// The differences that the last look has found.
#[derive(Debug, Default)]
pub struct Drift(BTreeMap<Difference, Change>);

/// A change without its reason, which tells numbers that move all the time.
type Difference = (Resource, Option<String>, Class, Option<Argument>, Option<Argument>);

/// One difference that was not there at the last look, or is there no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "drift", rename_all = "snake_case")]
pub enum Drifted {
    /// It was not there.
    Appeared(Change),
    /// It is there no more.
    Gone(Change),
}

impl Drift {
    /// Takes a look's plan, and gives what changed since the one before: first what is gone, each sorted by resource.
    pub fn on(&mut self, plan: Vec<Change>) -> Vec<Drifted> {
        let differing = plan.into_iter().filter(|change| change.class != Class::Noop);
        let now: BTreeMap<Difference, Change> = differing.map(|change| (difference(&change), change)).collect();
        let before = std::mem::replace(&mut self.0, now);
        let gone = before.iter().filter(|(key, _)| !self.0.contains_key(*key));
        let appeared = self.0.iter().filter(|(key, _)| !before.contains_key(*key));
        let gone = gone.map(|(_, change)| Drifted::Gone(change.clone()));
        gone.chain(appeared.map(|(_, change)| Drifted::Appeared(change.clone()))).collect()
    }
}

fn difference(change: &Change) -> Difference {
    let Change { class, resource, field, actual, wanted, reason: _ } = change.clone();
    (resource, field, class, actual, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(class: Class, queue: &str, reason: &str) -> Change {
        let resource = Resource::Queue(queue.to_owned());
        Change { class, resource, field: None, actual: None, wanted: None, reason: reason.to_owned() }
    }

    #[test]
    fn only_what_changed_is_told() {
        let mut drift = Drift::default();
        let orphan = change(Class::Orphan, "a", "it holds 1 events");
        let missing = change(Class::Create, "b", "it is not there");
        assert_eq!(drift.on(vec![orphan.clone()]), [Drifted::Appeared(orphan.clone())]);
        let fuller = change(Class::Orphan, "a", "it holds 2 events");
        assert_eq!(drift.on(vec![fuller.clone(), change(Class::Noop, "c", "")]), []);
        assert_eq!(drift.on(vec![missing.clone()]), [Drifted::Gone(fuller), Drifted::Appeared(missing)]);
    }
}
