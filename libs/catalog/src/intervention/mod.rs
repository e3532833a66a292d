//! Intervention: help for students who fall behind, from the first sign to the end of the case.

mod case;
mod goal;

pub use case::{
    CaseClosed, CaseCreated, CaseOutcome, CaseStatus, CaseTriggered, CaseUpdated, InterventionKind, TriggerReason,
};
pub use goal::{GoalAchieved, GoalSet, TierChanged};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[case::EVENTS, goal::EVENTS];
