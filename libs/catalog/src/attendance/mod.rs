//! Attendance: who was there, who was not and why, and what is calculated from it.

mod absence;
mod calculated;
mod record;

pub use absence::{AbsenceExcused, AbsenceReason, AbsenceRecorded, TardyRecorded};
pub use calculated::{
    AttendanceRateCalculated, AttendanceThreshold, AttendanceThresholdBreached, DailySummaryCalculated,
};
pub use record::{AttendanceMarked, AttendanceStatus, AttendanceUpdated};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[absence::EVENTS, calculated::EVENTS, record::EVENTS];
