//! Who is in the programme, what it gives them, and how they leave.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use super::GiftedArea;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    special_programs::ExitReason,
    values::{Id, Private, PrivateText, WeeklyHours, vocabulary},
};

vocabulary! {
    /// What the programme gives a student.
    pub enum GiftedService: "a service for the gifted" {
        /// A group of gifted students within a class.
        ClusterGroup = "cluster_group",
        /// The student leaves the class for it.
        PullOut = "pull_out",
        /// More, or deeper, of the same subject.
        Enrichment = "enrichment",
        /// A subject with older students.
        SubjectAcceleration = "subject_acceleration",
        /// A grade ahead.
        GradeAcceleration = "grade_acceleration",
        /// Classes of higher demands.
        HonorsClass = "honors_class",
        /// Work on a question of one's own.
        IndependentStudy = "independent_study",
        /// A mentor.
        Mentorship = "mentorship",
        /// Classes of a college.
        DualEnrollment = "dual_enrollment",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student was enrolled in the gifted programme.
    #[event(topic = "gifted.enrollment.created", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor registrar admin")]
    pub struct GiftedEnrollmentCreated {
        /// The enrollment.
        pub enrollment_id: Id,
        /// The identification that it follows from, if it is known.
        pub identification_id: Option<Id>,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Who runs the programme for the student.
        pub coordinator_id: Id,
        /// What the student is gifted in.
        #[garde(length(min = 1))]
        pub areas: Private<BTreeSet<GiftedArea>>,
        /// What the programme gives the student, as far as that is decided.
        #[serde(default)]
        pub services: Private<BTreeSet<GiftedService>>,
        /// The day on which the family agreed; none yet if it did not.
        pub consent_date: Option<Date>,
        /// The first day in the programme.
        pub begin_date: Date,
        /// Who enrolled the student.
        pub enrolled_by_id: Id,
        /// When.
        pub enrolled_at: Timestamp,
    }
    example r#"{
        "enrollmentId": "gt-1", "identificationId": "gid-1", "studentId": "u-11391", "schoolId": "ou-AAA",
        "coordinatorId": "u-counselor", "areas": ["mathematics"], "services": ["enrichment", "mentorship"],
        "consentDate": "2026-11-12", "beginDate": "2026-11-16", "enrolledById": "u-counselor",
        "enrolledAt": "2026-11-12T12:00:00Z"
    }"#

    /// What the gifted programme gives a student was changed. The event carries all of it as it is now.
    #[event(topic = "gifted.services.updated", aggregate = "enrollment", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct GiftedServicesUpdated {
        /// The enrollment.
        pub enrollment_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// What the programme gives the student.
        #[garde(length(min = 1))]
        pub services: Private<BTreeSet<GiftedService>>,
        /// How much of it, in an average week, where it is counted.
        pub weekly_hours: Option<WeeklyHours>,
        /// Who gives it, if that is decided.
        pub provider_id: Option<Id>,
        /// The classes in which it is given, or which the student leaves for it.
        #[serde(default)]
        #[garde(length(max = 50))]
        pub class_ids: BTreeSet<Id>,
        /// The first day on which it is so.
        pub begin_date: Date,
        /// What teachers should know about it.
        pub note: Option<PrivateText<2_000>>,
        /// Who changed it.
        pub updated_by_id: Id,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "enrollmentId": "gt-1", "studentId": "u-11391", "schoolId": "ou-AAA",
        "services": ["subject_acceleration", "mentorship"], "weeklyHours": 2.75, "providerId": "u-teacher",
        "classIds": ["k-AAA-2026J"], "beginDate": "2027-02-01", "note": "Ada takes algebra with the tenth grade.",
        "updatedById": "u-counselor", "updatedAt": "2027-01-28T12:00:00Z"
    }"#

    /// A student left the gifted programme.
    #[event(topic = "gifted.program.exited", aggregate = "enrollment", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor registrar admin")]
    pub struct GiftedProgramExited {
        /// The enrollment.
        pub enrollment_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// Why.
        pub reason: Private<ExitReason>,
        /// The last day in the programme.
        pub exit_date: Date,
        /// What there is to say about it.
        pub note: Option<PrivateText<4_000>>,
        /// Who took the student out; nobody if a rule did.
        pub exited_by_id: Option<Id>,
        /// When that was done.
        pub exited_at: Timestamp,
    }
    example r#"{
        "enrollmentId": "gt-1", "studentId": "u-11391", "schoolId": "ou-AAA", "reason": "family_request",
        "exitDate": "2027-06-11", "note": "Ada wants more time for her horses.", "exitedById": "u-counselor",
        "exitedAt": "2027-06-07T12:00:00Z"
    }"#
}
