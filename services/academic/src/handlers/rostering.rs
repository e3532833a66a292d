//! What the roster takes in. None of these reacts: other services and the gradebook read the roster.

use fabric::{Fault, Moment, ReadModel as _};
use fabric_catalog::{
    demographics::{EnrollmentCreated, EnrollmentEnded, EnrollmentUpdated},
    rostering::{
        AcademicSessionClosed, AcademicSessionCreated, BellScheduleUpdated, CalendarUpdated, ClassArchived,
        ClassCreated, ClassUpdated, CourseCreated, CourseUpdated, OrganizationCreated, OrganizationUpdated,
        RoomAssigned, SchedulePublished, SectionArchived, SectionCreated, SectionUpdated, StudentEnrolled,
        StudentWithdrawn, TeacherAssigned, TeacherUnassigned,
    },
};

use super::Academic;
use crate::model::roster::Roster;

/// Declares handlers that take an event into the roster: `name(event, at) => what the roster takes in`.
macro_rules! roster_handlers {
    ($($(#[$doc:meta])* $name:ident: $event:ty => |$roster:ident, $e:ident, $at:ident| $take:expr;)+) => {$(
        $(#[$doc])*
        pub async fn $name($e: $event, context: Academic) -> Result<(), Fault> {
            update(&context, |$roster, $at| $take);
            Ok(())
        }
    )+};
}

fn update(context: &Academic, change: impl FnOnce(&mut Roster, Moment)) {
    let at = context.moment();
    context.state().roster.update(context.tenant(), |roster| change(roster, at));
}

roster_handlers! {
    /// An organization is there.
    organization_created: OrganizationCreated =>
        |roster, event, at| roster.set_organization(&event.org_id, (&event).into(), at);
    /// An organization is another one now.
    organization_updated: OrganizationUpdated =>
        |roster, event, at| roster.set_organization(&event.org_id, (&event).into(), at);

    /// School years, terms: one is there.
    academic_session_created: AcademicSessionCreated =>
        |roster, event, at| roster.set_session(&event.session_id, (&event).into(), at);
    /// School years, terms: one is over.
    academic_session_closed: AcademicSessionClosed => |roster, event, _at| roster.close_session(&event);

    /// The catalogue of courses: one is there.
    course_created: CourseCreated => |roster, event, at| roster.set_course(&event.course_id, (&event).into(), at);
    /// The catalogue of courses: one is another one now.
    course_updated: CourseUpdated => |roster, event, at| roster.set_course(&event.course_id, (&event).into(), at);

    /// Initialises a class.
    class_creation: ClassCreated =>
        |roster, event, at| roster.class_mut(&event.class_id).set_facts((&event).into(), at);
    /// Class data: it is another one now.
    class_updated: ClassUpdated =>
        |roster, event, at| roster.class_mut(&event.class_id).set_facts((&event).into(), at);
    /// Class data: it is no longer taught.
    class_archived: ClassArchived => |roster, event, at| roster.class_mut(&event.class_id).archive(at);

    /// Syncs rosters: somebody was enrolled.
    enrollment_created: EnrollmentCreated =>
        |roster, event, at| roster.class_mut(&event.class_id).join(&event.user_id, (&event).into(), at);
    /// Syncs rosters: an enrollment is another one now.
    enrollment_updated: EnrollmentUpdated =>
        |roster, event, at| roster.class_mut(&event.class_id).join(&event.user_id, (&event).into(), at);
    /// Syncs rosters: an enrollment ended.
    enrollment_ended: EnrollmentEnded =>
        |roster, event, at| roster.class_mut(&event.class_id).leave(&event.user_id, (&event).into(), at);
    /// Syncs rosters: a student was put on one.
    student_enrolled: StudentEnrolled =>
        |roster, event, at| roster.class_mut(&event.class_id).join(&event.student_id, (&event).into(), at);
    /// Syncs rosters: a student was taken off one.
    student_withdrawn: StudentWithdrawn =>
        |roster, event, at| roster.class_mut(&event.class_id).leave(&event.student_id, (&event).into(), at);

    /// Teachers: one has the class now.
    teacher_assigned: TeacherAssigned =>
        |roster, event, at| roster.class_mut(&event.class_id).join(&event.teacher_id, (&event).into(), at);
    /// Teachers: one no longer has the class.
    teacher_unassigned: TeacherUnassigned =>
        |roster, event, at| roster.class_mut(&event.class_id).leave(&event.teacher_id, (&event).into(), at);

    /// Sections: one is there.
    section_created: SectionCreated => |roster, event, at| {
        roster.class_mut(&event.class_id).set_section(&event.section_id, Some((&event).into()), at);
    };
    /// Sections: one is another one now.
    section_updated: SectionUpdated => |roster, event, at| {
        roster.class_mut(&event.class_id).set_section(&event.section_id, Some((&event).into()), at);
    };
    /// Sections: one is no longer taught.
    section_archived: SectionArchived =>
        |roster, event, at| roster.class_mut(&event.class_id).set_section(&event.section_id, None, at);

    /// Schedules: a school's timetable, or a part of one.
    schedule: SchedulePublished =>
        |roster, event, at| roster.school_mut(&event.school_id).set_timetable(&event, at);
    /// Rooms: where a class meets.
    room_assignment: RoomAssigned =>
        |roster, event, at| roster.class_mut(&event.class_id).set_room((&event).into(), at);
    /// Periods: a school's bells.
    bell_schedule: BellScheduleUpdated => |roster, event, at| roster.school_mut(&event.school_id).set_bells(&event, at);
    /// The calendar: a school's days that are not as usual.
    calendar: CalendarUpdated => |roster, event, at| roster.school_mut(&event.school_id).set_calendar(&event, at);
}
