//! How well a student has the language of the lessons.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    special_programs::TestResult,
    values::{Id, Private, PrivateText, vocabulary},
};

vocabulary! {
    /// How well somebody has a language: the six levels of WIDA, from the lowest.
    pub enum ProficiencyLevel: "a level of proficiency" {
        /// Single words (1).
        Entering = "entering",
        /// Short phrases (2).
        Emerging = "emerging",
        /// Simple sentences (3).
        Developing = "developing",
        /// Sentences of several parts (4).
        Expanding = "expanding",
        /// Nearly as others of the same age (5).
        Bridging = "bridging",
        /// As others of the same age (6).
        Reaching = "reaching",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student has the language of the lessons better than before, or less well.
    #[event(topic = "esl.proficiency_level.changed", aggregate = "enrollment", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor admin")]
    pub struct EslProficiencyLevelChanged {
        /// The enrollment.
        pub enrollment_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The level before.
        pub previous_level: Private<ProficiencyLevel>,
        /// The level from now on, over all.
        #[garde(custom(another_than(self.previous_level)))]
        pub level: Private<ProficiencyLevel>,
        /// The level in listening, if it is known.
        pub listening_level: Option<Private<ProficiencyLevel>>,
        /// The level in speaking, if it is known.
        pub speaking_level: Option<Private<ProficiencyLevel>>,
        /// The level in reading, if it is known.
        pub reading_level: Option<Private<ProficiencyLevel>>,
        /// The level in writing, if it is known.
        pub writing_level: Option<Private<ProficiencyLevel>>,
        /// The test that says so; none if a teacher judged it.
        #[garde(dive)]
        pub test: Option<TestResult>,
        /// The day from which the level holds.
        pub effective_date: Date,
        /// What there is to say about it.
        pub note: Option<PrivateText<2_000>>,
        /// Who says so; nobody if the test was read in.
        pub changed_by_id: Option<Id>,
        /// When.
        pub changed_at: Timestamp,
    }
    example r#"{
        "enrollmentId": "esl-1", "studentId": "u-28400", "schoolId": "ou-AAA", "previousLevel": "emerging",
        "level": "developing", "listeningLevel": "expanding", "speakingLevel": "developing",
        "readingLevel": "developing", "writingLevel": "emerging",
        "test": {"instrument": "WIDA ACCESS", "score": 3.25, "percentile": 33.75, "takenDate": "2027-02-16"},
        "effectiveDate": "2027-05-10", "note": "João likes to tell stories.", "changedById": "u-counselor",
        "changedAt": "2027-05-10T12:00:00Z"
    }"#
}

/// The rule that a change changes something.
fn another_than(previous: Private<ProficiencyLevel>) -> impl FnOnce(&Private<ProficiencyLevel>, &()) -> garde::Result {
    move |level, ()| if *level == previous { Err(garde::Error::new("the same level as before")) } else { Ok(()) }
}
