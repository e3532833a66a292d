//! A student is put on a class's roster.

use fabric_catalog::{rostering::StudentEnrolled, values::Id};
use garde::Validate;
use jiff::civil::Date;
use serde::Deserialize;

use super::{Known, Rejection, checked, open_class, require_new};

/// Puts a student on a class's roster.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct EnrollStudent {
    /// The student.
    pub student_id: Id,
    /// The enrollment behind it, if there is one.
    pub enrollment_id: Option<Id>,
    /// The first day in the class.
    pub begin_date: Option<Date>,
}

/// Decides whether the student is enrolled in the class: it must be there and still be taught, and the student not be in it yet.
pub fn decide(known: &impl Known, class_id: Id, command: EnrollStudent) -> Result<StudentEnrolled, Rejection> {
    let class = open_class(known, &class_id, "classId")?;
    let EnrollStudent { student_id, enrollment_id, begin_date } = command;
    require_new(known.is_enrolled(&class_id, &student_id), "studentId", "student in the class")?;
    checked(StudentEnrolled { class_id, student_id, school_id: class.school_id, enrollment_id, begin_date })
}
