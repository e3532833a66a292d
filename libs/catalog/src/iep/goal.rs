//! The goals of a plan, and how far a student has come with them.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Portion, Private, PrivateText, vocabulary},
};

vocabulary! {
    /// What a goal is about.
    pub enum GoalArea: "an area of goals" {
        /// Reading.
        Reading = "reading",
        /// Writing.
        Writing = "writing",
        /// Mathematics.
        Mathematics = "mathematics",
        /// Speech and understanding.
        Communication = "communication",
        /// Behaviour.
        Behavior = "behavior",
        /// Getting on with others and with oneself.
        SocialEmotional = "social_emotional",
        /// Movement.
        Motor = "motor",
        /// Everyday life.
        LifeSkills = "life_skills",
        /// What comes after school.
        Transition = "transition",
        /// Anything else.
        Other = "other",
    }

    /// How it goes.
    pub enum GoalProgress: "a goal's progress" {
        /// Nobody has begun.
        NotStarted = "not_started",
        /// Enough to reach the goal in time.
        OnTrack = "on_track",
        /// Some, and not enough.
        Behind = "behind",
        /// None.
        NoProgress = "no_progress",
        /// The goal is reached.
        Mastered = "mastered",
    }

    /// How a goal ended.
    pub enum GoalOutcome: "a goal's outcome" {
        /// It was reached.
        Achieved = "achieved",
        /// It was reached in part.
        PartlyAchieved = "partly_achieved",
        /// It was not reached.
        NotAchieved = "not_achieved",
        /// Another goal takes its place.
        Replaced = "replaced",
        /// It is no longer wanted.
        Discontinued = "discontinued",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A goal was added to an IEP.
    #[event(topic = "iep.goal.added", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepGoalAdded {
        /// The goal.
        pub goal_id: Id,
        /// The plan.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// What it is about.
        pub area: Private<GoalArea>,
        /// What the student is to be able to do.
        pub text: PrivateText<2_000>,
        /// How progress is measured.
        pub measure: PrivateText<1_000>,
        /// Where the student starts, if it can be measured so.
        pub baseline_percent: Option<Portion>,
        /// What is to be reached, if it can be measured so.
        pub target_percent: Option<Portion>,
        /// The day by which it is to be reached.
        pub due_date: Date,
        /// Who works on it with the student.
        pub responsible_id: Option<Id>,
        /// Who added it.
        pub added_by_id: Id,
        /// When.
        pub added_at: Timestamp,
    }
    example r#"{
        "goalId": "goal-7", "planId": "plan-1", "studentId": "u-11391", "schoolId": "ou-AAA", "area": "reading",
        "text": "Ada reads aloud 90 words of a text of her grade in a minute.", "measure": "one text every Friday",
        "baselinePercent": 44.5, "targetPercent": 95.5, "dueDate": "2027-06-11", "responsibleId": "u-teacher",
        "addedById": "u-counselor", "addedAt": "2026-09-11T10:10:00Z"
    }"#

    /// A goal of an IEP was changed, or progress with it was measured. The event carries all of it as it is now.
    #[event(topic = "iep.goal.updated", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepGoalUpdated {
        /// The goal.
        pub goal_id: Id,
        /// The plan.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// What it is about.
        pub area: Private<GoalArea>,
        /// What the student is to be able to do.
        pub text: PrivateText<2_000>,
        /// How progress is measured.
        pub measure: PrivateText<1_000>,
        /// Where the student started, if it can be measured so.
        pub baseline_percent: Option<Portion>,
        /// What is to be reached, if it can be measured so.
        pub target_percent: Option<Portion>,
        /// The day by which it is to be reached.
        pub due_date: Date,
        /// Who works on it with the student.
        pub responsible_id: Option<Id>,
        /// How it goes.
        pub progress: Private<GoalProgress>,
        /// How far the student has come, if it can be measured so.
        pub progress_percent: Option<Portion>,
        /// How far the student had come before.
        pub previous_progress_percent: Option<Portion>,
        /// The day on which that was measured.
        pub measured_date: Option<Date>,
        /// What there is to say about it.
        pub note: Option<PrivateText<4_000>>,
        /// Who changed or measured it.
        pub updated_by_id: Id,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "goalId": "goal-7", "planId": "plan-1", "studentId": "u-11391", "schoolId": "ou-AAA", "area": "reading",
        "text": "Ada reads aloud 90 words of a text of her grade in a minute.", "measure": "one text every Friday",
        "baselinePercent": 44.5, "targetPercent": 95.5, "dueDate": "2027-06-11", "responsibleId": "u-teacher",
        "progress": "on_track", "progressPercent": 61.25, "previousProgressPercent": 52.75,
        "measuredDate": "2026-12-11", "note": "Ada reads more at home now.", "updatedById": "u-teacher",
        "updatedAt": "2026-12-11T13:00:00Z"
    }"#

    /// A goal of an IEP was completed or given up, and is kept.
    #[event(topic = "iep.goal.archived", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepGoalArchived {
        /// The goal.
        pub goal_id: Id,
        /// The plan.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// How it ended.
        pub outcome: Private<GoalOutcome>,
        /// How far the student came, if it can be measured so.
        pub progress_percent: Option<Portion>,
        /// What there is to say about it.
        pub note: Option<PrivateText<4_000>>,
        /// Who archived it; nobody if a rule did.
        pub archived_by_id: Option<Id>,
        /// When.
        pub archived_at: Timestamp,
    }
    example r#"{
        "goalId": "goal-7", "planId": "plan-1", "studentId": "u-11391", "schoolId": "ou-AAA", "outcome": "achieved",
        "progressPercent": 96.25, "note": "Ada read 95 words.", "archivedById": "u-counselor",
        "archivedAt": "2027-06-11T13:00:00Z"
    }"#
}
