//! What is calculated from attendance. Nobody sets these by hand.

use jiff::{Timestamp, civil::Date};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Portion, Private, Threshold, at_most, exactly_if, not_before, vocabulary},
};

vocabulary! {
    /// What a student has too much or too little of.
    pub enum AttendanceThreshold: "a threshold of attendance" {
        /// Too many absences.
        Absences = "absences",
        /// Too many absences without an excuse.
        UnexcusedAbsences = "unexcused_absences",
        /// Too many absences one after the other.
        ConsecutiveAbsences = "consecutive_absences",
        /// Late too often.
        Tardies = "tardies",
        /// Too low a rate of attendance.
        AttendanceRate = "attendance_rate",
    }
}

impl AttendanceThreshold {
    /// Whether it is a share in percent, rather than a count.
    pub const fn is_share(self) -> bool {
        matches!(self, Self::AttendanceRate)
    }
}

/// The most students that a summary counts.
const MAX_STUDENTS: u32 = 100_000;

/// The most times that attendance is taken of one student in the span of a rate.
const MAX_SESSIONS: u16 = 10_000;

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A day's attendance was summed up, for a school or one of its classes.
    #[event(topic = "attendance.daily_summary.calculated", aggregate = "school", owner = "academic")]
    #[event(key = "school_id")]
    pub struct DailySummaryCalculated {
        /// The school.
        pub school_id: Id,
        /// The class; the whole school if none is named.
        pub class_id: Option<Id>,
        /// The school day.
        pub attendance_date: Date,
        /// How many students should have been there.
        #[garde(range(min = 1, max = MAX_STUDENTS))]
        pub enrolled_students: u32,
        /// How many of them were there, late or not.
        #[garde(range(max = MAX_STUDENTS), custom(at_most(self.enrolled_students)))]
        pub present_students: u32,
        /// How many of those were late.
        #[garde(range(max = MAX_STUDENTS), custom(at_most(self.present_students)))]
        pub tardy_students: u32,
        /// How many were not there. For those who are neither there nor not, nothing was recorded.
        #[garde(range(max = MAX_STUDENTS))]
        #[garde(custom(at_most(self.enrolled_students.saturating_sub(self.present_students))))]
        pub absent_students: u32,
        /// How many of those have an excuse.
        #[garde(range(max = MAX_STUDENTS), custom(at_most(self.absent_students)))]
        pub excused_students: u32,
        /// How many were there, of those for whom something was recorded.
        pub attendance_percent: Portion,
        /// When.
        pub calculated_at: Timestamp,
    }
    example r#"{
        "schoolId": "ou-AAA", "classId": "k-AAA-2026J", "attendanceDate": "2026-10-13", "enrolledStudents": 28,
        "presentStudents": 21, "tardyStudents": 2, "absentStudents": 3, "excusedStudents": 1,
        "attendancePercent": 87.5, "calculatedAt": "2026-10-13T16:00:00Z"
    }"#

    /// A student's rate of attendance was calculated, over all or in one class.
    #[event(topic = "attendance.rate.calculated", aggregate = "student", owner = "academic")]
    #[event(key = "student_id", subject = "student_id")]
    pub struct AttendanceRateCalculated {
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The class; all of them if none is named.
        pub class_id: Option<Id>,
        /// The first day that counts.
        pub begin_date: Date,
        /// The last day that counts.
        #[garde(custom(not_before(self.begin_date)))]
        pub end_date: Date,
        /// How often attendance was taken: once a day, or once a lesson.
        #[garde(range(min = 1, max = MAX_SESSIONS))]
        pub marked_sessions: u16,
        /// How often the student was not there.
        #[garde(range(max = MAX_SESSIONS), custom(within(self.marked_sessions)))]
        pub absent_sessions: Private<u16>,
        /// How often there was an excuse for that.
        #[garde(range(max = MAX_SESSIONS), custom(within(*self.absent_sessions.get())))]
        pub excused_sessions: Private<u16>,
        /// How often the student was there, and late.
        #[garde(range(max = MAX_SESSIONS))]
        #[garde(custom(within(self.marked_sessions.saturating_sub(*self.absent_sessions.get()))))]
        pub tardy_sessions: Private<u16>,
        /// How often the student was there, in percent.
        pub attendance_percent: Portion,
        /// The rate before, if there was one.
        pub previous_attendance_percent: Option<Portion>,
        /// When.
        pub calculated_at: Timestamp,
    }
    example r#"{
        "studentId": "u-11391", "schoolId": "ou-AAA", "classId": "k-AAA-2026J", "beginDate": "2026-10-01",
        "endDate": "2026-10-14", "markedSessions": 8, "absentSessions": 1, "excusedSessions": 1, "tardySessions": 1,
        "attendancePercent": 87.5, "previousAttendancePercent": 85.75, "calculatedAt": "2026-10-14T16:00:00Z"
    }"#

    /// A student crossed a threshold: absent or late too often, or there too rarely.
    #[event(topic = "attendance.threshold.breached", aggregate = "student", owner = "academic")]
    #[event(key = "student_id", subject = "student_id")]
    pub struct AttendanceThresholdBreached {
        /// The student.
        pub student_id: Id,
        /// The school.
        pub school_id: Id,
        /// The class; all of them if none is named.
        pub class_id: Option<Id>,
        /// Which threshold it is.
        pub kind: Private<AttendanceThreshold>,
        /// The count that was reached, for thresholds that are counts.
        #[garde(range(max = MAX_SESSIONS), custom(exactly_if(!self.kind.get().is_share())))]
        pub measured_count: Option<Private<u16>>,
        /// The count from which it is too much.
        #[garde(range(min = 1, max = MAX_SESSIONS), custom(exactly_if(!self.kind.get().is_share())))]
        pub threshold_count: Option<u16>,
        /// The rate that was reached, for thresholds that are rates.
        #[garde(custom(exactly_if(self.kind.get().is_share())))]
        pub measured_percent: Option<Portion>,
        /// The rate below which it is too little.
        #[garde(custom(exactly_if(self.kind.get().is_share())))]
        pub threshold_percent: Option<Threshold>,
        /// The first day that counts.
        pub begin_date: Date,
        /// The last day that counts.
        #[garde(custom(not_before(self.begin_date)))]
        pub end_date: Date,
        /// When.
        pub breached_at: Timestamp,
    }
    example r#"{
        "studentId": "u-11391", "schoolId": "ou-AAA", "classId": "k-AAA-2026J", "kind": "unexcused_absences",
        "measuredCount": 5, "thresholdCount": 5, "measuredPercent": null, "thresholdPercent": null,
        "beginDate": "2026-10-01", "endDate": "2026-11-13", "breachedAt": "2026-11-13T16:00:00Z"
    }"#
}

/// The rule of a part that is counted within a whole, and personal.
fn within(whole: u16) -> impl FnOnce(&Private<u16>, &()) -> garde::Result {
    move |part, ()| at_most(whole)(part.get(), &())
}
