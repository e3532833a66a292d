//! What classes hang on: organizations, academic sessions and courses.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, OrgType, SchoolYear, SessionType, not_before},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An organization was created: a school, a district or a department.
    #[event(topic = "rostering.organization.created", owner = "academic")]
    #[event(key = "org_id", roles = "registrar admin operator")]
    pub struct OrganizationCreated
    /// An organization was changed. The event carries all of it as it is now.
    #[event(topic = "rostering.organization.updated", owner = "academic")]
    #[event(key = "org_id", roles = "registrar admin operator")]
    pub struct OrganizationUpdated {
        /// The organization.
        pub org_id: Id,
        /// Its name.
        #[garde(length(chars, min = 1, max = 255))]
        pub name: String,
        /// What kind of organization it is.
        pub org_type: OrgType,
        /// What people and other systems know it by, such as a state's school code.
        #[garde(length(chars, min = 1, max = 255))]
        pub identifier: Option<String>,
        /// The organization that it is a part of.
        pub parent_id: Option<Id>,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "orgId": "ou-AAA", "name": "Faculty of module AAA", "orgType": "school", "identifier": "AAA", "parentId": "ou",
        "sourceModifiedAt": "2026-08-01T00:00:00Z"
    }"#

    /// An academic session was created: a school year, a semester, a term or a grading period.
    #[event(topic = "rostering.academic_session.created", owner = "academic")]
    #[event(key = "session_id", roles = "registrar admin operator")]
    pub struct AcademicSessionCreated {
        /// The session.
        pub session_id: Id,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// What kind of time it is.
        pub session_type: SessionType,
        /// Its first day.
        pub start_date: Date,
        /// The day on which it ends.
        #[garde(custom(not_before(self.start_date)))]
        pub end_date: Date,
        /// The session that it is a part of.
        pub parent_id: Option<Id>,
        /// The school year that it belongs to.
        pub school_year: SchoolYear,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "sessionId": "s-2026J", "title": "Autumn 2026", "sessionType": "semester", "startDate": "2026-10-01",
        "endDate": "2027-02-12", "parentId": "s-2026", "schoolYear": 2027, "sourceModifiedAt": null
    }"#

    /// An academic session was closed: its grades are final.
    #[event(topic = "rostering.academic_session.closed", owner = "academic")]
    #[event(key = "session_id", roles = "registrar admin")]
    pub struct AcademicSessionClosed {
        /// The session.
        pub session_id: Id,
        /// The school year that it belongs to.
        pub school_year: SchoolYear,
        /// Who closed it; nobody if it ended by itself.
        pub closed_by_id: Option<Id>,
        /// When it was closed.
        pub closed_at: Timestamp,
    }
    example r#"{
        "sessionId": "s-2026J", "schoolYear": 2027, "closedById": "u-registrar", "closedAt": "2027-02-15T08:00:00Z"
    }"#

    /// A course was created: what classes teach.
    #[event(topic = "rostering.course.created", owner = "academic")]
    #[event(key = "course_id", roles = "registrar admin operator")]
    pub struct CourseCreated
    /// A course was changed. The event carries all of it as it is now.
    #[event(topic = "rostering.course.updated", owner = "academic")]
    #[event(key = "course_id", roles = "registrar admin operator")]
    pub struct CourseUpdated {
        /// The course.
        pub course_id: Id,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// Its code in the catalogue of courses.
        #[garde(length(chars, min = 1, max = 64))]
        pub course_code: Option<String>,
        /// The organization that offers it.
        pub org_id: Id,
        /// The academic session of the school year in which it is offered.
        pub school_year_session_id: Option<Id>,
        /// Grade levels that may take it, such as `09`.
        #[serde(default)]
        #[garde(length(max = 30), inner(length(chars, min = 1, max = 32)))]
        pub grades: Vec<String>,
        /// What is taught, in words.
        #[serde(default)]
        #[garde(length(max = 50), inner(length(chars, min = 1, max = 255)))]
        pub subjects: Vec<String>,
        /// What is taught, in codes, in the order of the subjects.
        #[serde(default)]
        #[garde(length(max = 50), inner(length(chars, min = 1, max = 64)))]
        pub subject_codes: Vec<String>,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "courseId": "c-AAA", "title": "Algebra 1", "courseCode": "ALG1", "orgId": "ou-AAA",
        "schoolYearSessionId": "s-2026",
        "grades": ["09", "10"], "subjects": ["Mathematics"], "subjectCodes": ["02052"], "sourceModifiedAt": null
    }"#
}
