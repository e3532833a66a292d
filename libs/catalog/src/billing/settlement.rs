//! Money that changed hands: payments that were made, and what was given back. Payments of version 1 are read too.

use jiff::Timestamp;
use serde_json::{Number, Value, json};

use super::PaymentType;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Money, Private, PrivateText, exactly_if, only_if, vocabulary},
};

vocabulary! {
    /// Why money was given back.
    pub enum RefundReason: "a reason for a refund" {
        /// The lesson did not take place.
        LessonCancelled = "lesson_cancelled",
        /// Who paid was not content.
        Complaint = "complaint",
        /// It was paid twice.
        PaidTwice = "paid_twice",
        /// Somebody else had paid with the account.
        Fraud = "fraud",
        /// Another reason.
        Other = "other",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A payment was made.
    ///
    /// Version 1 had the amount as a decimal number without a currency, and did not tell the payer from the student. Its schema is kept
    /// next to the others.
    #[event(topic = "billing.payment.completed", owner = "payment", version = 2, upcasters = "from_1")]
    #[event(key = "user_id", subject = "student_id")]
    pub struct PaymentCompleted {
        /// The payment.
        pub payment_id: Id,
        /// Who paid.
        pub user_id: Id,
        /// For whom.
        pub student_id: Id,
        /// Who teaches: the lesson, or the course if one person does.
        pub tutor_id: Option<Id>,
        /// What was paid for.
        pub payment_type: PaymentType,
        /// The lesson, if it is for one. Payments of version 1 do not name it.
        #[garde(custom(only_if(self.payment_type == PaymentType::Lesson)))]
        pub lesson_id: Option<Id>,
        /// The booking of the lesson, if it had one.
        #[garde(custom(only_if(self.payment_type == PaymentType::Lesson)))]
        pub booking_id: Option<Id>,
        /// The course, if it is for one.
        #[garde(custom(exactly_if(self.payment_type == PaymentType::Course)))]
        pub course_id: Option<Id>,
        /// How much.
        pub amount: Private<Money>,
        /// When.
        pub completed_at: Timestamp,
    }
    example r#"{
        "paymentId": "pay-1", "userId": "u-guardian", "studentId": "u-11391", "tutorId": "u-tutor",
        "paymentType": "lesson", "lessonId": "lesson-1", "bookingId": "b-1", "courseId": null,
        "amount": {"amountMinor": 4500, "currency": "USD"}, "completedAt": "2026-10-06T17:00:05Z"
    }"#

    /// Money was given back to whoever had paid.
    #[event(topic = "billing.payment.refunded", owner = "payment")]
    #[event(key = "user_id", subject = "student_id", roles = "admin")]
    pub struct PaymentRefunded {
        /// The refund.
        pub refund_id: Id,
        /// The payment.
        pub payment_id: Id,
        /// Who had paid.
        pub user_id: Id,
        /// For whom.
        pub student_id: Id,
        /// How much was given back.
        pub amount: Private<Money>,
        /// Whether nothing of the payment is left.
        pub is_whole: bool,
        /// Why.
        pub reason: Private<RefundReason>,
        /// What there is to say about it.
        pub note: Option<PrivateText<1_000>>,
        /// Who decided; nobody if a rule did.
        pub refunded_by_id: Option<Id>,
        /// When.
        pub refunded_at: Timestamp,
    }
    example r#"{
        "refundId": "ref-1", "paymentId": "pay-1", "userId": "u-guardian", "studentId": "u-11391",
        "amount": {"amountMinor": 2250, "currency": "USD"}, "isWhole": false, "reason": "complaint",
        "note": "Half of the lesson was lost.", "refundedById": "u-admin", "refundedAt": "2026-10-08T09:00:00Z"
    }"#
}

/// What the amounts of version 1 are read in. It named no currency: the platform that it comes from keeps to the law of the United
/// States (FERPA, IDEA, Section 504) and charged there.
const CURRENCY_OF_1: &str = "USD";

/// Brings a payment of version 1 to version 2.
///
/// The decimal amount becomes US cents, exactly: more than two decimals are refused, not rounded. `LESSON` and `COURSE` become words of
/// [`PaymentType`], `timestamp` becomes `completedAt`, and who paid is also for whom it was, as version 1 knew one person only. What
/// version 1 did not know is left out.
#[expect(clippy::needless_pass_by_value, reason = "upcasters are given the payload")]
fn from_1(payment: Value) -> Result<Value, String> {
    let there = |name: &str| payment.get(name).filter(|value| !value.is_null());
    let text = |name: &str| there(name).and_then(Value::as_str).ok_or_else(|| format!("{name}: expected a text"));
    let text_if_there = |name: &str| there(name).map(|_| text(name)).transpose();
    let payment_type = match text("paymentType")? {
        "LESSON" => PaymentType::Lesson,
        "COURSE" => PaymentType::Course,
        _ => return Err("paymentType: expected one of `LESSON`, `COURSE`".to_owned()),
    };
    let course_id = match payment_type {
        PaymentType::Course => Some(text("courseId")?),
        // Version 1 let a lesson have a course too. What was paid for is the lesson.
        PaymentType::Lesson => None,
    };
    let amount_minor = there("amount").and_then(Value::as_number).and_then(hundredths).ok_or_else(|| {
        let max = Money::AMOUNT_MINOR_MAX / 100;
        format!("amount: expected a number from 0 to {max} with at most two decimals")
    })?;
    Ok(json!({
        "paymentId": text("paymentId")?,
        "userId": text("userId")?,
        "studentId": text("userId")?,
        "tutorId": text_if_there("tutorId")?,
        "paymentType": payment_type,
        "courseId": course_id,
        "amount": { "amountMinor": amount_minor, "currency": CURRENCY_OF_1 },
        "completedAt": text("timestamp")?,
    }))
}

