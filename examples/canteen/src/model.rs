//! What the service remembers.

use std::collections::{BTreeMap, BTreeSet};

/// What the events of one tenant have said.
#[derive(Debug, Default)]
pub struct Model {
    noted: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Model {
    /// Notes something for a subscription. To a set it is all the same when an event comes again, and it may.
    pub fn note(&mut self, subscription: &'static str, what: &str) {
        let noted = self.noted.entry(subscription).or_default();
        noted.insert(what.to_owned());
    }

    /// What was noted for a subscription, sorted.
    pub fn noted(&self, subscription: &str) -> Vec<String> {
        let noted = self.noted.get(subscription).into_iter().flatten();
        noted.cloned().collect()
    }
}
