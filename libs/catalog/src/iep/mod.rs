//! IEP: individualized education programs, the plans that the IDEA asks for where a disability needs special education.

mod goal;
mod plan;
mod support;

pub use crate::special_programs::{
    Accommodation, AccommodationKind, AccommodationUse, ExitReason, IepPlanArchived, IepReviewScheduled,
    IepTeamMeetingScheduled, MeetingPurpose, ReviewKind,
};
pub use goal::{GoalArea, GoalOutcome, GoalProgress, IepGoalAdded, IepGoalArchived, IepGoalUpdated};
pub use plan::{Disability, IepPlanCreated, IepPlanUpdated, Placement};
pub use support::{
    AccommodationChange, IepAccommodationModified, IepServiceHoursUpdated, RelatedService, ServiceSetting,
};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[goal::EVENTS, plan::EVENTS, support::EVENTS];
