//! Lessons: planned, made, held and cancelled.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Money, PersonName, Private, PrivateText, not_before, vocabulary},
};

vocabulary! {
    /// Why a lesson was cancelled.
    pub enum LessonCancellationReason: "a reason to cancel a lesson" {
        /// The student cannot come.
        StudentUnavailable = "student_unavailable",
        /// The tutor cannot come.
        TutorUnavailable = "tutor_unavailable",
        /// The payment was not made.
        PaymentFailed = "payment_failed",
        /// Its booking did not come to an end, and is undone.
        BookingUndone = "booking_undone",
        /// Anything else.
        Other = "other",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A lesson was scheduled, or its time was changed: it stands in the calendars of tutor and student.
    #[event(topic = "tutoring.lesson.scheduled", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id", roles = "tutor verified_tutor admin")]
    pub struct LessonScheduled {
        /// The lesson.
        pub lesson_id: Id,
        /// The booking, if it was booked.
        pub booking_id: Option<Id>,
        /// The student who is taught.
        pub student_id: Id,
        /// Who teaches.
        pub tutor_id: Id,
        /// When it begins: the time that it is scheduled for.
        pub starts_at: Timestamp,
        /// How long it takes.
        #[garde(range(min = 5, max = 480))]
        pub duration_minutes: u16,
        /// What is taught, such as `Mathematics`.
        #[garde(length(chars, min = 1, max = 255))]
        pub subject: String,
        /// The course that it belongs to.
        pub course_id: Option<Id>,
        /// When it was put into the calendars.
        pub scheduled_at: Timestamp,
    }
    example r#"{
        "lessonId": "le-1", "bookingId": "bo-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "startsAt": "2026-10-12T16:00:00Z", "durationMinutes": 60, "subject": "Mathematics", "courseId": "co-algebra",
        "scheduledAt": "2026-10-11T15:00:05Z"
    }"#

    /// A lesson was made for a booking. It is certain once the booking is confirmed; next is its chat.
    #[event(topic = "tutoring.lesson.created", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id")]
    pub struct LessonCreated {
        /// The lesson.
        pub lesson_id: Id,
        /// The booking.
        pub booking_id: Id,
        /// The student who is taught.
        pub student_id: Id,
        /// Who teaches.
        pub tutor_id: Id,
        /// The tutor's name.
        pub tutor_name: PersonName,
        /// When it begins.
        pub starts_at: Timestamp,
        /// How long it takes.
        #[garde(range(min = 5, max = 480))]
        pub duration_minutes: u16,
        /// What is taught, such as `Mathematics`.
        #[garde(length(chars, min = 1, max = 255))]
        pub subject: String,
        /// The course that it belongs to.
        pub course_id: Option<Id>,
        /// What it costs.
        pub lesson_price: Money,
        /// The payment that is authorized; none if the lesson is free.
        pub payment_id: Option<Id>,
        /// The session of the chat that tutor and student meet in, if it was made before the lesson.
        pub chat_session_id: Option<Id>,
        /// When it was made.
        pub created_at: Timestamp,
    }
    example r#"{
        "lessonId": "le-1", "bookingId": "bo-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "tutorName": "Augustus De Morgan", "startsAt": "2026-10-12T16:00:00Z", "durationMinutes": 60,
        "subject": "Mathematics", "courseId": "co-algebra", "lessonPrice": {"amountMinor": 3500, "currency": "GBP"},
        "paymentId": "pay-1", "chatSessionId": null, "createdAt": "2026-10-11T15:00:02Z"
    }"#

    /// A lesson was held. What was authorized for it can be paid.
    #[event(topic = "tutoring.lesson.completed", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id", roles = "tutor verified_tutor admin")]
    pub struct LessonCompleted {
        /// The lesson.
        pub lesson_id: Id,
        /// The booking, if it was booked.
        pub booking_id: Option<Id>,
        /// The student who was taught.
        pub student_id: Id,
        /// Who taught.
        pub tutor_id: Id,
        /// What was taught, such as `Mathematics`.
        #[garde(length(chars, min = 1, max = 255))]
        pub subject: String,
        /// The course that it belongs to.
        pub course_id: Option<Id>,
        /// What it costs; nothing if the lesson is free.
        pub lesson_price: Option<Money>,
        /// The payment that was authorized for it.
        pub payment_id: Option<Id>,
        /// When it began.
        pub started_at: Timestamp,
        /// When it ended.
        #[garde(custom(not_before(self.started_at)))]
        pub ended_at: Timestamp,
        /// What the tutor says about it.
        pub note: Option<PrivateText<4_000>>,
        /// Who says that it was held.
        pub completed_by_id: Id,
        /// When that was said.
        #[garde(custom(not_before(self.ended_at)))]
        pub completed_at: Timestamp,
    }
    example r#"{
        "lessonId": "le-1", "bookingId": "bo-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "subject": "Mathematics", "courseId": "co-algebra", "lessonPrice": {"amountMinor": 3500, "currency": "GBP"},
        "paymentId": "pay-1", "startedAt": "2026-10-12T16:01:00Z", "endedAt": "2026-10-12T17:00:00Z",
        "note": "Ada solves linear equations by herself now.", "completedById": "u-tutor",
        "completedAt": "2026-10-12T17:05:00Z"
    }"#

    /// A lesson was cancelled: it will not be held.
    #[event(topic = "tutoring.lesson.cancelled", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id", roles = "student guardian tutor verified_tutor admin")]
    pub struct LessonCancelled {
        /// The lesson.
        pub lesson_id: Id,
        /// The booking, if it was booked.
        pub booking_id: Option<Id>,
        /// The student who was to be taught.
        pub student_id: Id,
        /// Who was to teach.
        pub tutor_id: Id,
        /// When it was to begin.
        pub starts_at: Timestamp,
        /// The payment that was authorized for it.
        pub payment_id: Option<Id>,
        /// Whether the family gets its money back.
        pub refund_due: bool,
        /// Why.
        pub reason: Private<LessonCancellationReason>,
        /// What the others should know about it.
        pub note: Option<PrivateText<1_000>>,
        /// Who cancelled it; nobody if its booking was undone.
        pub cancelled_by_id: Option<Id>,
        /// When.
        pub cancelled_at: Timestamp,
    }
    example r#"{
        "lessonId": "le-1", "bookingId": "bo-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "startsAt": "2026-10-12T16:00:00Z", "paymentId": "pay-1", "refundDue": true, "reason": "student_unavailable",
        "note": "Ada is ill.", "cancelledById": "u-guardian", "cancelledAt": "2026-10-12T08:00:00Z"
    }"#
}
