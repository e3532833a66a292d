//! What the special programmes (IEP, Section 504, ESL, gifted) have in common: plans that are reviewed and archived, meetings,
//! accommodations, tests, and the reasons why somebody leaves.
//!
//! That a student is in such a programme is nobody's business, and neither is anything that an event tells about it: what is not an id, a
//! time or the name of a test is personal here.

mod accommodation;
mod meeting;
mod plan;

use jiff::civil::Date;

use crate::{
    declare::{Deserialize, JsonSchema, Serialize, Validate},
    values::{Portion, Score, vocabulary},
};

pub use accommodation::{Accommodation, AccommodationKind, AccommodationUse};
pub use meeting::{
    IepReviewScheduled, IepTeamMeetingScheduled, MeetingPurpose, ReviewKind, Section504ReviewScheduled,
    Section504TeamMeetingScheduled,
};
pub use plan::{IepPlanArchived, Section504PlanArchived};

vocabulary! {
    /// Why a student leaves a special programme, or a plan is no longer in force.
    pub enum ExitReason: "a reason to leave a programme" {
        /// What it was for is reached.
        GoalsMet = "goals_met",
        /// The student no longer meets the conditions.
        NoLongerEligible = "no_longer_eligible",
        /// Another plan or programme takes its place.
        Replaced = "replaced",
        /// The family, or the student of age, no longer agrees.
        FamilyRequest = "family_request",
        /// The student finished school.
        Graduated = "graduated",
        /// The student is too old for it.
        AgedOut = "aged_out",
        /// The student goes to another school.
        Transferred = "transferred",
        /// The student left without finishing.
        Left = "left",
        /// Anything else.
        Other = "other",
    }
}

/// What a standard test said about a student.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct TestResult {
    /// The name of the test, such as `WIDA Screener`.
    #[garde(length(chars, min = 1, max = 255))]
    pub instrument: String,
    /// The score, on the test's scale.
    pub score: Option<Score>,
    /// How many percent of all who take the test score lower.
    pub percentile: Option<Portion>,
    /// The day on which it was taken.
    pub taken_date: Date,
}

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[meeting::EVENTS, plan::EVENTS];
