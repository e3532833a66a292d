//! A class is set up: a course, taught to certain students in certain terms.

use fabric_catalog::{
    rostering::ClassCreated,
    values::{ClassType, Id},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Known, Rejection, checked, require, require_new};

/// Sets up a class.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateClass {
    /// Its id.
    pub class_id: Id,
    /// Its title.
    pub title: String,
    /// What people call it by in the timetable.
    pub class_code: Option<String>,
    /// What it is for.
    pub class_type: ClassType,
    /// The course that is taught.
    pub course_id: Id,
    /// The school in which it is taught.
    pub school_id: Id,
    /// The terms in which it is taught: at least one.
    pub term_ids: Vec<Id>,
    /// Grade levels of its students, such as `09`.
    #[serde(default)]
    pub grades: Vec<String>,
    /// What is taught, in words.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// What is taught, in codes, in the order of the subjects.
    #[serde(default)]
    pub subject_codes: Vec<String>,
    /// The periods of the day in which it meets.
    #[serde(default)]
    pub periods: Vec<String>,
    /// Where it meets.
    pub location: Option<String>,
    /// When the system it comes from last changed it.
    pub source_modified_at: Option<Timestamp>,
}

/// Decides whether the class is created. The course, the school and the terms must be there.
pub fn decide(known: &impl Known, command: CreateClass) -> Result<ClassCreated, Rejection> {
    require_new(known.class(&command.class_id).is_some(), "classId", "class")?;
    require(known.has_course(&command.course_id), "courseId", "course")?;
    require(known.has_organization(&command.school_id), "schoolId", "organization")?;
    require(command.term_ids.iter().all(|id| known.has_session(id)), "termIds", "academic session")?;
    checked(ClassCreated {
        class_id: command.class_id,
        title: command.title,
        class_code: command.class_code,
        class_type: command.class_type,
        course_id: command.course_id,
        school_id: command.school_id,
        term_ids: command.term_ids,
        grades: command.grades,
        subjects: command.subjects,
        subject_codes: command.subject_codes,
        periods: command.periods,
        location: command.location,
        source_modified_at: command.source_modified_at,
    })
}
