//! What students make of tests. Answers and results are a student's data, so none of them is printed.

use jiff::Timestamp;

use super::{QUESTIONS_MAX, above_zero};
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Percent, Points, Private, PrivateText, Score, each_once, not_before_if_known},
};

/// A student's answer to one question. A question that was skipped has neither choices nor a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct Answer {
    /// The question.
    pub question_id: Id,
    /// What was chosen.
    #[serde(default)]
    #[garde(length(max = 50))]
    pub choice_ids: Private<Vec<Id>>,
    /// What was written.
    pub text: Option<PrivateText<10_000>>,
}

/// What one answer is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct GradedAnswer {
    /// The question.
    pub question_id: Id,
    /// The points that it earned.
    pub points: Score,
    /// What the teacher says about it.
    pub comment: Option<PrivateText<4_000>>,
}

/// A student's answers in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct AnswerAnalytics {
    /// How many are right.
    #[garde(range(max = 500))]
    pub correct_answers: Private<u16>,
    /// How many are wrong.
    #[garde(range(max = 500))]
    pub incorrect_answers: Private<u16>,
    /// How many questions were skipped.
    #[garde(range(max = 500))]
    pub skipped_answers: Private<u16>,
    /// How long a question took on average, in milliseconds.
    #[garde(range(max = TIME_SPENT_S_MAX * 1_000))]
    pub average_time_per_question_ms: Private<u32>,
}

/// The longest time that somebody takes for a test: a week.
const TIME_SPENT_S_MAX: u32 = 604_800;

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student began a test.
    #[event(topic = "assessment.test.started", aggregate = "submission", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "student")]
    pub struct TestStarted {
        /// What the student will hand in.
        pub submission_id: Id,
        /// The test.
        pub test_id: Id,
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// Which of the student's attempts it is, counted from 1.
        #[garde(range(min = 1, max = 100))]
        pub attempt: u8,
        /// When.
        pub started_at: Timestamp,
        /// When the time is over, if it is limited.
        #[garde(custom(not_before_if_known(Some(self.started_at))))]
        pub time_over_at: Option<Timestamp>,
    }
    example r#"{
        "submissionId": "sub-1", "testId": "test-1", "studentId": "u-11391", "classId": "k-AAA-2026J", "attempt": 1,
        "startedAt": "2026-10-19T08:00:00Z", "timeOverAt": "2026-10-19T08:45:00Z"
    }"#

    /// A student handed a test in.
    #[event(topic = "assessment.test.submitted", aggregate = "submission", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "student")]
    pub struct TestSubmitted {
        /// What the student handed in.
        pub submission_id: Id,
        /// The test.
        pub test_id: Id,
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// Which of the student's attempts it is, counted from 1.
        #[garde(range(min = 1, max = 100))]
        pub attempt: u8,
        /// The answers, one for each question that was seen.
        #[serde(default)]
        #[garde(length(max = QUESTIONS_MAX), dive, custom(each_once(|answer: &Answer| &answer.question_id)))]
        pub answers: Vec<Answer>,
        /// How long it took, in seconds.
        #[garde(range(max = TIME_SPENT_S_MAX))]
        pub time_spent_s: Private<u32>,
        /// Whether it was handed in by itself, because the time was over.
        pub is_time_over: bool,
        /// When.
        pub submitted_at: Timestamp,
    }
    example r#"{
        "submissionId": "sub-1", "testId": "test-1", "studentId": "u-11391", "classId": "k-AAA-2026J", "attempt": 1,
        "answers": [{"questionId": "q-1", "choiceIds": ["q-1-a"], "text": "I subtracted first."}],
        "timeSpentS": 2340, "isTimeOver": false, "submittedAt": "2026-10-19T08:39:00Z"
    }"#

    /// What a student handed in was graded.
    #[event(topic = "assessment.submission.graded", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher admin")]
    pub struct SubmissionGraded {
        /// What the student handed in.
        pub submission_id: Id,
        /// The test.
        pub test_id: Id,
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// The gradebook's assignment that it counts in.
        pub line_item_id: Option<Id>,
        /// The score.
        pub score: Score,
        /// The highest possible score.
        #[garde(custom(above_zero))]
        #[schemars(extend("exclusiveMinimum" = 0))]
        pub max_score: Points,
        /// The score as a share of the highest possible one.
        pub score_percent: Percent,
        /// Whether that is enough.
        pub passed: Private<bool>,
        /// The same by question.
        #[serde(default)]
        #[garde(length(max = QUESTIONS_MAX), dive, custom(each_once(|answer: &GradedAnswer| &answer.question_id)))]
        pub graded_answers: Vec<GradedAnswer>,
        /// What the teacher says about it.
        pub comment: Option<PrivateText<4_000>>,
        /// Who graded; nobody if a rule did.
        pub graded_by_id: Option<Id>,
        /// When.
        pub graded_at: Timestamp,
    }
    example r#"{
        "submissionId": "sub-1", "testId": "test-1", "studentId": "u-11391", "classId": "k-AAA-2026J",
        "lineItemId": "li-1752", "score": 31.25, "maxScore": 40.5, "scorePercent": 77.16, "passed": true,
        "gradedAnswers": [{"questionId": "q-1", "points": 2.5, "comment": "Well explained, Ada."}],
        "comment": "Look at part 2 again.", "gradedById": "u-teacher", "gradedAt": "2026-10-20T08:29:00Z"
    }"#

    /// A student is done with an assessment: it was handed in and graded.
    #[event(topic = "assessment.assessment.completed", owner = "academic")]
    #[event(key = "user_id", subject = "user_id")]
    pub struct AssessmentCompleted {
        /// The assessment: a test.
        pub assessment_id: Id,
        /// The student.
        pub user_id: Id,
        /// The session of learning that it was taken in, if it was one.
        pub session_id: Option<Id>,
        /// The score.
        pub score: Score,
        /// The highest possible score.
        #[garde(custom(above_zero))]
        #[schemars(extend("exclusiveMinimum" = 0))]
        pub max_score: Points,
        /// Whether that is enough.
        pub passed: Private<bool>,
        /// How long it took, in seconds.
        #[garde(range(max = TIME_SPENT_S_MAX))]
        pub time_spent_s: Private<u32>,
        /// The answers, one for each question that was seen.
        #[serde(default)]
        #[garde(length(max = QUESTIONS_MAX), dive, custom(each_once(|answer: &Answer| &answer.question_id)))]
        pub answers: Vec<Answer>,
        /// The same in numbers.
        #[garde(dive)]
        pub analytics: AnswerAnalytics,
        /// When.
        pub completed_at: Timestamp,
    }
    example r#"{
        "assessmentId": "test-1", "userId": "u-11391", "sessionId": "ls-1", "score": 31.25, "maxScore": 40.5,
        "passed": true, "timeSpentS": 2340,
        "answers": [{"questionId": "q-1", "choiceIds": ["q-1-a"], "text": "I subtracted first."}],
        "analytics": {
            "correctAnswers": 12, "incorrectAnswers": 3, "skippedAnswers": 1, "averageTimePerQuestionMs": 146250
        },
        "completedAt": "2026-10-20T08:29:01Z"
    }"#
}
