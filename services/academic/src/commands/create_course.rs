//! A course is put into the catalogue of courses.

use fabric_catalog::{rostering::CourseCreated, values::Id};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Known, Rejection, checked, require, require_if_named, require_new};

/// Sets up a course.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateCourse {
    /// Its id.
    pub course_id: Id,
    /// Its title.
    pub title: String,
    /// Its code in the catalogue of courses.
    pub course_code: Option<String>,
    /// The organization that offers it.
    pub org_id: Id,
    /// The academic session of the school year in which it is offered.
    pub school_year_session_id: Option<Id>,
    /// Grade levels that may take it, such as `09`.
    #[serde(default)]
    pub grades: Vec<String>,
    /// What is taught, in words.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// What is taught, in codes, in the order of the subjects.
    #[serde(default)]
    pub subject_codes: Vec<String>,
    /// When the system it comes from last changed it.
    pub source_modified_at: Option<Timestamp>,
}

/// Decides whether the course is created. The organization that offers it, and the session, must be there.
pub fn decide(known: &impl Known, command: CreateCourse) -> Result<CourseCreated, Rejection> {
    let session = command.school_year_session_id.as_ref();
    require_new(known.has_course(&command.course_id), "courseId", "course")?;
    require(known.has_organization(&command.org_id), "orgId", "organization")?;
    require_if_named(session, |id| known.has_session(id), "schoolYearSessionId", "academic session")?;
    checked(CourseCreated {
        course_id: command.course_id,
        title: command.title,
        course_code: command.course_code,
        org_id: command.org_id,
        school_year_session_id: command.school_year_session_id,
        grades: command.grades,
        subjects: command.subjects,
        subject_codes: command.subject_codes,
        source_modified_at: command.source_modified_at,
    })
}
