//! `courses.csv`.

use academic::commands::create_course::{CreateCourse, decide};
use fabric_catalog::values::Id;

use super::{Accepted, accept, refuse_deletion};
use crate::import::{fault::Fault, file::File, row::Row};

pub fn read(row: &Row<'_>, id: Id) -> Result<Accepted, Fault> {
    refuse_deletion(row)?;
    let command = CreateCourse {
        course_id: id.clone(),
        title: row.required("title")?.to_owned(),
        course_code: row.text("courseCode").map(str::to_owned),
        org_id: row.reference("orgSourcedId", File::Orgs)?,
        school_year_session_id: row.reference_if("schoolYearSourcedId", File::AcademicSessions)?,
        grades: row.texts("grades"),
        subjects: row.texts("subjects"),
        subject_codes: row.texts("subjectCodes"),
        source_modified_at: row.last_modified()?,
    };
    accept(row, id, decide(row.known, command))
}
