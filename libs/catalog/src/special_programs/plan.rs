//! The end of a plan, which is the same for IEPs and 504 plans.

use jiff::{Timestamp, civil::Date};

use super::ExitReason;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Private, PrivateText},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An IEP was archived: it is kept, and no longer in force.
    #[event(topic = "iep.plan.archived", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepPlanArchived
    /// A 504 plan was archived: it is kept, and no longer in force.
    #[event(topic = "section504.plan.archived", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct Section504PlanArchived {
        /// The plan.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Who answered for the plan.
        pub coordinator_id: Id,
        /// Why.
        pub reason: Private<ExitReason>,
        /// What there is to say about it.
        pub note: Option<PrivateText<4_000>>,
        /// The plan that takes its place, if one does.
        pub next_plan_id: Option<Id>,
        /// The last day on which it was in force.
        pub end_date: Date,
        /// Who archived it; nobody if a rule did.
        pub archived_by_id: Option<Id>,
        /// When.
        pub archived_at: Timestamp,
    }
    example r#"{
        "planId": "plan-1", "studentId": "u-11391", "schoolId": "ou-AAA", "coordinatorId": "u-counselor",
        "reason": "replaced", "note": "Ada's new plan asks for less.", "nextPlanId": "plan-2",
        "endDate": "2027-09-14", "archivedById": "u-counselor", "archivedAt": "2027-09-15T08:00:00Z"
    }"#
}
