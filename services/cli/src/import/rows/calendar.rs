//! `academicSessions.csv`.

use academic::commands::create_academic_session::{CreateAcademicSession, decide};
use fabric_catalog::values::Id;

use super::{Accepted, accept, refuse_deletion};
use crate::import::{fault::Fault, file::File, row::Row};

pub fn read(row: &Row<'_>, id: Id) -> Result<Accepted, Fault> {
    refuse_deletion(row)?;
    let command = CreateAcademicSession {
        session_id: id.clone(),
        title: row.required("title")?.to_owned(),
        session_type: row.word("type")?,
        start_date: row.date("startDate")?,
        end_date: row.date("endDate")?,
        parent_id: row.forward_reference_if("parentSourcedId", File::AcademicSessions)?,
        school_year: row.school_year("schoolYear")?,
        source_modified_at: row.last_modified()?,
    };
    accept(row, id, decide(row.known, command))
}
