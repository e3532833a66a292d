//! Bookings: lessons that are asked for, and what becomes of that.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Money, PersonName, Private, PrivateText, not_before, vocabulary},
};

vocabulary! {
    /// How far a booking has come: what it waits for.
    pub enum BookingStep: "a step of a booking" {
        /// Whether the tutor has time.
        AvailabilityCheck = "availability_check",
        /// That the payment is authorized.
        PaymentAuthorization = "payment_authorization",
        /// That the lesson is made.
        LessonCreation = "lesson_creation",
        /// That the lesson's chat is made.
        SessionCreation = "session_creation",
    }

    /// Why a booking was rejected.
    pub enum BookingRejectionReason: "a reason to reject a booking" {
        /// The tutor has no time.
        TutorUnavailable = "tutor_unavailable",
        /// The payment was not authorized.
        PaymentFailed = "payment_failed",
        /// The lesson or its chat could not be made.
        LessonFailed = "lesson_failed",
        /// Who asked does not want it any more.
        Withdrawn = "withdrawn",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A lesson was asked for.
    #[event(topic = "tutoring.booking.requested", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id", roles = "student guardian admin")]
    pub struct BookingRequested {
        /// The booking.
        pub booking_id: Id,
        /// The lesson, by the id that it will have.
        pub lesson_id: Id,
        /// The student who is taught.
        pub student_id: Id,
        /// Who teaches.
        #[garde(custom(somebody_else(&self.student_id)))]
        pub tutor_id: Id,
        /// The tutor's name, as it stands on the bill.
        pub tutor_name: PersonName,
        /// When it is to begin: the time that is asked for.
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
        /// What the tutor should know before.
        pub note: Option<PrivateText<1_000>>,
        /// Who asked, and pays: the student or a guardian.
        pub requested_by_id: Id,
        /// When that was.
        pub requested_at: Timestamp,
    }
    example r#"{
        "bookingId": "bo-1", "lessonId": "le-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "tutorName": "Augustus De Morgan", "startsAt": "2026-10-12T16:00:00Z", "durationMinutes": 60,
        "subject": "Mathematics", "courseId": "co-algebra", "lessonPrice": {"amountMinor": 3500, "currency": "GBP"},
        "note": "Ada wants to talk about part 2.", "requestedById": "u-guardian", "requestedAt": "2026-10-11T15:00:00Z"
    }"#

    /// A booking was confirmed: the lesson takes place.
    #[event(topic = "tutoring.booking.confirmed", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id")]
    pub struct BookingConfirmed {
        /// The booking.
        pub booking_id: Id,
        /// The lesson.
        pub lesson_id: Id,
        /// The student who is taught.
        pub student_id: Id,
        /// Who teaches.
        pub tutor_id: Id,
        /// When it begins.
        pub starts_at: Timestamp,
        /// How long it takes.
        #[garde(range(min = 5, max = 480))]
        pub duration_minutes: u16,
        /// The payment that is authorized; none if the lesson is free.
        pub payment_id: Option<Id>,
        /// The session of the chat that tutor and student meet in.
        pub chat_session_id: Id,
        /// Who asked for it.
        pub requested_by_id: Id,
        /// When it was confirmed.
        pub confirmed_at: Timestamp,
    }
    example r#"{
        "bookingId": "bo-1", "lessonId": "le-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "startsAt": "2026-10-12T16:00:00Z", "durationMinutes": 60, "paymentId": "pay-1", "chatSessionId": "cs-1",
        "requestedById": "u-guardian", "confirmedAt": "2026-10-11T15:00:04Z"
    }"#

    /// A booking was rejected, and what had been done for it is undone.
    #[event(topic = "tutoring.booking.rejected", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id")]
    pub struct BookingRejected {
        /// The booking.
        pub booking_id: Id,
        /// The lesson that will not be.
        pub lesson_id: Id,
        /// The student who was to be taught.
        pub student_id: Id,
        /// Who was to teach.
        pub tutor_id: Id,
        /// When it was to begin.
        pub starts_at: Timestamp,
        /// Why.
        pub reason: Private<BookingRejectionReason>,
        /// What the family should know about it.
        pub note: Option<PrivateText<1_000>>,
        /// Who asked for it, and is told.
        pub requested_by_id: Id,
        /// When it was rejected.
        pub rejected_at: Timestamp,
    }
    example r#"{
        "bookingId": "bo-1", "lessonId": "le-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "startsAt": "2026-10-12T16:00:00Z", "reason": "tutor_unavailable", "note": "Try the day after.",
        "requestedById": "u-guardian", "rejectedAt": "2026-10-11T15:00:02Z"
    }"#

    /// A booking expired: an answer did not come in time, and what had been done for it is undone.
    #[event(topic = "tutoring.booking.expired", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id")]
    pub struct BookingExpired {
        /// The booking.
        pub booking_id: Id,
        /// The lesson that will not be.
        pub lesson_id: Id,
        /// The student who was to be taught.
        pub student_id: Id,
        /// Who was to teach.
        pub tutor_id: Id,
        /// When it was to begin.
        pub starts_at: Timestamp,
        /// What it waited for.
        pub step: BookingStep,
        /// Who asked for it, and is told.
        pub requested_by_id: Id,
        /// When that was.
        pub requested_at: Timestamp,
        /// When it expired.
        #[garde(custom(not_before(self.requested_at)))]
        pub expired_at: Timestamp,
    }
    example r#"{
        "bookingId": "bo-1", "lessonId": "le-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "startsAt": "2026-10-12T16:00:00Z", "step": "payment_authorization", "requestedById": "u-guardian",
        "requestedAt": "2026-10-11T15:00:00Z", "expiredAt": "2026-10-11T15:15:00Z"
    }"#
}

/// The rule that nobody teaches themselves.
fn somebody_else(student: &Id) -> impl FnOnce(&Id, &()) -> garde::Result {
    move |tutor, ()| if tutor == student { Err(garde::Error::new("the same as the student")) } else { Ok(()) }
}
