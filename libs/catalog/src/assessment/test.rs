//! Tests, before anybody takes them.

use jiff::Timestamp;

use super::{QUESTIONS_MAX, above_zero};
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Points, Threshold, not_before_if_known},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A test was created. Students do not see it before it is published.
    #[event(topic = "assessment.test.created", owner = "academic")]
    #[event(key = "test_id", roles = "teacher admin")]
    pub struct TestCreated
    /// A test was changed. The event carries all of it as it is now.
    #[event(topic = "assessment.test.updated", owner = "academic")]
    #[event(key = "test_id", roles = "teacher admin")]
    pub struct TestUpdated {
        /// The test.
        pub test_id: Id,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// What students should know before they begin.
        #[garde(length(chars, min = 1, max = 10_000))]
        pub description: Option<String>,
        /// The class that it is for.
        pub class_id: Id,
        /// The school.
        pub school_id: Option<Id>,
        /// The gradebook's assignment that its results count in.
        pub line_item_id: Option<Id>,
        /// The highest possible score.
        #[garde(custom(above_zero))]
        #[schemars(extend("exclusiveMinimum" = 0))]
        pub max_score: Points,
        /// From which share of it on a student has passed.
        pub passing_percent: Option<Threshold>,
        /// How long a student has; as long as it is open if nothing is named.
        #[garde(range(min = 1, max = 10_080))]
        pub time_limit_minutes: Option<u16>,
        /// How often a student may take it.
        #[garde(range(min = 1, max = 100))]
        pub max_attempts: u8,
        /// From when on it can be taken.
        pub opens_at: Option<Timestamp>,
        /// Until when it can be taken.
        #[garde(custom(not_before_if_known(self.opens_at)))]
        pub closes_at: Option<Timestamp>,
        /// Who created or changed it.
        pub author_id: Id,
        /// When.
        pub changed_at: Timestamp,
    }
    example r#"{
        "testId": "test-1", "title": "Linear equations", "description": "Calculators are allowed.",
        "classId": "k-AAA-2026J", "schoolId": "ou-AAA", "lineItemId": "li-1752", "maxScore": 40.5,
        "passingPercent": 60.5, "timeLimitMinutes": 45, "maxAttempts": 2, "opensAt": "2026-10-19T07:00:00Z",
        "closesAt": "2026-10-19T15:00:00Z", "authorId": "u-teacher", "changedAt": "2026-10-12T09:00:00Z"
    }"#

    /// A test was published: students can take it as soon as it is open.
    #[event(topic = "assessment.test.published", owner = "academic")]
    #[event(key = "test_id", roles = "teacher admin")]
    pub struct TestPublished {
        /// The test.
        pub test_id: Id,
        /// The class that it is for.
        pub class_id: Id,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// Its questions, in the order in which they are asked.
        #[garde(length(min = 1, max = QUESTIONS_MAX))]
        pub question_ids: Vec<Id>,
        /// The highest possible score.
        #[garde(custom(above_zero))]
        #[schemars(extend("exclusiveMinimum" = 0))]
        pub max_score: Points,
        /// From when on it can be taken.
        pub opens_at: Option<Timestamp>,
        /// Until when it can be taken.
        #[garde(custom(not_before_if_known(self.opens_at)))]
        pub closes_at: Option<Timestamp>,
        /// Who published it.
        pub published_by_id: Id,
        /// When.
        pub published_at: Timestamp,
    }
    example r#"{
        "testId": "test-1", "classId": "k-AAA-2026J", "title": "Linear equations", "questionIds": ["q-1", "q-2"],
        "maxScore": 40.5, "opensAt": "2026-10-19T07:00:00Z", "closesAt": "2026-10-19T15:00:00Z",
        "publishedById": "u-teacher", "publishedAt": "2026-10-14T09:00:00Z"
    }"#
}
