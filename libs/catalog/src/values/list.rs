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

/// The rule of a set of which nothing is in another one.
pub(crate) fn apart_from<T: Ord>(other: &BTreeSet<T>) -> impl FnOnce(&BTreeSet<T>, &()) -> garde::Result {
    move |set, ()| if set.is_disjoint(other) { Ok(()) } else { Err(garde::Error::new("one is in the other set too")) }
}

/// The rule of a set of which everything is in another one.
pub(crate) fn part_of<T: Ord>(whole: &BTreeSet<T>) -> impl FnOnce(&BTreeSet<T>, &()) -> garde::Result {
    move |set, ()| if set.is_subset(whole) { Ok(()) } else { Err(garde::Error::new("one is not in the other set")) }
}

/// The rule of a list that is empty unless another field allows it.
pub(crate) fn empty_unless<T>(is_allowed: bool) -> impl FnOnce(&Vec<T>, &()) -> garde::Result {
    move |list, ()| if is_allowed || list.is_empty() { Ok(()) } else { Err(garde::Error::new("does not belong there")) }
}

/// The rule of a set of people that one does not belong to.
pub(crate) fn without(id: &Id) -> impl FnOnce(&BTreeSet<Id>, &()) -> garde::Result {
    move |ids, ()| if ids.contains(id) { Err(garde::Error::new("somebody else is meant")) } else { Ok(()) }
}
