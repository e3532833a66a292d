//! Commands: what somebody wants, and the pure decision whether it happens.
//!
//! Each command has a module with its type and a function `decide`, which the HTTP routes and the OneRoster import use alike. What a
//! decision must know of what is already there it asks through [`Known`]: the service answers from its read models, an import from
//! the files that it has read so far.
//!
//! A decided event is valid: each decision holds it against the event's own bounds, so a command needs no second copy of them.

pub mod close_case;
pub mod create_academic_session;
pub mod create_assignment;
pub mod create_class;
pub mod create_course;
pub mod create_organization;
pub mod enroll_student;
pub mod post_grade;
pub mod record_grade;
pub mod set_category;

#[cfg(test)]
mod tests;

use fabric::{Event, Violation, core::validate, http::Problem};
use fabric_catalog::values::{Id, InvalidValue, Score, Weight};

pub use crate::model::gradebook::AssignmentFacts;

/// What is already there, as far as commands must know.
pub trait Known {
    /// Whether there is this organization.
    fn has_organization(&self, org_id: &Id) -> bool;

    /// Whether there is this academic session.
    fn has_session(&self, session_id: &Id) -> bool;

    /// Whether there is this course.
    fn has_course(&self, course_id: &Id) -> bool;

    /// Whether there is this category.
    fn has_category(&self, category_id: &Id) -> bool;

    /// The class, if there is one.
    fn class(&self, class_id: &Id) -> Option<ClassFacts>;

    /// The assignment, if there is one.
    fn assignment(&self, line_item_id: &Id) -> Option<AssignmentFacts>;

    /// Whether this person may get a grade in this class: is a student in it, or was.
    fn is_student(&self, class_id: &Id, person_id: &Id) -> bool;

    /// Whether this person is a student in this class now.
    fn is_enrolled(&self, class_id: &Id, person_id: &Id) -> bool;

    /// The score that the student has for the assignment. An import, whose files say each result once, knows of none.
    fn score(&self, _student_id: &Id, _class_id: &Id, _line_item_id: &Id) -> Option<Score> {
        None
    }

    /// The weight with which a category counts in a class, or in all classes. An import knows of none.
    fn weight(&self, _class_id: Option<&Id>, _category_id: &Id) -> Option<Weight> {
        None
    }
}

/// What commands must know of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassFacts {
    /// The school in which it is taught.
    pub school_id: Id,
    /// Whether it is no longer taught.
    pub is_archived: bool,
}

/// Why a command is refused. Nothing of the command is quoted but the names of its fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field names something that is not there.
    #[error("{field} names a {what} that is not there")]
    Unknown {
        /// The field.
        field: &'static str,
        /// What it should name.
        what: &'static str,
    },
    /// What was to be created is there already.
    #[error("there is such a {what} already")]
    Exists {
        /// The field with its id.
        field: &'static str,
        /// What there is.
        what: &'static str,
    },
    /// What the command is about takes no more changes.
    #[error("the {what} is closed")]
    Closed {
        /// The field that names it.
        field: &'static str,
        /// What is closed.
        what: &'static str,
    },
    /// Values break rules.
    #[error("{}", validate::summary(.0))]
    Invalid(Vec<Violation>),
}

impl Rejection {
    /// Which rule it is, for machines.
    pub fn code(&self) -> &str {
        match self {
            Self::Unknown { .. } => "unknown_reference",
            Self::Exists { .. } => "duplicate_id",
            Self::Closed { .. } => "closed",
            Self::Invalid(violations) => violations.first().map_or("invalid", |violation| &violation.code),
        }
    }

    /// Which field it is about, if it is about one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown { field, .. } | Self::Exists { field, .. } | Self::Closed { field, .. } => Some(field),
            Self::Invalid(violations) => violations.first().map(|violation| violation.path.as_str()),
        }
    }

    /// A field with a value that cannot be.
    pub(crate) fn invalid(field: &str, error: &InvalidValue) -> Self {
        let message = error.to_string();
        Self::Invalid(vec![Violation { path: field.to_owned(), code: error.code.to_owned(), message }])
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let message = rejection.to_string();
        match rejection {
            Rejection::Exists { .. } => Self::conflict("duplicate_id", message),
            Rejection::Closed { .. } => Self::conflict("closed", message),
            Rejection::Invalid(violations) => Self::invalid(violations),
            Rejection::Unknown { field, .. } => {
                Self::invalid(vec![Violation { path: field.to_owned(), code: "unknown_reference".to_owned(), message }])
            }
        }
    }
}

/// An event, if it keeps its own bounds.
pub(crate) fn checked<E: Event>(event: E) -> Result<E, Rejection> {
    match event.validate() {
        Ok(()) => Ok(event),
        Err(report) => Err(Rejection::Invalid(validate::violations::<E>(&report))),
    }
}

/// Refuses what names something that is not there.
pub(crate) fn require(is_there: bool, field: &'static str, what: &'static str) -> Result<(), Rejection> {
    if is_there { Ok(()) } else { Err(Rejection::Unknown { field, what }) }
}

/// The same for a field that may be empty.
pub(crate) fn require_if_named(
    id: Option<&Id>,
    is_there: impl FnOnce(&Id) -> bool,
    field: &'static str,
    what: &'static str,
) -> Result<(), Rejection> {
    require(id.is_none_or(is_there), field, what)
}

/// Refuses what creates something that is there.
pub(crate) fn require_new(is_there: bool, field: &'static str, what: &'static str) -> Result<(), Rejection> {
    if is_there { Err(Rejection::Exists { field, what }) } else { Ok(()) }
}

/// The class that a field names, if it still takes changes.
pub(crate) fn open_class(known: &impl Known, class_id: &Id, field: &'static str) -> Result<ClassFacts, Rejection> {
    let class = known.class(class_id).ok_or(Rejection::Unknown { field, what: "class" })?;
    if class.is_archived { Err(Rejection::Closed { field, what: "class" }) } else { Ok(class) }
}
