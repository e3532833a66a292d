//! When and where: timetables, rooms, bells and the calendar.

use jiff::civil::{Date, Time};

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, SchoolYear, not_before_if_known, vocabulary},
};

vocabulary! {
    /// A day of the week.
    pub enum Weekday: "a day of the week" {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }

    /// What a day of the calendar is for.
    pub enum DayKind: "a kind of day" {
        /// There is school.
        Instruction = "instruction",
        /// There is school until noon or so.
        ShortDay = "short_day",
        /// There is no school.
        Holiday = "holiday",
        /// Teachers come, students do not.
        TeacherDay = "teacher_day",
        /// Examinations.
        Examination = "examination",
        /// The school is closed, against the plan.
        Closure = "closure",
    }
}

/// One lesson a week in a timetable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct ScheduleEntry {
    /// The class that meets.
    pub class_id: Id,
    /// On which day.
    pub weekday: Weekday,
    /// In which period of the bell schedule.
    #[garde(length(chars, min = 1, max = 64))]
    pub period: String,
    /// Where.
    pub room_id: Option<Id>,
}

/// One period of a bell schedule, in the school's local time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct BellPeriod {
    /// What it is called.
    #[garde(length(chars, min = 1, max = 64))]
    pub period: String,
    /// When it starts.
    pub start_time: Time,
    /// When it ends.
    #[garde(custom(later_than(self.start_time)))]
    pub end_time: Time,
}

/// One day of the calendar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct CalendarDay {
    /// The day.
    pub date: Date,
    /// What it is for.
    pub kind: DayKind,
    /// What it is called.
    #[garde(length(chars, min = 1, max = 255))]
    pub title: Option<String>,
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A school's timetable was published.
    #[event(topic = "rostering.schedule.published", owner = "academic")]
    #[event(key = "school_id", roles = "registrar admin")]
    pub struct SchedulePublished {
        /// The timetable.
        pub schedule_id: Id,
        /// The school.
        pub school_id: Id,
        /// The term for which it holds.
        pub term_id: Id,
        /// The day from which it holds.
        pub effective_date: Date,
        /// The lessons. A larger timetable is published in parts with ids of their own.
        #[serde(default)]
        #[garde(length(max = 1_000), dive)]
        pub entries: Vec<ScheduleEntry>,
    }
    example r#"{
        "scheduleId": "t-1", "schoolId": "ou-AAA", "termId": "s-2026J", "effectiveDate": "2026-10-01",
        "entries": [{"classId": "k-AAA-2026J", "weekday": "monday", "period": "2", "roomId": "room-12"}]
    }"#

    /// A class was given a room.
    #[event(topic = "rostering.room.assigned", aggregate = "class", owner = "academic")]
    #[event(key = "class_id", roles = "registrar admin")]
    pub struct RoomAssigned {
        /// The class.
        pub class_id: Id,
        /// The room.
        pub room_id: Id,
        /// What the room is called.
        #[garde(length(chars, min = 1, max = 255))]
        pub room_name: String,
        /// How many people have a seat in it.
        #[garde(range(min = 1, max = 10_000))]
        pub capacity_seats: Option<u32>,
        /// The first day in it.
        pub begin_date: Option<Date>,
        /// The last day in it.
        #[garde(custom(not_before_if_known(self.begin_date)))]
        pub end_date: Option<Date>,
    }
    example r#"{
        "classId": "k-AAA-2026J", "roomId": "room-12", "roomName": "Room 12", "capacitySeats": 30,
        "beginDate": "2026-10-01",
        "endDate": null
    }"#

    /// A school's bell schedule was changed. The event carries all of it as it is now.
    #[event(topic = "rostering.bell_schedule.updated", owner = "academic")]
    #[event(key = "school_id", roles = "registrar admin")]
    pub struct BellScheduleUpdated {
        /// The bell schedule.
        pub bell_schedule_id: Id,
        /// The school.
        pub school_id: Id,
        /// What it is called.
        #[garde(length(chars, min = 1, max = 255))]
        pub title: String,
        /// The day from which it holds.
        pub effective_date: Date,
        /// The periods of the day.
        #[garde(length(min = 1, max = 50), dive)]
        pub periods: Vec<BellPeriod>,
    }
    example r#"{
        "bellScheduleId": "b-1", "schoolId": "ou-AAA", "title": "Winter", "effectiveDate": "2026-11-01",
        "periods": [{"period": "1", "startTime": "08:00:00", "endTime": "08:45:00"}]
    }"#

    /// A school's calendar was changed. The event carries every day that is not as usual.
    #[event(topic = "rostering.calendar.updated", owner = "academic")]
    #[event(key = "school_id", roles = "registrar admin")]
    pub struct CalendarUpdated {
        /// The calendar.
        pub calendar_id: Id,
        /// The school.
        pub school_id: Id,
        /// The school year.
        pub school_year: SchoolYear,
        /// The days.
        #[serde(default)]
        #[garde(length(max = 400), dive)]
        pub days: Vec<CalendarDay>,
    }
    example r#"{
        "calendarId": "cal-2027", "schoolId": "ou-AAA", "schoolYear": 2027,
        "days": [{"date": "2026-12-24", "kind": "holiday", "title": "Winter break"}]
    }"#
}

/// The rule of an end that comes after its start on the same day.
fn later_than(start: Time) -> impl FnOnce(&Time, &()) -> garde::Result {
    move |end, ()| if *end > start { Ok(()) } else { Err(garde::Error::new("ends before it begins")) }
}
