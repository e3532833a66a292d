//! Rules of lists.

use std::collections::BTreeSet;

use super::Id;

/// The rule of a list in which everything stands once. The key says when two are the same.
pub(crate) fn each_once<T, K: Ord>(key: fn(&T) -> &K) -> impl FnOnce(&Vec<T>, &()) -> garde::Result {
    move |list, ()| {
        let mut seen = BTreeSet::new();
        if list.iter().all(|item| seen.insert(key(item))) { Ok(()) } else { Err(garde::Error::new("one stands twice")) }
    }
}

/// The rule of a set of people that one does not belong to.
pub(crate) fn without(id: &Id) -> impl FnOnce(&BTreeSet<Id>, &()) -> garde::Result {
    move |ids, ()| if ids.contains(id) { Err(garde::Error::new("somebody else is meant")) } else { Ok(()) }
}
