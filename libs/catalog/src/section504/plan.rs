//! Plans. Their accommodations are told by events of their own.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Private, PrivateText, not_before, not_before_if_known, vocabulary},
};

vocabulary! {
    /// A major life activity that a disability limits, by the words of the law.
    pub enum LifeActivity: "a life activity" {
        /// Caring for oneself.
        SelfCare = "self_care",
        /// Work with the hands.
        ManualTasks = "manual_tasks",
        /// Seeing.
        Seeing = "seeing",
        /// Hearing.
        Hearing = "hearing",
        /// Eating.
        Eating = "eating",
        /// Sleeping.
        Sleeping = "sleeping",
        /// Walking, standing, lifting and bending.
        Walking = "walking",
        /// Speaking.
        Speaking = "speaking",
        /// Breathing.
        Breathing = "breathing",
        /// Learning.
        Learning = "learning",
        /// Reading.
        Reading = "reading",
        /// Concentrating.
        Concentrating = "concentrating",
        /// Thinking.
        Thinking = "thinking",
        /// Communicating.
        Communicating = "communicating",
        /// Working.
        Working = "working",
        /// What the body does by itself: digestion, immunity, growth.
        BodilyFunctions = "bodily_functions",
        /// Anything else.
        Other = "other",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student got a 504 plan.
    #[event(topic = "section504.plan.created", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct Section504PlanCreated
    /// A 504 plan was changed. The event carries all of its frame as it is now.
    #[event(topic = "section504.plan.updated", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct Section504PlanUpdated {
        /// The plan.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Who answers for the plan.
        pub coordinator_id: Id,
        /// The impairment, physical or mental.
        pub impairment: PrivateText<1_000>,
        /// What it limits.
        #[garde(length(min = 1))]
        pub limited_activities: Private<BTreeSet<LifeActivity>>,
        /// The day on which the family agreed in writing; none yet if it did not.
        pub consent_date: Option<Date>,
        /// The first day on which the plan is in force.
        pub begin_date: Date,
        /// The last day, if it is known.
        #[garde(custom(not_before_if_known(Some(self.begin_date))))]
        pub end_date: Option<Date>,
        /// The day by which the plan must be reviewed.
        #[garde(custom(not_before(self.begin_date)))]
        pub review_due_date: Date,
        /// Who created or changed it.
        pub changed_by_id: Id,
        /// When it was created or changed.
        pub changed_at: Timestamp,
    }
    example r#"{
        "planId": "plan-3", "studentId": "u-28400", "schoolId": "ou-AAA", "coordinatorId": "u-counselor",
        "impairment": "type 1 diabetes", "limitedActivities": ["eating", "bodily_functions"],
        "consentDate": "2026-09-02", "beginDate": "2026-09-07", "endDate": "2027-06-30",
        "reviewDueDate": "2027-06-01", "changedById": "u-counselor", "changedAt": "2026-09-03T09:00:00Z"
    }"#
}
