//! From rows to events: one function for each file of the standard. Each is pure: what is to be remembered of a row is part of what
//! it returns.

mod calendar;
mod class;
mod course;
mod demographics;
mod enrollment;
mod line_item;
mod organization;
mod result;
mod role;
mod user;

use std::sync::Arc;

use academic::commands::{AssignmentFacts, ClassFacts};
use fabric::{Event, Payload, core::validate};
use fabric_catalog::values::Id;
use jiff::Timestamp;

use super::{
    fault::{Fault, Refused, code},
    file::File,
    known::Held,
    row::{Row, Status},
};

/// Who imports, and when.
#[derive(Debug, Clone)]
pub struct Importer {
    /// Who.
    pub id: Id,
    /// When the import started.
    pub now: Timestamp,
}

/// What follows from a row.
pub struct Accepted {
    /// The row's id.
    pub id: Id,
    /// The event, unless the row only adds to those of another file.
    pub event: Option<RowEvent>,
    /// What later rows need of it besides its id.
    pub memory: Memory,
}

/// An event that is to be published by the service that owns it.
#[derive(Clone)]
pub struct RowEvent {
    /// The service.
    pub owner: &'static str,
    /// The event.
    pub payload: Arc<dyn Payload>,
}

/// What later rows need of a row besides its id.
#[derive(Debug, Clone)]
pub enum Memory {
    /// Nothing.
    Nothing,
    /// A class's school.
    Class(ClassFacts),
    /// A line item's class, category and scale.
    LineItem(AssignmentFacts),
    /// What a person is at an organization.
    Role {
        /// The person.
        user_id: Id,
        /// The organization.
        org_id: Id,
        /// What.
        held: Held,
    },
}

/// Reads a row.
pub fn read(row: &Row<'_>, importer: &Importer) -> Result<Accepted, Fault> {
    if !row.record.is_whole() {
        return Err(Fault::of_row(code::WRONG_COLUMNS, "must have as many cells as the header"));
    }
    let id = row.id()?;
    if row.known.has(row.file, id.as_str()) {
        return Err(Fault::new("sourcedId", code::DUPLICATE_ID, "must not be the id of an earlier row of the file"));
    }
    match row.file {
        File::Orgs => organization::read(row, id),
        File::AcademicSessions => calendar::read(row, id),
        File::Courses => course::read(row, id),
        File::Classes => class::read(row, id, importer),
        File::Roles => role::read(row, id),
        File::Users => user::read(row, id, importer),
        File::Enrollments => enrollment::read(row, id),
        File::Categories => line_item::read_category(row, id),
        File::LineItems => line_item::read(row, id, importer),
        File::Results => result::read(row, id, importer),
        File::Demographics => demographics::read(row, id, importer),
    }
}

impl Accepted {
    fn remembering(self, memory: Memory) -> Self {
        Self { memory, ..self }
    }
}

/// Accepts a row with the event that follows from it, if the service that is asked for it does not refuse.
fn accept<E: Event>(row: &Row<'_>, id: Id, decided: Result<E, impl Into<Refused>>) -> Result<Accepted, Fault> {
    let event = decided.map_err(|refusal| Fault::of_service(row.file, refusal))?;
    accept_event(row, id, event)
}

/// Accepts a row with the event that follows from it, if the event keeps its rules.
fn accept_event<E: Event>(row: &Row<'_>, id: Id, event: E) -> Result<Accepted, Fault> {
    if let Err(report) = event.validate() {
        let first = validate::violations::<E>(&report).into_iter().next();
        return Err(first.map_or_else(
            || Fault::of_row("invalid", "breaks a rule of its event"),
            |violation| Fault::of_violation(row.file, violation),
        ));
    }
    let event = RowEvent { owner: E::OWNER, payload: Arc::new(event) };
    Ok(Accepted { id, event: Some(event), memory: Memory::Nothing })
}

/// Refuses a row that is to be deleted, where nothing can delete what it says.
fn refuse_deletion(row: &Row<'_>) -> Result<(), Fault> {
    match row.status()? {
        Status::Active => Ok(()),
        Status::ToBeDeleted => {
            Err(Fault::new("status", code::DELETION_UNSUPPORTED, "there is no event for deleting a row of this file"))
        }
    }
}
