//! What a case is to reach, and with how much help.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Percent, Private, PrivateText},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A goal was set for a student.
    #[event(topic = "intervention.goal.set", aggregate = "case", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct GoalSet {
        /// The goal.
        pub goal_id: Id,
        /// The case that it belongs to.
        pub case_id: Id,
        /// The student.
        pub student_id: Id,
        /// What is to be reached.
        pub text: PrivateText<1_000>,
        /// The same as a share, if it can be measured so.
        pub target_percent: Option<Percent>,
        /// The day by which it is to be reached.
        pub due_date: Option<Date>,
        /// Who set it.
        pub set_by_id: Id,
        /// When.
        pub set_at: Timestamp,
    }
    example r#"{
        "goalId": "goal-1", "caseId": "case-1", "studentId": "u-11391", "text": "Ada passes the next test.",
        "targetPercent": 60.0, "dueDate": "2026-12-18", "setById": "u-counselor", "setAt": "2026-10-26T12:05:00Z"
    }"#

    /// A student reached a goal.
    #[event(topic = "intervention.goal.achieved", aggregate = "case", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct GoalAchieved {
        /// The goal.
        pub goal_id: Id,
        /// The case that it belongs to.
        pub case_id: Id,
        /// The student.
        pub student_id: Id,
        /// What was reached, if it can be measured so.
        pub achieved_percent: Option<Percent>,
        /// Who says so; nobody if a rule does.
        pub confirmed_by_id: Option<Id>,
        /// When.
        pub achieved_at: Timestamp,
    }
    example r#"{
        "goalId": "goal-1", "caseId": "case-1", "studentId": "u-11391", "achievedPercent": 71.125,
        "confirmedById": "u-counselor", "achievedAt": "2026-12-17T12:00:00Z"
    }"#

    /// A student gets more help from now on, or less.
    #[event(topic = "intervention.tier.changed", aggregate = "case", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct TierChanged {
        /// The case.
        pub case_id: Id,
        /// The student.
        pub student_id: Id,
        /// How much help before, from 1 (all students) to 3 (one student alone).
        #[garde(range(min = 1, max = 3))]
        pub previous_tier: Private<u8>,
        /// How much help from now on.
        #[garde(range(min = 1, max = 3))]
        pub tier: Private<u8>,
        /// Why.
        pub reason: PrivateText<1_000>,
        /// Who decided; nobody if a rule did.
        pub changed_by_id: Option<Id>,
        /// When.
        pub changed_at: Timestamp,
    }
    example r#"{
        "caseId": "case-1", "studentId": "u-11391", "previousTier": 2, "tier": 3, "reason": "Ada fell further behind.",
        "changedById": "u-counselor", "changedAt": "2026-11-16T12:00:00Z"
    }"#
}
