//! `classes.csv`.

use academic::commands::{
    ClassFacts,
    create_class::{CreateClass, decide},
};
use fabric_catalog::{rostering::ClassArchived, values::Id};

use super::{Accepted, Importer, Memory, accept, accept_event};
use crate::import::{
    fault::Fault,
    file::File,
    row::{Row, Status},
};

pub fn read(row: &Row<'_>, id: Id, importer: &Importer) -> Result<Accepted, Fault> {
    let command = CreateClass {
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
    let status = row.status()?;
    let facts = ClassFacts { school_id: command.school_id.clone(), is_archived: status == Status::ToBeDeleted };
    let accepted = match status {
        Status::Active => accept(row, id, decide(row.known, command)),
        Status::ToBeDeleted => {
            let CreateClass { class_id, school_id, source_modified_at, .. } = command;
            let archived_at = source_modified_at.unwrap_or(importer.now);
            accept_event(row, id, ClassArchived { class_id, school_id, reason: None, archived_at })
        }
    };
    Ok(accepted?.remembering(Memory::Class(facts)))
}
