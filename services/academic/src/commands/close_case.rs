//! An intervention comes to its end.

use fabric_catalog::{
    intervention::{CaseClosed, CaseOutcome},
    values::{Id, Private, PrivateText},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Rejection, checked};
use crate::model::cases::Case;

/// Closes a case.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CloseCase {
    /// How it ended.
    pub outcome: Private<CaseOutcome>,
    /// What there is to say about it.
    pub note: Option<PrivateText<4_000>>,
}

/// Decides whether a case is closed: nobody may have closed it before.
pub fn decide(case: &Case, command: CloseCase, by: &Id, now: Timestamp) -> Result<CaseClosed, Rejection> {
    if !case.is_open() {
        return Err(Rejection::Closed { field: "caseId", what: "case" });
    }
    checked(CaseClosed {
        case_id: case.case_id.clone(),
        student_id: case.student_id.clone(),
        outcome: command.outcome,
        note: command.note,
        closed_by_id: Some(by.clone()),
        closed_at: now,
    })
}
