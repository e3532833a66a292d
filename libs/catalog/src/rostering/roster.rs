//! Who is in a class: students and teachers.

use jiff::civil::Date;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, PrivateText},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student was put on a class's roster.
    #[event(topic = "rostering.student.enrolled", aggregate = "class", owner = "academic")]
    #[event(key = "class_id", subject = "student_id", roles = "registrar admin")]
    pub struct StudentEnrolled {
        /// The class.
        pub class_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school in which the class is taught.
        pub school_id: Id,
        /// The enrollment behind it, if there is one.
        pub enrollment_id: Option<Id>,
        /// The first day in the class.
        pub begin_date: Option<Date>,
    }
    example r#"{
        "classId": "k-AAA-2026J", "studentId": "u-11391", "schoolId": "ou-AAA", "enrollmentId": "e-11391",
        "beginDate": "2026-10-01"
    }"#

    /// A student was taken off a class's roster.
    #[event(topic = "rostering.student.withdrawn", aggregate = "class", owner = "academic")]
    #[event(key = "class_id", subject = "student_id", roles = "registrar admin")]
    pub struct StudentWithdrawn {
        /// The class.
        pub class_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school in which the class is taught.
        pub school_id: Id,
        /// The enrollment behind it, if there is one.
        pub enrollment_id: Option<Id>,
        /// The last day in the class.
        pub end_date: Option<Date>,
        /// Why.
        pub reason: Option<PrivateText<500>>,
    }
    example r#"{
        "classId": "k-AAA-2026J", "studentId": "u-11391", "schoolId": "ou-AAA", "enrollmentId": "e-11391",
        "endDate": "2026-11-20", "reason": "moved to another town"
    }"#

    /// A teacher was assigned to a class.
    #[event(topic = "rostering.teacher.assigned", aggregate = "class", owner = "academic")]
    #[event(key = "class_id", subject = "teacher_id", roles = "registrar admin")]
    pub struct TeacherAssigned {
        /// The class.
        pub class_id: Id,
        /// The teacher.
        pub teacher_id: Id,
        /// The school in which the class is taught.
        pub school_id: Id,
        /// Whether the teacher answers for the class, rather than helping.
        pub is_primary: bool,
        /// The first day.
        pub begin_date: Option<Date>,
    }
    example r#"{
        "classId": "k-AAA-2026J", "teacherId": "u-teacher", "schoolId": "ou-AAA", "isPrimary": true,
        "beginDate": "2026-10-01"
    }"#

    /// A teacher no longer teaches a class.
    #[event(topic = "rostering.teacher.unassigned", aggregate = "class", owner = "academic")]
    #[event(key = "class_id", subject = "teacher_id", roles = "registrar admin")]
    pub struct TeacherUnassigned {
        /// The class.
        pub class_id: Id,
        /// The teacher.
        pub teacher_id: Id,
        /// The school in which the class is taught.
        pub school_id: Id,
        /// The last day.
        pub end_date: Option<Date>,
    }
    example r#"{"classId": "k-AAA-2026J", "teacherId": "u-teacher", "schoolId": "ou-AAA", "endDate": "2026-12-20"}"#
}
