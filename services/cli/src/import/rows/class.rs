//! `classes.csv`.

use fabric_catalog::{
    rostering::{ClassArchived, ClassCreated},
    values::Id,
};

use super::{Accepted, Importer, Memory, accept};
use crate::import::{
    fault::Fault,
    file::File,
    row::{Row, Status},
};

pub fn read(row: &Row<'_>, id: Id, importer: &Importer) -> Result<Accepted, Fault> {
    let event = ClassCreated {
        class_id: id.clone(),
        title: row.required("title")?.to_owned(),
        class_code: row.text("classCode").map(str::to_owned),
        class_type: row.word("classType")?,
        course_id: row.reference("courseSourcedId", File::Courses)?,
        school_id: row.reference("schoolSourcedId", File::Orgs)?,
        term_ids: row.references("termSourcedIds", File::AcademicSessions)?,
        grades: row.texts("grades"),
        subjects: row.texts("subjects"),
        subject_codes: row.texts("subjectCodes"),
        periods: row.texts("periods"),
        location: row.text("location").map(str::to_owned),
        source_modified_at: row.last_modified()?,
    };
    let memory = Memory::Class { school_id: event.school_id.clone() };
    let accepted = match row.status()? {
        Status::Active => accept(row, id, event),
        Status::ToBeDeleted => {
            let ClassCreated { class_id, school_id, source_modified_at, .. } = event;
            let archived_at = source_modified_at.unwrap_or(importer.now);
            accept(row, id, ClassArchived { class_id, school_id, reason: None, archived_at })
        }
    };
    Ok(accepted?.remembering(memory))
}
