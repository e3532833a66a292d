//! A school year, a semester, a term or a grading period is set up.

use fabric_catalog::{
    rostering::AcademicSessionCreated,
    values::{Id, SchoolYear, SessionType},
};
use garde::Validate;
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::{Known, Rejection, checked, require_if_named, require_new};

/// Sets up an academic session.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateAcademicSession {
    /// Its id.
    pub session_id: Id,
    /// Its title.
    pub title: String,
    /// What kind of time it is.
    pub session_type: SessionType,
    /// Its first day.
    pub start_date: Date,
    /// The day on which it ends, not before its first one.
    pub end_date: Date,
    /// The session that it is a part of.
    pub parent_id: Option<Id>,
    /// The school year that it belongs to.
    pub school_year: SchoolYear,
    /// When the system it comes from last changed it.
    pub source_modified_at: Option<Timestamp>,
}

/// Decides whether the session is created. Its parent must be there.
pub fn decide(known: &impl Known, command: CreateAcademicSession) -> Result<AcademicSessionCreated, Rejection> {
    require_new(known.has_session(&command.session_id), "sessionId", "academic session")?;
    require_if_named(command.parent_id.as_ref(), |id| known.has_session(id), "parentId", "academic session")?;
    checked(AcademicSessionCreated {
        session_id: command.session_id,
        title: command.title,
        session_type: command.session_type,
        start_date: command.start_date,
        end_date: command.end_date,
        parent_id: command.parent_id,
        school_year: command.school_year,
        source_modified_at: command.source_modified_at,
    })
}
