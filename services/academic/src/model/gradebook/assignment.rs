//! Assignments as the gradebook needs them: their scale, their category, and whose results they have.

use std::collections::HashSet;

use fabric::{Latest, Moment};
use fabric_catalog::{
    gradebook::{AssignmentCreated, AssignmentUpdated},
    values::{Id, Points},
};

use super::{result::ResultRecord, student::Contribution};

/// An assignment. Its results may be known before it is: events of different topics come in any order.
#[derive(Debug, Clone, Default)]
pub struct Assignment {
    pub(super) title: Latest<String>,
    pub(super) facts: Latest<AssignmentFacts>,
    pub(super) deleted_at: Option<Moment>,
    /// Whether students see it.
    pub(super) is_published: bool,
    /// The classes and students that have a result in it.
    pub(super) graded: HashSet<(Id, Id)>,
}

/// What commands and calculations must know of an assignment.
#[derive(Debug, Clone, PartialEq)]
pub struct AssignmentFacts {
    /// The class that it is for.
    pub class_id: Id,
    /// The category that it counts in.
    pub category_id: Id,
    /// The lowest possible score.
    pub result_value_min: Points,
    /// The highest possible score.
    pub result_value_max: Points,
}

/// The facts of an event that carries all of an assignment.
macro_rules! facts_from {
    ($($event:ty),+) => {$(
        impl From<&$event> for AssignmentFacts {
            fn from(event: &$event) -> Self {
                Self {
                    class_id: event.class_id.clone(),
                    category_id: event.category_id.clone(),
                    result_value_min: event.result_value_min,
                    result_value_max: event.result_value_max,
                }
            }
        }
    )+};
}

facts_from!(AssignmentCreated, AssignmentUpdated);

impl Assignment {
    /// What there is to know of it, if it was created and has not been deleted since.
    pub fn facts(&self) -> Option<&AssignmentFacts> {
        self.facts.get().filter(|_| !self.is_deleted())
    }

    /// Its title, if it was created.
    pub fn title(&self) -> Option<&str> {
        self.title.get().map(String::as_str)
    }

    /// Whether it was deleted, and not set up again since.
    pub fn is_deleted(&self) -> bool {
        let known_at = self.facts.at();
        self.deleted_at.is_some_and(|deleted_at| known_at.is_none_or(|known_at| known_at <= deleted_at))
    }

    /// What one of its results counts; none when it counts nowhere. The assignment's category goes before the result's.
    pub(super) fn contribution(&self, record: &ResultRecord) -> Option<Contribution> {
        if record.is_withdrawn || record.is_exempt || self.is_deleted() {
            return None;
        }
        let category = self.facts.get().map(|known| known.category_id.clone());
        Some((category.or_else(|| record.category_id.clone()), record.mark))
    }
}
