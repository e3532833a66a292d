//! Learning: courses, who may take them, and how far a student has come. Everything about one student stays in order.

mod course;
mod progress;
mod session;

pub use course::{AccessBasis, CourseAccessGranted, CourseCompleted, CoursePublished};
pub use progress::{ModuleCompleted, PathAssigned, ProgressUpdated};
pub use session::{DeviceInfo, DeviceType, SessionEnd, SessionEnded, SessionStarted};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[course::EVENTS, progress::EVENTS, session::EVENTS];
