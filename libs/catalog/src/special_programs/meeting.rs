//! Reviews, which the law asks for by a certain day, and meetings of the people who make a plan.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Language, Private, PrivateText, vocabulary},
};

vocabulary! {
    /// What kind of review it is.
    pub enum ReviewKind: "a kind of review" {
        /// The one that is due every year.
        Annual = "annual",
        /// Whether the student still needs a plan at all; due every three years.
        Reevaluation = "reevaluation",
        /// In between, because somebody asked for it.
        Interim = "interim",
    }

    /// What a meeting is for.
    pub enum MeetingPurpose: "a meeting's purpose" {
        /// Whether the student needs a plan.
        Eligibility = "eligibility",
        /// The first plan.
        FirstPlan = "first_plan",
        /// A review of the plan.
        Review = "review",
        /// A change of the plan between reviews.
        Amendment = "amendment",
        /// What comes after school.
        Transition = "transition",
        /// Whether what the student did has to do with the disability.
        ManifestationDetermination = "manifestation_determination",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A review of an IEP was scheduled, or moved to another day.
    #[event(topic = "iep.review.scheduled", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepReviewScheduled
    /// A review of a 504 plan was scheduled, or moved to another day.
    #[event(topic = "section504.review.scheduled", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct Section504ReviewScheduled {
        /// The review.
        pub review_id: Id,
        /// The plan that is reviewed.
        pub plan_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Who answers for the plan.
        pub coordinator_id: Id,
        /// What kind of review it is.
        pub kind: Private<ReviewKind>,
        /// The day by which the law asks for it. A review may be scheduled later than that: then the compliance log says so.
        pub due_date: Date,
        /// The day on which it takes place.
        pub review_date: Date,
        /// The day on which it was to take place before, if it was moved.
        pub previous_review_date: Option<Date>,
        /// Who scheduled it; nobody if a rule did.
        pub scheduled_by_id: Option<Id>,
        /// When that was done.
        pub scheduled_at: Timestamp,
    }
    example r#"{
        "reviewId": "rv-1", "planId": "plan-1", "studentId": "u-11391", "schoolId": "ou-AAA",
        "coordinatorId": "u-counselor", "kind": "annual", "dueDate": "2027-09-14", "reviewDate": "2027-09-07",
        "previousReviewDate": "2027-09-01", "scheduledById": "u-counselor", "scheduledAt": "2027-08-20T09:00:00Z"
    }"#

    /// A meeting of a student's IEP team was scheduled.
    #[event(topic = "iep.team_meeting.scheduled", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct IepTeamMeetingScheduled
    /// A meeting of a student's 504 team was scheduled.
    #[event(topic = "section504.team_meeting.scheduled", aggregate = "plan", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct Section504TeamMeetingScheduled {
        /// The meeting.
        pub meeting_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The plan that it is about; none if there is none yet.
        pub plan_id: Option<Id>,
        /// The review that it is held for, if it is for one.
        pub review_id: Option<Id>,
        /// What it is for.
        pub purpose: Private<MeetingPurpose>,
        /// Who leads it.
        pub organizer_id: Id,
        /// Who is invited: family, teachers, specialists.
        #[garde(length(min = 1, max = 50))]
        pub participant_ids: BTreeSet<Id>,
        /// When it begins.
        pub starts_at: Timestamp,
        /// How long it takes.
        #[garde(range(min = 5, max = 480))]
        pub duration_minutes: u16,
        /// The room, the link or the number to call.
        pub location: Option<PrivateText<500>>,
        /// The language that has to be interpreted for the family.
        pub interpreter_language: Option<Private<Language>>,
        /// Who scheduled it.
        pub scheduled_by_id: Id,
        /// When that was done.
        pub scheduled_at: Timestamp,
    }
    example r#"{
        "meetingId": "mt-1", "studentId": "u-11391", "schoolId": "ou-AAA", "planId": "plan-1", "reviewId": "rv-1",
        "purpose": "amendment", "organizerId": "u-counselor", "participantIds": ["u-guardian", "u-teacher"],
        "startsAt": "2027-09-07T14:00:00Z", "durationMinutes": 60, "location": "Room 12",
        "interpreterLanguage": "pt-BR", "scheduledById": "u-counselor", "scheduledAt": "2027-08-20T09:05:00Z"
    }"#
}
