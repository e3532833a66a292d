//! Accommodations of a plan.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    special_programs::Accommodation,
    values::{Id, PrivateText},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An accommodation was added to a 504 plan.
    #[event(topic = "section504.accommodation.added", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct Section504AccommodationAdded
    /// An accommodation of a 504 plan was changed. The event carries all of it as it is now.
    #[event(topic = "section504.accommodation.updated", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct Section504AccommodationUpdated
    /// An accommodation was removed from a 504 plan. The event carries it as it was.
    #[event(topic = "section504.accommodation.removed", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct Section504AccommodationRemoved {
        /// The plan.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The accommodation.
        #[garde(dive)]
        pub accommodation: Accommodation,
        /// Why.
        pub reason: Option<PrivateText<1_000>>,
        /// Who did it.
        pub changed_by_id: Id,
        /// When.
        pub changed_at: Timestamp,
    }
    example r#"{
        "planId": "plan-3", "studentId": "u-28400", "schoolId": "ou-AAA",
        "accommodation": {
            "accommodationId": "acc-4", "kind": "health", "description": "may eat and measure blood sugar at any time",
            "uses": ["instruction", "class_test"], "classIds": ["k-AAA-2026J"], "beginDate": "2026-09-07",
            "endDate": "2027-06-30"
        },
        "reason": "asked for by the doctor", "changedById": "u-counselor", "changedAt": "2026-09-03T09:10:00Z"
    }"#
}
