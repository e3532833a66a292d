//! Conferences: a family and the school talk about a student.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Private, PrivateText, vocabulary},
};

vocabulary! {
    /// What a conference is for. It may tell that a student needs more than others, so events hide it.
    pub enum ConferenceKind: "a kind of conference" {
        /// How the student gets on, as all families are told.
        ParentTeacher = "parent_teacher",
        /// The same, with the student in the chair.
        StudentLed = "student_led",
        /// Marks.
        Academic = "academic",
        /// How the student behaves.
        Behavior = "behavior",
        /// A plan for a student who needs more.
        SupportPlan = "support_plan",
    }

    /// How people meet.
    pub enum ConferencePlace: "a way to meet" {
        /// In a room.
        InPerson = "in_person",
        /// By video.
        Video = "video",
        /// By telephone.
        Phone = "phone",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A conference was scheduled: its time is taken in everybody's calendar.
    #[event(topic = "communication.conference.scheduled", owner = "social")]
    #[event(key = "conference_id", subject = "student_id", roles = "guardian teacher counselor registrar admin")]
    pub struct ConferenceScheduled {
        /// The conference.
        pub conference_id: Id,
        /// The student whom it is about.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The class that it is about.
        pub class_id: Option<Id>,
        /// The conversation in which it was agreed.
        pub conversation_id: Option<Id>,
        /// What it is for.
        pub kind: Private<ConferenceKind>,
        /// Who leads it.
        pub organizer_id: Id,
        /// Who takes part, the organizer among them.
        #[garde(length(min = 2, max = 50), custom(with(&self.organizer_id)))]
        pub participant_ids: BTreeSet<Id>,
        /// When it begins.
        pub starts_at: Timestamp,
        /// How long it takes.
        #[garde(range(min = 5, max = 480))]
        pub duration_minutes: u16,
        /// How they meet.
        pub place: ConferencePlace,
        /// The room, the link or the number to call.
        pub location: Option<PrivateText<500>>,
        /// What they will talk about.
        pub agenda: Option<PrivateText<2_000>>,
        /// Who scheduled it.
        pub scheduled_by_id: Id,
        /// When that was done.
        pub scheduled_at: Timestamp,
    }
    example r#"{
        "conferenceId": "cf-1", "studentId": "u-11391", "schoolId": "ou-AAA", "classId": "k-AAA-2026J",
        "conversationId": "cv-1", "kind": "parent_teacher", "organizerId": "u-teacher",
        "participantIds": ["u-guardian", "u-teacher"], "startsAt": "2026-10-15T16:00:00Z", "durationMinutes": 20,
        "place": "video", "location": "https://meet.example.edu/ada", "agenda": "Ada's marks in algebra",
        "scheduledById": "u-guardian", "scheduledAt": "2026-10-08T18:00:00Z"
    }"#

    /// A conference was moved to another time.
    #[event(topic = "communication.conference.rescheduled", owner = "social")]
    #[event(key = "conference_id", subject = "student_id", roles = "guardian teacher counselor registrar admin")]
    pub struct ConferenceRescheduled {
        /// The conference.
        pub conference_id: Id,
        /// The student whom it is about.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Who takes part.
        #[garde(length(min = 2, max = 50))]
        pub participant_ids: BTreeSet<Id>,
        /// When it was to begin: that time is free again.
        pub previous_starts_at: Timestamp,
        /// When it begins now.
        pub starts_at: Timestamp,
        /// How long it takes now.
        #[garde(range(min = 5, max = 480))]
        pub duration_minutes: u16,
        /// How they meet now.
        pub place: ConferencePlace,
        /// The room, the link or the number to call now.
        pub location: Option<PrivateText<500>>,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// Who moved it.
        pub rescheduled_by_id: Id,
        /// When that was done.
        pub rescheduled_at: Timestamp,
    }
    example r#"{
        "conferenceId": "cf-1", "studentId": "u-11391", "schoolId": "ou-AAA",
        "participantIds": ["u-guardian", "u-teacher"], "previousStartsAt": "2026-10-15T16:00:00Z",
        "startsAt": "2026-10-16T16:30:00Z", "durationMinutes": 30, "place": "in_person", "location": "Room 12",
        "reason": "Ada's mother works that evening", "rescheduledById": "u-teacher",
        "rescheduledAt": "2026-10-12T10:00:00Z"
    }"#

    /// A conference was cancelled: its time is free again.
    #[event(topic = "communication.conference.cancelled", owner = "social")]
    #[event(key = "conference_id", subject = "student_id", roles = "guardian teacher counselor registrar admin")]
    pub struct ConferenceCancelled {
        /// The conference.
        pub conference_id: Id,
        /// The student whom it was about.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Who was to take part, and is told.
        #[garde(length(min = 2, max = 50))]
        pub participant_ids: BTreeSet<Id>,
        /// When it was to begin.
        pub starts_at: Timestamp,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// Who cancelled it.
        pub cancelled_by_id: Id,
        /// When.
        pub cancelled_at: Timestamp,
    }
    example r#"{
        "conferenceId": "cf-1", "studentId": "u-11391", "schoolId": "ou-AAA",
        "participantIds": ["u-guardian", "u-teacher"], "startsAt": "2026-10-16T16:30:00Z",
        "reason": "settled by telephone", "cancelledById": "u-guardian", "cancelledAt": "2026-10-14T10:00:00Z"
    }"#
}

/// The rule of a set of people that one must belong to.
fn with(id: &Id) -> impl FnOnce(&BTreeSet<Id>, &()) -> garde::Result {
    move |ids, ()| if ids.contains(id) { Ok(()) } else { Err(garde::Error::new("the organizer is missing")) }
}
