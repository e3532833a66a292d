//! Which classes and schools members belong to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fabric_catalog::values::Id;
use jiff::Timestamp;

use super::Stage;

/// Everybody's places in classes.
#[derive(Debug, Default)]
pub struct Memberships(HashMap<Id, BTreeMap<Id, (Timestamp, Place)>>);

/// A place in a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The class.
    pub class_id: Id,
    /// The school in which it is taught.
    pub school_id: Id,
    /// Whether it was left.
    pub left: bool,
}

impl Memberships {
    /// Takes in what is said of a member's enrollment at a time. Older news changes nothing.
    pub fn set(&mut self, member: Id, enrollment: Id, at: Timestamp, place: Place) {
        let places = self.0.entry(member).or_default();
        if places.get(&enrollment).is_none_or(|(before, _)| *before <= at) {
            places.insert(enrollment, (at, place));
        }
    }

    /// The stages of the classes and schools that the member belongs to.
    pub fn stages(&self, member: &Id) -> BTreeSet<Stage> {
        let places = self.0.get(member).into_iter().flat_map(BTreeMap::values);
        let present = places.map(|(_, place)| place).filter(|place| !place.left);
        present
            .flat_map(|place| [Stage::Class(place.class_id.clone()), Stage::School(place.school_id.clone())])
            .collect()
    }
}
