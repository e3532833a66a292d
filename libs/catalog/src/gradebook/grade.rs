//! Grades: one student's results.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, LetterGrade, Percent, Private, PrivateText, ResultFlag, Score, ScoreStatus, each_once},
};

/// One of many grades that were set at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct BulkGrade {
    /// The result.
    pub result_id: Id,
    /// The student.
    pub student_id: Id,
    /// The score, on the assignment's scale.
    pub score: Score,
    /// The score as a share of the highest possible one, `score / resultValueMax`, wherever the scale begins; 0 for scores below zero.
    pub score_percent: Percent,
    /// The grade that follows from it.
    pub letter_grade: LetterGrade,
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A grade was entered. The family does not see it before it is posted.
    #[event(topic = "gradebook.grade.created", aggregate = "result", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher admin")]
    pub struct GradeCreated
    /// A grade was changed. The event carries all of it as it is now.
    #[event(topic = "gradebook.grade.updated", aggregate = "result", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher admin")]
    pub struct GradeUpdated {
        /// The result.
        pub result_id: Id,
        /// The assignment.
        pub line_item_id: Id,
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// The school.
        pub school_id: Id,
        /// The category of the assignment.
        pub category_id: Option<Id>,
        /// The score, on the assignment's scale.
        pub score: Score,
        /// The score as a share of the highest possible one, `score / resultValueMax`, wherever the scale begins; 0 for scores below zero.
        pub score_percent: Percent,
        /// The grade that follows from it.
        pub letter_grade: LetterGrade,
        /// The score before, if there was one.
        pub previous_score: Option<Score>,
        /// How far the result has come.
        pub score_status: Private<ScoreStatus>,
        /// The day of the work.
        pub score_date: Option<Date>,
        /// What the teacher says about it.
        pub comment: Option<PrivateText<4_000>>,
        /// Who graded.
        pub graded_by_id: Id,
        /// When.
        pub graded_at: Timestamp,
    }
    example r#"{
        "resultId": "r-1752-11391", "lineItemId": "li-1752", "studentId": "u-11391", "classId": "k-AAA-2026J",
        "schoolId": "ou-AAA", "categoryId": "cat-TMA", "score": 78.25, "scorePercent": 78.25, "letterGrade": "C+",
        "previousScore": 41.5, "scoreStatus": "partially graded", "scoreDate": "2026-10-19",
        "comment": "See me about part 2.",
        "gradedById": "u-teacher", "gradedAt": "2026-10-19T14:00:00Z"
    }"#

    /// A grade was posted: from now on the student and the family see it.
    ///
    /// The `districtId` that other systems put into the payload is the event's tenant here.
    #[event(topic = "gradebook.grade.posted", aggregate = "result", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher admin registrar operator")]
    pub struct GradePosted {
        /// The result.
        pub result_id: Id,
        /// The assignment.
        pub line_item_id: Id,
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// The school.
        pub school_id: Id,
        /// The category of the assignment.
        pub category_id: Option<Id>,
        /// The score, on the assignment's scale.
        pub score: Score,
        /// The score as a share of the highest possible one, `score / resultValueMax`, wherever the scale begins; 0 for scores below zero.
        pub score_percent: Percent,
        /// The grade that follows from it.
        pub letter_grade: LetterGrade,
        /// The score that was posted before, if one was.
        pub previous_score: Option<Score>,
        /// How far the result has come, where the source tells.
        pub score_status: Option<Private<ScoreStatus>>,
        /// What else the source says about the work.
        #[serde(default)]
        pub flags: Private<BTreeSet<ResultFlag>>,
        /// The day of the work.
        pub score_date: Option<Date>,
        /// What the teacher says about it.
        pub comment: Option<PrivateText<4_000>>,
        /// Who graded.
        pub graded_by_id: Id,
        /// When it was posted.
        pub posted_at: Timestamp,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "resultId": "r-1752-11391", "lineItemId": "li-1752", "studentId": "u-11391", "classId": "k-AAA-2026J",
        "schoolId": "ou-AAA", "categoryId": "cat-TMA", "score": 78.25, "scorePercent": 78.25, "letterGrade": "C+",
        "previousScore": 41.5, "scoreStatus": "fully graded", "flags": ["late"], "scoreDate": "2026-10-19",
        "comment": "Much better than the last one!", "gradedById": "u-teacher", "postedAt": "2026-10-20T08:30:00Z",
        "sourceModifiedAt": "2026-10-20T08:00:00Z"
    }"#

    /// A grade was overridden by hand: it no longer follows from the work alone.
    #[event(topic = "gradebook.grade.overridden", aggregate = "result", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher admin")]
    pub struct GradeOverridden {
        /// The result.
        pub result_id: Id,
        /// The assignment.
        pub line_item_id: Id,
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// The school.
        pub school_id: Id,
        /// The category of the assignment.
        pub category_id: Option<Id>,
        /// The score before.
        pub previous_score: Score,
        /// The score from now on, on the assignment's scale.
        pub score: Score,
        /// The score as a share of the highest possible one, `score / resultValueMax`, wherever the scale begins; 0 for scores below zero.
        pub score_percent: Percent,
        /// The grade from now on.
        pub letter_grade: LetterGrade,
        /// Why. An override without a reason is refused.
        pub reason: PrivateText<1_000>,
        /// Who did it.
        pub overridden_by_id: Id,
        /// When.
        pub overridden_at: Timestamp,
    }
    example r#"{
        "resultId": "r-1752-11391", "lineItemId": "li-1752", "studentId": "u-11391", "classId": "k-AAA-2026J",
        "schoolId": "ou-AAA", "categoryId": null, "previousScore": 41.5, "score": 78.25, "scorePercent": 78.25,
        "letterGrade": "C+", "reason": "ill on the day of the test", "overriddenById": "u-admin",
        "overriddenAt": "2026-10-22T09:00:00Z"
    }"#

    /// A grade was withdrawn: it counts no more.
    #[event(topic = "gradebook.grade.withdrawn", aggregate = "result", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher admin registrar operator")]
    pub struct GradeWithdrawn {
        /// The result.
        pub result_id: Id,
        /// The assignment.
        pub line_item_id: Id,
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// The school.
        pub school_id: Id,
        /// The category of the assignment.
        pub category_id: Option<Id>,
        /// Why.
        pub reason: Option<PrivateText<1_000>>,
        /// Who did it.
        pub withdrawn_by_id: Id,
        /// When.
        pub withdrawn_at: Timestamp,
    }
    example r#"{
        "resultId": "r-1752-11391", "lineItemId": "li-1752", "studentId": "u-11391", "classId": "k-AAA-2026J",
        "schoolId": "ou-AAA", "categoryId": "cat-TMA", "reason": "graded the wrong paper", "withdrawnById": "u-teacher",
        "withdrawnAt": "2026-10-21T09:00:00Z"
    }"#

    /// Many grades of one assignment were set at once.
    #[event(topic = "gradebook.bulk_grades.updated", aggregate = "line_item", owner = "academic")]
    #[event(key = "class_id", roles = "teacher admin")]
    pub struct BulkGradesUpdated {
        /// The batch.
        pub batch_id: Id,
        /// The assignment.
        pub line_item_id: Id,
        /// The class.
        pub class_id: Id,
        /// The school.
        pub school_id: Id,
        /// The category of the assignment.
        pub category_id: Option<Id>,
        /// The grades, one for each student.
        #[garde(length(min = 1, max = 500), dive, custom(each_once(|grade: &BulkGrade| &grade.student_id)))]
        pub grades: Vec<BulkGrade>,
        /// Who graded.
        pub graded_by_id: Id,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "batchId": "batch-1", "lineItemId": "li-1752", "classId": "k-AAA-2026J", "schoolId": "ou-AAA",
        "categoryId": "cat-TMA",
        "grades": [
            {"resultId": "r-1752-11391", "studentId": "u-11391", "score": 78.25, "scorePercent": 78.25,
            "letterGrade": "C+"}
        ],
        "gradedById": "u-teacher", "updatedAt": "2026-10-19T14:00:00Z"
    }"#

    /// Extra credit was added to a student's grade.
    #[event(topic = "gradebook.extra_credit.applied", aggregate = "result", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher admin")]
    pub struct ExtraCreditApplied {
        /// The result that it was added to.
        pub result_id: Id,
        /// The assignment.
        pub line_item_id: Id,
        /// The student.
        pub student_id: Id,
        /// The class.
        pub class_id: Id,
        /// The school.
        pub school_id: Id,
        /// How much was added, in points on the assignment's scale.
        pub added_score: Score,
        /// The score from now on.
        pub score: Score,
        /// The score as a share of the highest possible one, `score / resultValueMax`: it may exceed 100.
        pub score_percent: Percent,
        /// What it was for.
        pub reason: Option<PrivateText<1_000>>,
        /// Who added it.
        pub applied_by_id: Id,
        /// When.
        pub applied_at: Timestamp,
    }
    example r#"{
        "resultId": "r-1752-11391", "lineItemId": "li-1752", "studentId": "u-11391", "classId": "k-AAA-2026J",
        "schoolId": "ou-AAA", "addedScore": 36.75, "score": 115.5, "scorePercent": 115.5,
        "reason": "helped in the library",
        "appliedById": "u-teacher", "appliedAt": "2026-10-23T09:00:00Z"
    }"#
}
