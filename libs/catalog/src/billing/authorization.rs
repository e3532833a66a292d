//! Authorizations: an amount is set aside before it is taken. What came of a payment that could not be made stands here too.

use jiff::Timestamp;

use super::PaymentType;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Money, Private, exactly_if, needed_if, not_before_if_known, vocabulary},
};

vocabulary! {
    /// Which step of a payment it is.
    pub enum PaymentStage: "a payment's stage" {
        /// The amount is set aside.
        Authorization = "authorization",
        /// The amount is taken.
        Capture = "capture",
    }

    /// Why a payment failed.
    pub enum PaymentFailure: "a reason for a payment to fail" {
        /// The bank refused, and did not say why.
        Declined = "declined",
        /// There is not enough money.
        InsufficientFunds = "insufficient_funds",
        /// There is no way to charge the account, or none that is still valid.
        NoValidMethod = "no_valid_method",
        /// It is more than the account may pay.
        LimitExceeded = "limit_exceeded",
        /// It looks like a fraud.
        SuspectedFraud = "suspected_fraud",
        /// The amount was set aside too long ago.
        AuthorizationLapsed = "authorization_lapsed",
        /// The provider could not be reached, and no attempt is left.
        ProviderUnavailable = "provider_unavailable",
    }

    /// Why an amount that was set aside is free again.
    pub enum ReleaseReason: "a reason to release an amount" {
        /// The lesson or its chat could not be made.
        BookingFailed = "booking_failed",
        /// The lesson was cancelled.
        LessonCancelled = "lesson_cancelled",
        /// Nobody took the amount in time.
        Lapsed = "lapsed",
        /// Somebody decided so.
        ByHand = "by_hand",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An amount was set aside for a payment.
    #[event(topic = "billing.payment.authorized", owner = "payment")]
    #[event(key = "user_id", subject = "student_id")]
    pub struct PaymentAuthorized {
        /// The payment.
        pub payment_id: Id,
        /// Who pays.
        pub user_id: Id,
        /// For whom.
        pub student_id: Id,
        /// Who teaches, if it is for a lesson.
        pub tutor_id: Option<Id>,
        /// What is paid for.
        pub payment_type: PaymentType,
        /// The booking of the lesson, if it is for one.
        #[garde(custom(exactly_if(self.payment_type == PaymentType::Lesson)))]
        pub booking_id: Option<Id>,
        /// The course, if it is for one.
        #[garde(custom(exactly_if(self.payment_type == PaymentType::Course)))]
        pub course_id: Option<Id>,
        /// How much.
        pub amount: Private<Money>,
        /// When.
        pub authorized_at: Timestamp,
        /// Until when it is set aside, if the provider says so.
        #[garde(custom(not_before_if_known(Some(self.authorized_at))))]
        pub lapses_at: Option<Timestamp>,
    }
    example r#"{
        "paymentId": "pay-1", "userId": "u-guardian", "studentId": "u-11391", "tutorId": "u-tutor",
        "paymentType": "lesson", "bookingId": "b-1", "courseId": null,
        "amount": {"amountMinor": 4500, "currency": "USD"}, "authorizedAt": "2026-10-05T15:00:02Z",
        "lapsesAt": "2026-10-12T15:00:02Z"
    }"#

    /// A payment failed: nothing was set aside, or it could not be taken.
    #[event(topic = "billing.payment.failed", owner = "payment")]
    #[event(key = "user_id", subject = "student_id")]
    pub struct PaymentFailed {
        /// The payment; none if it did not come so far.
        #[garde(custom(needed_if(self.stage == PaymentStage::Capture)))]
        pub payment_id: Option<Id>,
        /// Who was to pay.
        pub user_id: Id,
        /// For whom.
        pub student_id: Id,
        /// Who teaches, if it was for a lesson.
        pub tutor_id: Option<Id>,
        /// What was to be paid for.
        pub payment_type: PaymentType,
        /// The booking of the lesson, if it was for one.
        #[garde(custom(exactly_if(self.payment_type == PaymentType::Lesson)))]
        pub booking_id: Option<Id>,
        /// The course, if it was for one.
        #[garde(custom(exactly_if(self.payment_type == PaymentType::Course)))]
        pub course_id: Option<Id>,
        /// How much it would have been.
        pub amount: Private<Money>,
        /// Which step failed.
        pub stage: PaymentStage,
        /// Why.
        pub reason: Private<PaymentFailure>,
        /// When.
        pub failed_at: Timestamp,
    }
    example r#"{
        "paymentId": "pay-1", "userId": "u-guardian", "studentId": "u-11391", "tutorId": "u-tutor",
        "paymentType": "lesson", "bookingId": "b-1", "courseId": null,
        "amount": {"amountMinor": 4500, "currency": "USD"}, "stage": "capture", "reason": "insufficient_funds",
        "failedAt": "2026-10-06T17:00:05Z"
    }"#

    /// An amount that was set aside is free again, and will not be taken.
    #[event(topic = "billing.authorization.released", aggregate = "payment", owner = "payment")]
    #[event(key = "user_id", subject = "student_id", roles = "admin")]
    pub struct AuthorizationReleased {
        /// The payment.
        pub payment_id: Id,
        /// Who would have paid.
        pub user_id: Id,
        /// For whom.
        pub student_id: Id,
        /// The booking of the lesson, if it was for one.
        pub booking_id: Option<Id>,
        /// How much was set aside.
        pub amount: Private<Money>,
        /// Why.
        pub reason: Private<ReleaseReason>,
        /// When.
        pub released_at: Timestamp,
    }
    example r#"{
        "paymentId": "pay-1", "userId": "u-guardian", "studentId": "u-11391", "bookingId": "b-1",
        "amount": {"amountMinor": 4500, "currency": "USD"}, "reason": "booking_failed",
        "releasedAt": "2026-10-05T15:00:31Z"
    }"#
}
