//! An assignment, in OneRoster a line item, is given to a class.

use fabric_catalog::{
    gradebook::AssignmentCreated,
    values::{Id, Points},
};
use garde::Validate;
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::{Known, Rejection, checked, open_class, require, require_if_named, require_new};

/// Gives an assignment to a class.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateAssignment {
    /// Its id.
    pub line_item_id: Id,
    /// Its title.
    pub title: String,
    /// What is to be done.
    pub description: Option<String>,
    /// The class that it is for.
    pub class_id: Id,
    /// The category that it counts in.
    pub category_id: Id,
    /// The grading period that it counts in.
    pub grading_period_id: Option<Id>,
    /// The term in which it is given (OneRoster 1.2).
    pub academic_session_id: Option<Id>,
    /// The day on which it is given.
    pub assign_date: Date,
    /// The day by which it is due, not before it is given.
    pub due_date: Date,
    /// The lowest possible score.
    pub result_value_min: Points,
    /// The highest possible score, above the lowest.
    pub result_value_max: Points,
    /// How grades follow from scores (OneRoster 1.2).
    pub score_scale_id: Option<Id>,
    /// When the system it comes from last changed it.
    pub source_modified_at: Option<Timestamp>,
}

/// Decides whether the assignment is created. The class must still be taught; the category and the sessions must be there.
pub fn decide(known: &impl Known, command: CreateAssignment) -> Result<AssignmentCreated, Rejection> {
    let [period, term] = [command.grading_period_id.as_ref(), command.academic_session_id.as_ref()];
    require_new(known.assignment(&command.line_item_id).is_some(), "lineItemId", "assignment")?;
    let class = open_class(known, &command.class_id, "classId")?;
    require(known.has_category(&command.category_id), "categoryId", "category")?;
    require_if_named(period, |id| known.has_session(id), "gradingPeriodId", "academic session")?;
    require_if_named(term, |id| known.has_session(id), "academicSessionId", "academic session")?;
    checked(AssignmentCreated {
        line_item_id: command.line_item_id,
        title: command.title,
        description: command.description,
        class_id: command.class_id,
        school_id: Some(class.school_id),
        category_id: command.category_id,
        grading_period_id: command.grading_period_id,
        academic_session_id: command.academic_session_id,
        assign_date: command.assign_date,
        due_date: command.due_date,
        result_value_min: command.result_value_min,
        result_value_max: command.result_value_max,
        score_scale_id: command.score_scale_id,
        source_modified_at: command.source_modified_at,
    })
}
