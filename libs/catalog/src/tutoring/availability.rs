//! Availability: whether a tutor has time for a lesson, and the hold on that time.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Money, PersonName, Private, not_before, vocabulary},
};

vocabulary! {
    /// Why a tutor has no time.
    pub enum UnavailableReason: "a reason to be unavailable" {
        /// The tutor does not teach at that time.
        OutsideHours = "outside_hours",
        /// Another lesson is then.
        AlreadyBooked = "already_booked",
        /// The tutor is away.
        Away = "away",
        /// The tutor does not want to.
        Declined = "declined",
        /// The tutor may not teach, or does not any more.
        Inactive = "inactive",
    }

    /// Why a tutor's time is free again.
    pub enum ReleaseCause: "a cause to release a tutor's time" {
        /// The payment was not authorized.
        PaymentFailed = "payment_failed",
        /// The lesson or its chat could not be made.
        LessonFailed = "lesson_failed",
        /// Who asked does not want the lesson any more.
        Withdrawn = "withdrawn",
        /// The booking took too long.
        Expired = "expired",
        /// The lesson was cancelled.
        LessonCancelled = "lesson_cancelled",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A tutor has time for a lesson that was asked for, and the time is held. Next is the payment.
    #[event(topic = "tutoring.availability.confirmed", aggregate = "booking", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id", roles = "tutor verified_tutor admin")]
    pub struct AvailabilityConfirmed {
        /// The booking.
        pub booking_id: Id,
        /// The lesson, by the id that it will have.
        pub lesson_id: Id,
        /// The student who is taught.
        pub student_id: Id,
        /// Who teaches.
        pub tutor_id: Id,
        /// The tutor's name, as it stands on the bill.
        pub tutor_name: PersonName,
        /// When it is to begin: the time that is asked for.
        pub starts_at: Timestamp,
        /// How long it takes.
        #[garde(range(min = 5, max = 480))]
        pub duration_minutes: u16,
        /// What it costs.
        pub lesson_price: Money,
        /// Who asked, and pays: the student or a guardian.
        pub requested_by_id: Id,
        /// The hold on the tutor's time.
        pub hold_id: Id,
        /// When the time was found to be free.
        pub confirmed_at: Timestamp,
        /// Until when the time is held.
        #[garde(custom(not_before(self.confirmed_at)))]
        pub held_until_at: Timestamp,
    }
    example r#"{
        "bookingId": "bo-1", "lessonId": "le-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "tutorName": "Augustus De Morgan", "startsAt": "2026-10-12T16:00:00Z", "durationMinutes": 60,
        "lessonPrice": {"amountMinor": 3500, "currency": "GBP"}, "requestedById": "u-guardian", "holdId": "ho-1",
        "confirmedAt": "2026-10-11T15:00:01Z", "heldUntilAt": "2026-10-11T15:15:01Z"
    }"#

    /// A tutor has no time for a lesson that was asked for.
    #[event(topic = "tutoring.availability.rejected", aggregate = "booking", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id", roles = "tutor verified_tutor admin")]
    pub struct AvailabilityRejected {
        /// The booking.
        pub booking_id: Id,
        /// The lesson that was asked for.
        pub lesson_id: Id,
        /// The student who was to be taught.
        pub student_id: Id,
        /// Who was to teach.
        pub tutor_id: Id,
        /// When it was to begin: the time that was asked for.
        pub starts_at: Timestamp,
        /// How long it was to take.
        #[garde(range(min = 5, max = 480))]
        pub duration_minutes: u16,
        /// Why.
        pub reason: Private<UnavailableReason>,
        /// When the time was found to be taken.
        pub rejected_at: Timestamp,
    }
    example r#"{
        "bookingId": "bo-1", "lessonId": "le-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "startsAt": "2026-10-12T16:00:00Z", "durationMinutes": 60, "reason": "already_booked",
        "rejectedAt": "2026-10-11T15:00:01Z"
    }"#

    /// The hold on a tutor's time was given up: others may book it.
    #[event(topic = "tutoring.availability.released", aggregate = "booking", owner = "academic")]
    #[event(key = "lesson_id", subject = "student_id")]
    pub struct AvailabilityReleased {
        /// The booking.
        pub booking_id: Id,
        /// The lesson that the time was held for.
        pub lesson_id: Id,
        /// The student who was to be taught.
        pub student_id: Id,
        /// Whose time it is.
        pub tutor_id: Id,
        /// When the lesson was to begin.
        pub starts_at: Timestamp,
        /// How long it was to take.
        #[garde(range(min = 5, max = 480))]
        pub duration_minutes: u16,
        /// The hold.
        pub hold_id: Id,
        /// Why.
        pub cause: Private<ReleaseCause>,
        /// When it was given up.
        pub released_at: Timestamp,
    }
    example r#"{
        "bookingId": "bo-1", "lessonId": "le-1", "studentId": "u-11391", "tutorId": "u-tutor",
        "startsAt": "2026-10-12T16:00:00Z", "durationMinutes": 60, "holdId": "ho-1", "cause": "payment_failed",
        "releasedAt": "2026-10-11T15:00:05Z"
    }"#
}
