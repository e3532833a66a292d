//! `categories.csv` and `lineItems.csv`.

use academic::commands::{AssignmentFacts, create_assignment, set_category};
use fabric_catalog::{
    gradebook::AssignmentDeleted,
    values::{Id, Weight},
};

use super::{Accepted, Importer, Memory, accept, accept_event, refuse_deletion};
use crate::import::{
    fault::Fault,
    file::{File, Version},
    row::{Row, Status},
};

pub fn read_category(row: &Row<'_>, id: Id) -> Result<Accepted, Fault> {
    refuse_deletion(row)?;
    let weight = row.number_if("weight")?.map(Weight::try_new).transpose();
    let command = set_category::SetCategory {
        category_id: id.clone(),
        title: row.required("title")?.to_owned(),
        class_id: None,
        weight_percent: weight.map_err(|error| Fault::of_value("weight", error))?,
        source_modified_at: row.last_modified()?,
    };
    accept(row, id, set_category::decide(row.known, command))
}

pub fn read(row: &Row<'_>, id: Id, importer: &Importer) -> Result<Accepted, Fault> {
    let command = command(row, id.clone())?;
    let facts = AssignmentFacts {
        class_id: command.class_id.clone(),
        category_id: command.category_id.clone(),
        result_value_min: command.result_value_min,
        result_value_max: command.result_value_max,
    };
    let accepted = match row.status()? {
        Status::Active => accept(row, id, create_assignment::decide(row.known, command)),
        Status::ToBeDeleted => {
            let deleted = AssignmentDeleted {
                line_item_id: command.line_item_id,
                class_id: command.class_id,
                category_id: Some(command.category_id),
                reason: None,
                deleted_by_id: importer.id.clone(),
                deleted_at: command.source_modified_at.unwrap_or(importer.now),
            };
            accept_event(row, id, deleted)
        }
    };
    Ok(accepted?.remembering(Memory::LineItem(facts)))
}

fn command(row: &Row<'_>, id: Id) -> Result<create_assignment::CreateAssignment, Fault> {
    const PERIOD: &str = "gradingPeriodSourcedId";
    let (grading_period_id, academic_session_id) = match row.version {
        Version::V1p1 => (Some(row.reference(PERIOD, File::AcademicSessions)?), None),
        // 1.2 has the session in place of the period; bundles of both kinds are about.
        Version::V1p2 => (
            row.reference_if(PERIOD, File::AcademicSessions)?,
            row.reference_if("academicSessionSourcedId", File::AcademicSessions)?,
        ),
    };
    // The school follows from the class, but what is written there must be a school all the same.
    row.reference_if("schoolSourcedId", File::Orgs)?;
    Ok(create_assignment::CreateAssignment {
        line_item_id: id,
        title: row.required("title")?.to_owned(),
        description: row.text("description").map(str::to_owned),
        class_id: row.reference("classSourcedId", File::Classes)?,
        category_id: row.reference("categorySourcedId", File::Categories)?,
        grading_period_id,
        academic_session_id,
        assign_date: row.date("assignDate")?,
        due_date: row.date("dueDate")?,
        result_value_min: row.points("resultValueMin")?,
        result_value_max: row.points("resultValueMax")?,
        // In 1.2 a file of its own says so, which is not imported.
        score_scale_id: None,
        source_modified_at: row.last_modified()?,
    })
}
