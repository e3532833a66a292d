//! Section 504: plans for students whom a disability limits, and who do not need special education for it.

mod accommodation;
mod plan;

pub use crate::special_programs::{
    Accommodation, AccommodationKind, AccommodationUse, ExitReason, MeetingPurpose, ReviewKind, Section504PlanArchived,
    Section504ReviewScheduled, Section504TeamMeetingScheduled,
};
pub use accommodation::{Section504AccommodationAdded, Section504AccommodationRemoved, Section504AccommodationUpdated};
pub use plan::{LifeActivity, Section504PlanCreated, Section504PlanUpdated};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[accommodation::EVENTS, plan::EVENTS];