/// A number with at most two decimals as hundredths, if it can be an amount.
///
/// It works on how the number is written, as multiplying would round: 1.15 × 100 is 114.99999999999999.
fn hundredths(number: &Number) -> Option<i64> {
    let written = number.to_string();
    let (whole, decimals) = written.split_once('.').unwrap_or((&written, ""));
    if decimals.len() > 2 {
        return None;
    }
    // What is written with an exponent is no number of digits alone, and not read here: it is far too large or too small.
    let hundredths = format!("{whole}{decimals:0<2}").parse().ok()?;
    (0..=Money::AMOUNT_MINOR_MAX).contains(&hundredths).then_some(hundredths)
}

#[cfg(test)]
mod tests {
    use fabric_core::{Descriptor, upcast::to_version};
    use proptest::prelude::*;

    use super::*;

    /// What the schema of version 1 shows as an example.
    fn example_of_1() -> Value {
        let schema = include_str!("../../../../config/schemas/billing.payment.completed.v1.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        assert_eq!(schema["$id"], "urn:fabric:billing.payment.completed:1");
        assert!(jsonschema::is_valid(&schema, &schema["examples"][0]));
        schema["examples"][0].clone()
    }

    /// The amount of a payment of version 1 in US cents, or what was wanted.
    fn cents(amount: &str) -> Result<i64, String> {
        let mut payment = example_of_1();
        payment["amount"] = serde_json::from_str(amount).unwrap();
        from_1(payment).map(|payment| payment["amount"]["amountMinor"].as_i64().unwrap())
    }

    #[test]
    fn a_payment_of_version_1_is_one_of_version_2() {
        let descriptor = Descriptor::of::<PaymentCompleted>();
        let body = to_version(1, 2, descriptor.upcasters, example_of_1().to_string().as_bytes()).unwrap();
        let payment: PaymentCompleted = fabric_core::event::read(&body).unwrap();
        let id = |id: &str| Id::try_new(id).unwrap();
        let expected = PaymentCompleted {
            payment_id: id("pay-1"),
            user_id: id("u-11391"),
            student_id: id("u-11391"),
            tutor_id: Some(id("u-tutor")),
            payment_type: PaymentType::Course,
            lesson_id: None,
            booking_id: None,
            course_id: Some(id("c-AAA")),
            amount: Money::try_new(14_995, "USD".parse().unwrap()).unwrap().into(),
            completed_at: "2024-01-15T10:30:00Z".parse().unwrap(),
        };
        assert_eq!(payment, expected);
    }

    #[test]
    fn amounts_become_cents_exactly_or_are_refused() {
        let taken: &[(&str, i64)] = &[
            ("0", 0),
            ("0.0", 0),
            ("-0.0", 0),
            ("0.01", 1),
            ("0.1", 10),
            ("45", 4_500),
            ("45.00", 4_500),
            ("1.15", 115),
            ("0.29", 29),
            ("19.99", 1_999),
            ("4.5e1", 4_500),
            ("9999999999.99", 999_999_999_999),
            ("10000000000", Money::AMOUNT_MINOR_MAX),
        ];
        for (amount, expected) in taken {
            assert_eq!(cents(amount), Ok(*expected), "{amount}");
        }
        let refused = [
            "-1",
            "-0.01",
            "0.001",
            "19.999",
            "0.30000000000000004",
            "1e-7",
            "10000000000.01",
            "10000000001",
            "1e20",
            "1.5e300",
            "null",
            "\"NaN\"",
            "\"19.99\"",
            "[19.99]",
            "true",
        ];
        for amount in refused {
            let expected = "amount: expected a number from 0 to 10000000000 with at most two decimals";
            assert_eq!(cents(amount), Err(expected.to_owned()), "{amount}");
        }
    }

    #[test]
    fn each_field_that_is_wrong_is_named() {
        let table = [
            ("paymentId", json!(7), "paymentId: expected a text"),
            ("userId", json!(null), "userId: expected a text"),
            ("tutorId", json!(7), "tutorId: expected a text"),
            ("paymentType", json!("lesson"), "paymentType: expected one of `LESSON`, `COURSE`"),
            ("courseId", json!(null), "courseId: expected a text"),
            ("timestamp", json!(1_705_314_600), "timestamp: expected a text"),
        ];
        for (field, value, expected) in table {
            let mut payment = example_of_1();
            payment[field] = value;
            assert_eq!(from_1(payment), Err(expected.to_owned()));
        }
        for nothing in [json!(null), json!([]), json!({})] {
            assert_eq!(from_1(nothing), Err("paymentType: expected a text".to_owned()));
        }
    }

    #[test]
    fn a_lesson_of_version_1_needs_no_course_and_a_course_no_tutor() {
        let mut lesson = example_of_1();
        lesson["paymentType"] = json!("LESSON");
        lesson["courseId"] = json!(null);
        assert_eq!(from_1(lesson).unwrap()["paymentType"], "lesson");
        let mut course = example_of_1();
        course.as_object_mut().unwrap().remove("tutorId");
        assert_eq!(from_1(course).unwrap()["tutorId"], json!(null));
    }

    proptest! {
        #[test]
        fn every_amount_of_two_decimals_is_kept(amount_minor in 0..=Money::AMOUNT_MINOR_MAX) {
            let (whole, cents_left) = (amount_minor / 100, amount_minor % 100);
            prop_assert_eq!(cents(&format!("{whole}.{cents_left:02}")), Ok(amount_minor));
        }
    }
}
