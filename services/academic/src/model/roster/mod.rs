//! The roster: organizations, sessions and courses, the classes with the people in them, and the schools' times.

mod class;
mod school;

use std::collections::HashMap;

use fabric::{Latest, Moment};
use fabric_catalog::{
    rostering::{
        AcademicSessionClosed, AcademicSessionCreated, CourseCreated, CourseUpdated, OrganizationCreated,
        OrganizationUpdated,
    },
    values::{Id, OrgType, SchoolYear, SessionType},
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

pub use class::{Class, ClassFacts, Member, Room, RosterView, Section};
pub use school::{Bells, School, Timetable};

/// Everything that is known of the schools, of one tenant.
#[derive(Debug, Default)]
pub struct Roster {
    organizations: HashMap<Id, Latest<Organization>>,
    sessions: HashMap<Id, Session>,
    courses: HashMap<Id, Latest<Course>>,
    classes: HashMap<Id, Class>,
    schools: HashMap<Id, School>,
}

/// A school, a district or a department.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// What kind of organization it is.
    pub org_type: OrgType,
    /// The organization that it is a part of.
    pub parent_id: Option<Id>,
}

/// A school year, a semester, a term or a grading period.
#[derive(Debug, Clone, Default)]
pub struct Session {
    facts: Latest<SessionFacts>,
    closed_at: Option<Timestamp>,
}

/// What there is to know of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionFacts {
    /// Its title.
    pub title: String,
    /// What kind of time it is.
    pub session_type: SessionType,
    /// Its first day.
    pub start_date: Date,
    /// The day on which it ends.
    pub end_date: Date,
    /// The school year that it belongs to.
    pub school_year: SchoolYear,
}

/// What classes teach.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Its title.
    pub title: String,
    /// Its code in the catalogue of courses.
    pub course_code: Option<String>,
    /// The organization that offers it.
    pub org_id: Id,
}

/// Makes a value from events that have the same fields.
macro_rules! value_from {
    ($value:ident $fields:tt from $($event:ty),+) => {
        $($crate::model::roster::value_from!(@one $value $fields $event);)+
    };
    (@one $value:ident { $($field:ident),+ } $event:ty) => {
        impl From<&$event> for $value {
            fn from(event: &$event) -> Self {
                Self { $($field: event.$field.clone()),+ }
            }
        }
    };
}
pub(crate) use value_from;

value_from!(Organization { name, org_type, parent_id } from OrganizationCreated, OrganizationUpdated);
value_from!(SessionFacts { title, session_type, start_date, end_date, school_year } from AcademicSessionCreated);
value_from!(Course { title, course_code, org_id } from CourseCreated, CourseUpdated);

impl Roster {
    /// Takes in an organization as it is now.
    pub fn set_organization(&mut self, org_id: &Id, organization: Organization, at: Moment) {
        self.organizations.entry(org_id.clone()).or_default().set(at, organization);
    }

    /// Takes in an academic session as it is now.
    pub fn set_session(&mut self, session_id: &Id, facts: SessionFacts, at: Moment) {
        self.sessions.entry(session_id.clone()).or_default().facts.set(at, facts);
    }

    /// Takes in that a session was closed: its grades are final.
    pub fn close_session(&mut self, event: &AcademicSessionClosed) {
        let session = self.sessions.entry(event.session_id.clone()).or_default();
        session.closed_at = session.closed_at.max(Some(event.closed_at));
    }

    /// Takes in a course as it is now.
    pub fn set_course(&mut self, course_id: &Id, course: Course, at: Moment) {
        self.courses.entry(course_id.clone()).or_default().set(at, course);
    }

    /// A class, to change it. It may be heard of before it is created: events of different topics come in any order.
    pub fn class_mut(&mut self, class_id: &Id) -> &mut Class {
        self.classes.entry(class_id.clone()).or_default()
    }

    /// A school's times, to change them.
    pub fn school_mut(&mut self, school_id: &Id) -> &mut School {
        self.schools.entry(school_id.clone()).or_default()
    }

    /// An organization.
    pub fn organization(&self, org_id: &Id) -> Option<&Organization> {
        self.organizations.get(org_id)?.get()
    }

    /// An academic session that was created.
    pub fn session(&self, session_id: &Id) -> Option<&Session> {
        self.sessions.get(session_id).filter(|session| session.facts.get().is_some())
    }

    /// A course.
    pub fn course(&self, course_id: &Id) -> Option<&Course> {
        self.courses.get(course_id)?.get()
    }

    /// A class, whatever is known of it.
    pub fn class(&self, class_id: &Id) -> Option<&Class> {
        self.classes.get(class_id)
    }

    /// A class with who is in it and when it meets.
    pub fn class_view(&self, class_id: &Id) -> Option<RosterView> {
        let class = self.class(class_id)?;
        let school = class.facts().and_then(|facts| self.school(&facts.school_id));
        Some(class.view(class_id, school.map(|school| school.lessons_of(class_id)).unwrap_or_default()))
    }

    /// A school's times.
    pub fn school(&self, school_id: &Id) -> Option<&School> {
        self.schools.get(school_id)
    }
}

impl Session {
    /// What there is to know of it.
    pub fn facts(&self) -> Option<&SessionFacts> {
        self.facts.get()
    }

    /// Whether its grades are final.
    pub fn is_closed(&self) -> bool {
        self.closed_at.is_some()
    }
}
