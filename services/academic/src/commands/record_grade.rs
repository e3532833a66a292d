//! A grade is entered or changed. The family does not see it before it is posted.

use fabric_catalog::{
    gradebook::{GradeCreated, GradeUpdated},
    values::{Id, Private, PrivateText, Score, ScoreStatus},
};
use garde::Validate;
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::{
    Known, Rejection, checked,
    post_grade::{place_of, worth},
};

/// Enters a grade, or changes it.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct RecordGrade {
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
    /// How far the result has come.
    pub score_status: Private<ScoreStatus>,
    /// The day of the work.
    pub score_date: Option<Date>,
    /// What the teacher says about it.
    pub comment: Option<PrivateText<4_000>>,
}

/// What happened: the first score for the work, or another one.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// The first one.
    Created(GradeCreated),
    /// Another one.
    Updated(GradeUpdated),
}

/// Decides whether the grade is recorded, by whom, and works out what the score is worth. The rules are those of
/// [`post_grade`](super::post_grade::decide).
pub fn decide(known: &impl Known, command: RecordGrade, by: &Id, now: Timestamp) -> Result<Recorded, Rejection> {
    let place = place_of(known, &command.line_item_id, &command.student_id, command.class_id.as_ref())?;
    let (score_percent, letter_grade) = worth(&place.assignment, command.score)?;
    let previous_score = known.score(&command.student_id, &place.assignment.class_id, &command.line_item_id);
    let created = GradeCreated {
        result_id: command.result_id,
        line_item_id: command.line_item_id,
        student_id: command.student_id,
        class_id: place.assignment.class_id,
        school_id: place.school_id,
        category_id: Some(place.assignment.category_id),
        score: command.score,
        score_percent,
        letter_grade,
        previous_score,
        score_status: command.score_status,
        score_date: command.score_date,
        comment: command.comment,
        graded_by_id: by.clone(),
        graded_at: now,
    };
    match previous_score {
        None => checked(created).map(Recorded::Created),
        Some(_) => checked(update_of(created)).map(Recorded::Updated),
    }
}

fn update_of(grade: GradeCreated) -> GradeUpdated {
    GradeUpdated {
        result_id: grade.result_id,
        line_item_id: grade.line_item_id,
        student_id: grade.student_id,
        class_id: grade.class_id,
        school_id: grade.school_id,
        category_id: grade.category_id,
        score: grade.score,
        score_percent: grade.score_percent,
        letter_grade: grade.letter_grade,
        previous_score: grade.previous_score,
        score_status: grade.score_status,
        score_date: grade.score_date,
        comment: grade.comment,
        graded_by_id: grade.graded_by_id,
        graded_at: grade.graded_at,
    }
}
