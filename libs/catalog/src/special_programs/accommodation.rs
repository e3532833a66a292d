//! Accommodations: what teachers do differently, so that a student can show what the student knows.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::{
    declare::{Deserialize, JsonSchema, Serialize, Validate},
    values::{Id, Private, PrivateText, not_before_if_known, vocabulary},
};

vocabulary! {
    /// What is done differently.
    pub enum AccommodationKind: "a kind of accommodation" {
        /// How the student is given something: read aloud, in large print.
        Presentation = "presentation",
        /// How the student answers: by voice, to a scribe.
        Response = "response",
        /// Where the student works: in a small group, in a quiet room.
        Setting = "setting",
        /// How long the student has, and when: more time, breaks.
        Timing = "timing",
        /// A device or program that helps.
        AssistiveTechnology = "assistive_technology",
        /// Help with behaviour.
        Behavior = "behavior",
        /// Help with health: medicine, food, rest.
        Health = "health",
        /// Anything else.
        Other = "other",
    }

    /// What an accommodation holds for.
    pub enum AccommodationUse: "a use of an accommodation" {
        /// Lessons.
        Instruction = "instruction",
        /// Homework.
        Homework = "homework",
        /// Tests that the teacher sets.
        ClassTest = "class_test",
        /// Tests that the state or district sets.
        StandardTest = "standard_test",
        /// Breaks, meals, trips and the way to school.
        SchoolLife = "school_life",
    }
}

/// One accommodation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct Accommodation {
    /// The accommodation.
    pub accommodation_id: Id,
    /// What is done differently.
    pub kind: Private<AccommodationKind>,
    /// The same in words, for those who do it.
    pub description: PrivateText<2_000>,
    /// What it holds for.
    #[garde(length(min = 1))]
    pub uses: Private<BTreeSet<AccommodationUse>>,
    /// The classes that it holds in; every class if none is named.
    #[serde(default)]
    #[garde(length(max = 50))]
    pub class_ids: BTreeSet<Id>,
    /// The first day on which it holds.
    pub begin_date: Date,
    /// The last day, if it is known.
    #[garde(custom(not_before_if_known(Some(self.begin_date))))]
    pub end_date: Option<Date>,
}
