//! Who is in a class.

use std::collections::BTreeMap;

use fabric::{Latest, Moment};
use fabric_catalog::values::{EnrollmentRole, Id};
use jiff::civil::Date;
use serde::Serialize;

/// The enrollments of one class, by their ids.
#[derive(Debug, Default)]
pub struct Roster(BTreeMap<Id, Latest<Enrollment>>);

/// Somebody's place in a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Enrollment {
    /// The person.
    pub user_id: Id,
    /// What the person is in the class.
    pub role: EnrollmentRole,
    /// Whether a teacher answers for the class.
    pub primary: Option<bool>,
    /// The first day.
    pub begin_date: Option<Date>,
    /// The last day.
    pub end_date: Option<Date>,
    /// Whether it was ended. It is kept, so that news of before cannot bring it back.
    #[serde(skip)]
    pub ended: bool,
}

impl Roster {
    /// Takes in what is said of an enrollment.
    pub fn set(&mut self, enrollment_id: Id, at: Moment, enrollment: Enrollment) {
        self.0.entry(enrollment_id).or_default().set(at, enrollment);
    }

    /// Whoever is in the class, sorted by the enrollments' ids.
    pub fn enrolled(&self) -> impl Iterator<Item = (&Id, &Enrollment)> {
        let known = self.0.iter().filter_map(|(id, enrollment)| Some((id, enrollment.get()?)));
        known.filter(|(_, enrollment)| !enrollment.ended)
    }

    /// Whether the person teaches the class.
    pub fn has_teacher(&self, person: &Id) -> bool {
        self.enrolled()
            .any(|(_, enrollment)| enrollment.role == EnrollmentRole::Teacher && enrollment.user_id == *person)
    }
}
