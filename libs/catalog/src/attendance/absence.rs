//! Absences, with or without an excuse, and coming late.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Private, PrivateText, needed_if, vocabulary},
};

vocabulary! {
    /// Why somebody was not there, or not in time.
    pub enum AbsenceReason: "a reason of an absence" {
        /// Illness.
        Illness = "illness",
        /// An appointment with a doctor.
        MedicalAppointment = "medical_appointment",
        /// A death in the family.
        Bereavement = "bereavement",
        /// An emergency in the family.
        FamilyEmergency = "family_emergency",
        /// A journey of the family.
        FamilyTrip = "family_trip",
        /// A religious holiday.
        ReligiousHoliday = "religious_holiday",
        /// A trip, match or competition of the school.
        SchoolActivity = "school_activity",
        /// The student may not come.
        Suspension = "suspension",
        /// A summons to a court or an office.
        LegalAppointment = "legal_appointment",
        /// The bus did not come.
        Transport = "transport",
        /// The weather.
        Weather = "weather",
        /// The student stayed away.
        Truancy = "truancy",
        /// Anything else.
        Other = "other",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A student was absent.
    #[event(topic = "attendance.absence.recorded", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor registrar admin")]
    pub struct AbsenceRecorded {
        /// The absence.
        pub absence_id: Id,
        /// The record of attendance that says so; none if it was told beforehand.
        pub record_id: Option<Id>,
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
        /// Whether there is an excuse already.
        pub is_excused: Private<bool>,
        /// Why, if it is known: an excuse has a reason.
        #[garde(custom(needed_if(*self.is_excused.get())))]
        pub reason: Option<Private<AbsenceReason>>,
        /// What there is to say about it.
        pub note: Option<PrivateText<1_000>>,
        /// The guardian who told the school, and so need not be told; nobody if the school found out.
        pub reported_by_id: Option<Id>,
        /// Who recorded it; nobody if it follows from a record of attendance.
        pub recorded_by_id: Option<Id>,
        /// When.
        pub recorded_at: Timestamp,
    }
    example r#"{
        "absenceId": "ab-1", "recordId": "at-2", "studentId": "u-11391", "schoolId": "ou-AAA",
        "classId": "k-AAA-2026J", "attendanceDate": "2026-10-13", "period": "2", "isExcused": true,
        "reason": "illness", "note": "Ada has the measles.", "reportedById": "u-guardian",
        "recordedById": "u-registrar", "recordedAt": "2026-10-13T08:50:00Z"
    }"#

    /// An absence was excused: from now on it counts as such.
    #[event(topic = "attendance.absence.excused", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor registrar admin")]
    pub struct AbsenceExcused {
        /// The absence.
        pub absence_id: Id,
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
        /// Why the student was not there.
        pub reason: Private<AbsenceReason>,
        /// The letter or certificate that says so, in the store of files.
        pub file_id: Option<Id>,
        /// What there is to say about it.
        pub note: Option<PrivateText<1_000>>,
        /// Who excused it.
        pub excused_by_id: Id,
        /// When.
        pub excused_at: Timestamp,
    }
    example r#"{
        "absenceId": "ab-1", "studentId": "u-11391", "schoolId": "ou-AAA", "classId": "k-AAA-2026J",
        "attendanceDate": "2026-10-13", "period": "2", "reason": "illness", "fileId": "file-21",
        "note": "Ada's doctor wrote a letter.", "excusedById": "u-registrar", "excusedAt": "2026-10-15T07:30:00Z"
    }"#

    /// A student came late.
    #[event(topic = "attendance.tardy.recorded", owner = "academic")]
    #[event(key = "student_id", subject = "student_id", roles = "teacher counselor registrar admin")]
    pub struct TardyRecorded {
        /// The late arrival.
        pub tardy_id: Id,
        /// The record of attendance that says so, if there is one.
        pub record_id: Option<Id>,
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The class; the beginning of the day if none is named.
        pub class_id: Option<Id>,
        /// The school day.
        pub attendance_date: Date,
        /// The period of the bell schedule, where attendance is taken by lesson.
        #[garde(length(chars, min = 1, max = 64))]
        pub period: Option<String>,
        /// How late.
        #[garde(range(min = 1, max = 600))]
        pub late_minutes: Private<u16>,
        /// Whether there is an excuse.
        pub is_excused: Private<bool>,
        /// Why, if it is known: an excuse has a reason.
        #[garde(custom(needed_if(*self.is_excused.get())))]
        pub reason: Option<Private<AbsenceReason>>,
        /// What there is to say about it.
        pub note: Option<PrivateText<1_000>>,
        /// Who recorded it; nobody if it follows from a record of attendance.
        pub recorded_by_id: Option<Id>,
        /// When.
        pub recorded_at: Timestamp,
    }
    example r#"{
        "tardyId": "ta-1", "recordId": "at-3", "studentId": "u-11391", "schoolId": "ou-AAA",
        "classId": "k-AAA-2026J", "attendanceDate": "2026-10-14", "period": "1", "lateMinutes": 12,
        "isExcused": false, "reason": "transport", "note": "Ada ran all the way.", "recordedById": "u-teacher",
        "recordedAt": "2026-10-14T08:12:00Z"
    }"#
}
