//! Assessment: tests, the questions in them, and what students make of them.
//!
//! What is about a test stays in order by test, what is about a student by student.

mod attempt;
mod question;
mod test;

pub use attempt::{
    Answer, AnswerAnalytics, AssessmentCompleted, GradedAnswer, SubmissionGraded, TestStarted, TestSubmitted,
};
pub use question::{Choice, QuestionCreated, QuestionKind, QuestionUpdated};
pub use test::{TestCreated, TestPublished, TestUpdated};

use crate::values::Points;

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[attempt::EVENTS, question::EVENTS, test::EVENTS];

/// The most questions that a test has.
const QUESTIONS_MAX: usize = 500;

/// The rule of points that can be earned: a scale without any points measures nothing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde gives the value and the context as references")]
fn above_zero(points: &Points, (): &()) -> garde::Result {
    if points.value() > 0.0 { Ok(()) } else { Err(garde::Error::new("not above zero")) }
}
