//! Records: one student, one day or one lesson of it.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Private, PrivateText, vocabulary},
};

vocabulary! {
    /// Whether a student was there.
    pub enum AttendanceStatus: "an attendance status" {
        /// There.
        Present = "present",
        /// There by video.
        Remote = "remote",
        /// There, and late.
        Tardy = "tardy",
        /// There, and gone before the end.
        LeftEarly = "left_early",
        /// Not there.
        Absent = "absent",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// It was recorded whether a student was there.
    #[event(topic = "attendance.record.marked", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher registrar admin")]
    pub struct AttendanceMarked {
        /// The record.
        pub record_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The class; the whole day if none is named.
        pub class_id: Option<Id>,
        /// The school day.
        pub attendance_date: Date,
        /// The period of the bell schedule, where attendance is taken by lesson.
        #[garde(length(chars, min = 1, max = 64))]
        pub period: Option<String>,
        /// Whether the student was there.
        pub status: Private<AttendanceStatus>,
        /// What there is to say about it.
        pub note: Option<PrivateText<1_000>>,
        /// Who recorded it.
        pub marked_by_id: Id,
        /// When.
        pub marked_at: Timestamp,
    }
    example r#"{
        "recordId": "at-1", "studentId": "u-11391", "schoolId": "ou-AAA", "classId": "k-AAA-2026J",
        "attendanceDate": "2026-10-12", "period": "2", "status": "left_early", "note": "Ada felt ill.",
        "markedById": "u-teacher", "markedAt": "2026-10-12T08:50:00Z"
    }"#

    /// A record of attendance was corrected. The event carries all of it as it is now.
    #[event(topic = "attendance.record.updated", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher registrar admin")]
    pub struct AttendanceUpdated {
        /// The record.
        pub record_id: Id,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The class; the whole day if none is named.
        pub class_id: Option<Id>,
        /// The school day.
        pub attendance_date: Date,
        /// The period of the bell schedule, where attendance is taken by lesson.
        #[garde(length(chars, min = 1, max = 64))]
        pub period: Option<String>,
        /// What the record said before.
        pub previous_status: Private<AttendanceStatus>,
        /// Whether the student was there.
        pub status: Private<AttendanceStatus>,
        /// What there is to say about it.
        pub note: Option<PrivateText<1_000>>,
        /// Why it was corrected.
        pub reason: Option<PrivateText<1_000>>,
        /// Who corrected it.
        pub updated_by_id: Id,
        /// When.
        pub updated_at: Timestamp,
    }
    example r#"{
        "recordId": "at-1", "studentId": "u-11391", "schoolId": "ou-AAA", "classId": "k-AAA-2026J",
        "attendanceDate": "2026-10-12", "period": "2", "previousStatus": "left_early", "status": "present",
        "note": "Ada was with the nurse.", "reason": "the nurse told us", "updatedById": "u-teacher",
        "updatedAt": "2026-10-12T11:00:00Z"
    }"#
}
