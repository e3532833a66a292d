//! Classes and their sections.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{ClassType, Id, PrivateText},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A class was created: a course, taught to certain students in certain terms.
    #[event(topic = "rostering.class.created", owner = "academic")]
    #[event(key = "class_id", roles = "registrar admin operator")]
    pub struct ClassCreated
    /// A class was changed. The event carries all of it as it is now.
    #[event(topic = "rostering.class.updated", owner = "academic")]
    #[event(key = "class_id", roles = "registrar admin operator")]
    pub struct ClassUpdated {
        /// The class.
        pub class_id: Id,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// What people call it by in the timetable.
        #[garde(length(chars, min = 1, max = 64))]
        pub class_code: Option<String>,
        /// What it is for.
        pub class_type: ClassType,
        /// The course that is taught.
        pub course_id: Id,
        /// The school in which it is taught.
        pub school_id: Id,
        /// The terms in which it is taught.
        #[garde(length(min = 1, max = 20))]
        pub term_ids: Vec<Id>,
        /// Grade levels of its students, such as `09`.
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
        /// The periods of the day in which it meets.
        #[serde(default)]
        #[garde(length(max = 50), inner(length(chars, min = 1, max = 64)))]
        pub periods: Vec<String>,
        /// Where it meets.
        #[garde(length(chars, min = 1, max = 255))]
        pub location: Option<String>,
        /// When the system it comes from last changed it.
        pub source_modified_at: Option<Timestamp>,
    }
    example r#"{
        "classId": "k-AAA-2026J", "title": "Algebra 1, group A", "classCode": "2026J", "classType": "scheduled",
        "courseId": "c-AAA", "schoolId": "ou-AAA", "termIds": ["s-2026J"], "grades": ["09"],
        "subjects": ["Mathematics"],
        "subjectCodes": ["02052"], "periods": ["2"], "location": "Room 12", "sourceModifiedAt": "2026-08-01T00:00:00Z"
    }"#

    /// A class was archived: it is no longer taught, and its data is kept.
    #[event(topic = "rostering.class.archived", owner = "academic")]
    #[event(key = "class_id", roles = "registrar admin operator")]
    pub struct ClassArchived {
        /// The class.
        pub class_id: Id,
        /// The school in which it was taught.
        pub school_id: Id,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// When it was archived.
        pub archived_at: Timestamp,
    }
    example r#"{
        "classId": "k-AAA-2026J", "schoolId": "ou-AAA", "reason": "only Ada was left",
        "archivedAt": "2026-10-02T09:00:00Z"
    }"#

    /// A section was created: a part of a class with a teacher and a room of its own.
    #[event(topic = "rostering.section.created", owner = "academic")]
    #[event(key = "class_id", roles = "registrar admin")]
    pub struct SectionCreated
    /// A section was changed. The event carries all of it as it is now.
    #[event(topic = "rostering.section.updated", owner = "academic")]
    #[event(key = "class_id", roles = "registrar admin")]
    pub struct SectionUpdated {
        /// The section.
        pub section_id: Id,
        /// The class that it is a part of.
        pub class_id: Id,
        /// The school in which it is taught.
        pub school_id: Id,
        /// Its title.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// What people call it by in the timetable.
        #[garde(length(chars, min = 1, max = 64))]
        pub section_code: Option<String>,
        /// Who teaches it.
        pub teacher_id: Option<Id>,
        /// How many students there is room for.
        #[garde(range(min = 1, max = 10_000))]
        pub capacity_students: Option<u32>,
        /// The terms in which it is taught.
        #[serde(default)]
        #[garde(length(max = 20))]
        pub term_ids: Vec<Id>,
    }
    example r#"{
        "sectionId": "x-1", "classId": "k-AAA-2026J", "schoolId": "ou-AAA", "title": "Laboratory", "sectionCode": "L1",
        "teacherId": "u-teacher", "capacityStudents": 15, "termIds": ["s-2026J"]
    }"#

    /// A section was archived.
    #[event(topic = "rostering.section.archived", owner = "academic")]
    #[event(key = "class_id", roles = "registrar admin")]
    pub struct SectionArchived {
        /// The section.
        pub section_id: Id,
        /// The class that it was a part of.
        pub class_id: Id,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// When it was archived.
        pub archived_at: Timestamp,
    }
    example r#"{
        "sectionId": "x-1", "classId": "k-AAA-2026J", "reason": "Ada was alone in it", "archivedAt": "2026-12-20T09:00:00Z"
    }"#
}
