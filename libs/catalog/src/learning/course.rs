//! Courses: published, opened to somebody, completed.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Language, Money, Percent, needed_if, not_before_if_known, vocabulary},
};

vocabulary! {
    /// Why somebody may take a course.
    pub enum AccessBasis: "a basis of access" {
        /// It was paid for.
        Payment = "payment",
        /// A school gave it.
        School = "school",
        /// It costs nothing.
        Free = "free",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A course was published: from now on people can take it.
    #[event(topic = "learning.course.published", owner = "academic")]
    #[event(key = "course_id", roles = "teacher tutor verified_tutor admin")]
    pub struct CoursePublished {
        /// The course.
        pub course_id: Id,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// What it is about.
        #[garde(length(chars, min = 1, max = 10_000))]
        pub description: Option<String>,
        /// The language that it is held in.
        pub language: Language,
        /// Who made it.
        pub author_id: Id,
        /// Its modules, in the order in which they are taken.
        #[garde(length(min = 1, max = 500))]
        pub module_ids: Vec<Id>,
        /// What it costs; nothing if no price is named.
        pub price: Option<Money>,
        /// When.
        pub published_at: Timestamp,
    }
    example r#"{
        "courseId": "c-AAA", "title": "Algebra 1", "description": "From fractions to linear equations.",
        "language": "en", "authorId": "u-tutor", "moduleIds": ["mod-1", "mod-2"],
        "price": {"amountMinor": 14995, "currency": "USD"}, "publishedAt": "2026-09-01T08:00:00Z"
    }"#

    /// Somebody may take a course from now on.
    #[event(topic = "learning.course_access.granted", owner = "academic")]
    #[event(key = "user_id", subject = "user_id", roles = "teacher admin")]
    pub struct CourseAccessGranted {
        /// Who may take it.
        pub user_id: Id,
        /// The course.
        pub course_id: Id,
        /// Why.
        pub basis: AccessBasis,
        /// The payment, if it was paid for.
        #[garde(custom(needed_if(self.basis == AccessBasis::Payment)))]
        pub payment_id: Option<Id>,
        /// Who decided; nobody if a rule did.
        pub granted_by_id: Option<Id>,
        /// When.
        pub granted_at: Timestamp,
        /// Until when; for good if no time is named.
        #[garde(custom(not_before_if_known(Some(self.granted_at))))]
        pub expires_at: Option<Timestamp>,
    }
    example r#"{
        "userId": "u-11391", "courseId": "c-AAA", "basis": "payment", "paymentId": "pay-1", "grantedById": null,
        "grantedAt": "2026-10-06T17:00:06Z", "expiresAt": "2027-10-06T17:00:06Z"
    }"#

    /// A student completed a course.
    #[event(topic = "learning.course.completed", aggregate = "progress", owner = "academic")]
    #[event(key = "student_id", subject = "student_id")]
    pub struct CourseCompleted {
        /// The student.
        pub student_id: Id,
        /// The course.
        pub course_id: Id,
        /// How well, if anything in it was graded.
        pub score_percent: Option<Percent>,
        /// When the last part of it was done.
        pub completed_at: Timestamp,
    }
    example r#"{
        "studentId": "u-11391", "courseId": "c-AAA", "scorePercent": 82.625, "completedAt": "2027-01-20T16:30:00Z"
    }"#
}
