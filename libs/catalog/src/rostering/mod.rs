//! Rostering: organizations, school years, courses, classes, who is in them, and when and where they meet.

mod calendar;
mod class;
mod import;
mod organization;
mod roster;

pub use calendar::{
    BellPeriod, BellScheduleUpdated, CalendarDay, CalendarUpdated, DayKind, RoomAssigned, ScheduleEntry,
    SchedulePublished, Weekday,
};
pub use class::{ClassArchived, ClassCreated, ClassUpdated, SectionArchived, SectionCreated, SectionUpdated};
pub use import::{ImportCompleted, ImportFormat, ImportMode, ImportRecordRejected, ImportStarted, ImportedFile};
pub use organization::{
    AcademicSessionClosed, AcademicSessionCreated, CourseCreated, CourseUpdated, OrganizationCreated,
    OrganizationUpdated,
};
pub use roster::{StudentEnrolled, StudentWithdrawn, TeacherAssigned, TeacherUnassigned};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] =
    &[calendar::EVENTS, class::EVENTS, import::EVENTS, organization::EVENTS, roster::EVENTS];
