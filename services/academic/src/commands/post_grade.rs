//! A grade is posted: from now on the student and the family see it.

use std::collections::BTreeSet;

use fabric_catalog::{
    gradebook::GradePosted,
    values::{Id, InvalidValue, LetterGrade, Percent, Private, PrivateText, ResultFlag, Score, ScoreStatus},
};
use garde::Validate;
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::{AssignmentFacts, Known, Rejection, checked, open_class, require};

/// Posts a grade.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct PostGrade {
    /// The result.
    pub result_id: Id,
    /// The assignment.
    pub line_item_id: Id,
    /// The student.
    pub student_id: Id,
    /// The class, for a caller that wants it held against the assignment's.
    pub class_id: Option<Id>,
    /// The score, on the assignment's scale.
    pub score: Score,
    /// How far the result has come, where the source tells.
    pub score_status: Option<Private<ScoreStatus>>,
    /// What else the source says about the work.
    #[serde(default)]
    pub flags: Private<BTreeSet<ResultFlag>>,
    /// The day of the work.
    pub score_date: Option<Date>,
    /// What the teacher says about it.
    pub comment: Option<PrivateText<4_000>>,
    /// When the system it comes from last changed it.
    pub source_modified_at: Option<Timestamp>,
}

/// Decides whether the grade is posted, by whom, and works out what the score is worth.
///
/// The assignment must be there, and the student in its class. The score must not be below the assignment's scale; extra credit may
/// take it to twice the highest one, as far as a [`Percent`] goes.
pub fn decide(known: &impl Known, command: PostGrade, by: &Id, now: Timestamp) -> Result<GradePosted, Rejection> {
    let place = place_of(known, &command.line_item_id, &command.student_id, command.class_id.as_ref())?;
    let (score_percent, letter_grade) = worth(&place.assignment, command.score)?;
    checked(GradePosted {
        previous_score: known.score(&command.student_id, &place.assignment.class_id, &command.line_item_id),
        result_id: command.result_id,
        line_item_id: command.line_item_id,
        student_id: command.student_id,
        class_id: place.assignment.class_id,
        school_id: place.school_id,
        category_id: Some(place.assignment.category_id),
        score: command.score,
        score_percent,
        letter_grade,
        score_status: command.score_status,
        flags: command.flags,
        score_date: command.score_date,
        comment: command.comment,
        graded_by_id: by.clone(),
        posted_at: now,
        source_modified_at: command.source_modified_at,
    })
}

/// Where a grade belongs.
pub(super) struct Place {
    pub assignment: AssignmentFacts,
    pub school_id: Id,
}

/// Finds where a student's grade belongs. Fails when the assignment is not there, its class is another one or no longer taught, or
/// the student was never in it.
pub(super) fn place_of(
    known: &impl Known,
    line_item_id: &Id,
    student_id: &Id,
    class_id: Option<&Id>,
) -> Result<Place, Rejection> {
    let assignment =
        known.assignment(line_item_id).ok_or(Rejection::Unknown { field: "lineItemId", what: "assignment" })?;
    require(class_id.is_none_or(|class_id| *class_id == assignment.class_id), "classId", "class with this assignment")?;
    let class = open_class(known, &assignment.class_id, "lineItemId")?;
    require(known.is_student(&assignment.class_id, student_id), "studentId", "student of the assignment's class")?;
    Ok(Place { assignment, school_id: class.school_id })
}

/// What a score on an assignment's scale is worth: its share of the highest possible one, see [`Score::percent_of`].
pub(super) fn worth(assignment: &AssignmentFacts, score: Score) -> Result<(Percent, LetterGrade), Rejection> {
    let min = assignment.result_value_min.value();
    let percent = if score.value() < min {
        let wanted = format!("{min} or more, as its assignment says").into();
        Err(InvalidValue { what: "a score", code: "too_small", wanted })
    } else {
        score.percent_of(assignment.result_value_max)
    };
    let percent = percent.map_err(|error| Rejection::invalid("score", &error))?;
    Ok((percent, LetterGrade::of_percent(percent)))
}
