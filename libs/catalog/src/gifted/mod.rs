//! Gifted: students who can do more than others of their age, from the nomination to the end of the programme.

mod enrollment;
mod nomination;

use crate::values::vocabulary;

pub use crate::special_programs::{ExitReason, TestResult};
pub use enrollment::{GiftedEnrollmentCreated, GiftedProgramExited, GiftedService, GiftedServicesUpdated};
pub use nomination::{GiftedIdentificationCompleted, GiftedNominationCreated, IdentificationDecision, Nominator};

vocabulary! {
    /// What a student is gifted in.
    pub enum GiftedArea: "an area of gifts" {
        /// Everything that asks for thinking.
        GeneralIntellect = "general_intellect",
        /// Languages and literature.
        LanguageArts = "language_arts",
        /// Mathematics.
        Mathematics = "mathematics",
        /// Science.
        Science = "science",
        /// History and society.
        SocialStudies = "social_studies",
        /// New ideas.
        Creativity = "creativity",
        /// Leading others.
        Leadership = "leadership",
        /// Music, theatre, dance and the arts that are seen.
        Arts = "arts",
    }
}

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[enrollment::EVENTS, nomination::EVENTS];
