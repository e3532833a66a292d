//! `categories.csv` and `lineItems.csv`.

use std::sync::Arc;

use fabric_catalog::{
    gradebook::{AssignmentCreated, AssignmentDeleted, CategoryWeightChanged},
    values::{Id, Percent},
};

use super::{Accepted, Importer, Memory, accept, refuse_deletion};
use crate::import::{
    fault::Fault,
    file::{File, Version},
    known::LineItem,
    row::{Row, Status, unknown},
};

pub fn read_category(row: &Row<'_>, id: Id) -> Result<Accepted, Fault> {
    refuse_deletion(row)?;
    let weight = row.number_if("weight")?.map(Percent::try_new).transpose();
    let event = CategoryWeightChanged {
        category_id: id.clone(),
        title: row.required("title")?.to_owned(),
        class_id: None,
        weight_percent: weight.map_err(|error| Fault::of_value("weight", error))?,
        previous_weight_percent: None,
        source_modified_at: row.last_modified()?,
    };
    accept(row, id, event)
}

pub fn read(row: &Row<'_>, id: Id, importer: &Importer) -> Result<Accepted, Fault> {
    let class_id = row.reference("classSourcedId", File::Classes)?;
    let class = row.known.class(class_id.as_str()).ok_or_else(|| unknown("classSourcedId", File::Classes))?;
    let (grading_period_id, academic_session_id) = match row.version {
        Version::V1p1 => {
            row.required("gradingPeriodSourcedId")?;
            (row.reference_if("gradingPeriodSourcedId", File::AcademicSessions)?, None)
        }
        Version::V1p2 => (
            row.reference_if("gradingPeriodSourcedId", File::AcademicSessions)?,
            row.reference_if("academicSessionSourcedId", File::AcademicSessions)?,
        ),
    };
    let event = AssignmentCreated {
        line_item_id: id.clone(),
        title: row.required("title")?.to_owned(),
        description: row.text("description").map(str::to_owned),
        class_id,
        school_id: Some(row.reference_if("schoolSourcedId", File::Orgs)?.unwrap_or_else(|| class.school_id.clone())),
        category_id: row.reference("categorySourcedId", File::Categories)?,
        grading_period_id,
        academic_session_id,
        assign_date: row.date("assignDate")?,
        due_date: row.date("dueDate")?,
        result_value_min: row.score("resultValueMin")?,
        result_value_max: row.score("resultValueMax")?,
        // In 1.2 a file of its own says so, which is not imported.
        score_scale_id: None,
        source_modified_at: row.last_modified()?,
    };
    let memory = Memory::LineItem(LineItem {
        class: Arc::clone(class),
        category_id: event.category_id.clone(),
        min: event.result_value_min,
        max: event.result_value_max,
    });
    let accepted = match row.status()? {
        Status::Active => accept(row, id, event),
        Status::ToBeDeleted => {
            let deleted = AssignmentDeleted {
                line_item_id: event.line_item_id,
                class_id: event.class_id,
                category_id: Some(event.category_id),
                reason: None,
                deleted_by_id: importer.id.clone(),
                deleted_at: event.source_modified_at.unwrap_or(importer.now),
            };
            accept(row, id, deleted)
        }
    };
    Ok(accepted?.remembering(memory))
}
