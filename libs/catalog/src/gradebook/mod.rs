//! Gradebook: assignments, grades, and what is calculated from them.

mod assignment;
mod calculated;
mod grade;

pub use assignment::{
    AssignmentCreated, AssignmentDeleted, AssignmentMissed, AssignmentPublished, AssignmentUpdated,
    CategoryWeightChanged,
};
pub use calculated::{AverageCalculated, GpaUpdated, PerformanceMeasured};
pub use grade::{
    BulkGrade, BulkGradesUpdated, ExtraCreditApplied, GradeCreated, GradeOverridden, GradePosted, GradeUpdated,
    GradeWithdrawn,
};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[assignment::EVENTS, calculated::EVENTS, grade::EVENTS];
