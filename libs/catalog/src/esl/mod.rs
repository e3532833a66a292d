//! ESL: students who learn the language of their lessons beside the lessons.

mod enrollment;
mod proficiency;

pub use crate::special_programs::{ExitReason, TestResult};
pub use enrollment::{EslEnrollmentCreated, EslModel, EslProgramExited, EslServicesUpdated};
pub use proficiency::{EslProficiencyLevelChanged, ProficiencyLevel};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[enrollment::EVENTS, proficiency::EVENTS];
