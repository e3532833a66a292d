//! A school's times: timetables, bells and calendar.

use std::collections::HashMap;

use fabric::{Latest, Moment};
use fabric_catalog::{
    rostering::{
        BellPeriod, BellScheduleUpdated, CalendarDay, CalendarUpdated, DayKind, ScheduleEntry, SchedulePublished,
    },
    values::{Id, SchoolYear},
};
use jiff::civil::Date;

/// A school's timetables, bells and calendar.
#[derive(Debug, Default)]
pub struct School {
    timetables: HashMap<Id, Latest<Timetable>>,
    bells: HashMap<Id, Latest<Bells>>,
    days: HashMap<SchoolYear, Latest<Vec<CalendarDay>>>,
}

/// A timetable, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Timetable {
    /// The term for which it holds.
    pub term_id: Id,
    /// The day from which it holds.
    pub effective_date: Date,
    /// The lessons.
    pub entries: Vec<ScheduleEntry>,
}

/// A bell schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Bells {
    /// What it is called.
    pub title: String,
    /// The day from which it holds.
    pub effective_date: Date,
    /// The periods of the day.
    pub periods: Vec<BellPeriod>,
}

super::value_from!(Timetable { term_id, effective_date, entries } from SchedulePublished);
super::value_from!(Bells { title, effective_date, periods } from BellScheduleUpdated);

impl School {
    /// Takes in a timetable.
    pub fn set_timetable(&mut self, event: &SchedulePublished, at: Moment) {
        self.timetables.entry(event.schedule_id.clone()).or_default().set(at, event.into());
    }

    /// Takes in a bell schedule as it is now.
    pub fn set_bells(&mut self, event: &BellScheduleUpdated, at: Moment) {
        self.bells.entry(event.bell_schedule_id.clone()).or_default().set(at, event.into());
    }

    /// Takes in the days of a school year that are not as usual.
    pub fn set_calendar(&mut self, event: &CalendarUpdated, at: Moment) {
        self.days.entry(event.school_year).or_default().set(at, event.days.clone());
    }

    /// The lessons of a class, by the timetables that hold.
    pub fn lessons_of(&self, class_id: &Id) -> Vec<ScheduleEntry> {
        let timetables = self.timetables.values().filter_map(Latest::get);
        let entries = timetables.flat_map(|timetable| &timetable.entries).filter(|entry| entry.class_id == *class_id);
        let mut lessons: Vec<ScheduleEntry> = entries.cloned().collect();
        lessons.sort_by(|one, other| (one.weekday, &one.period).cmp(&(other.weekday, &other.period)));
        lessons
    }

    /// The bell schedule of a day: of those that hold by then, the one that holds since last.
    pub fn bells_on(&self, date: Date) -> Option<&Bells> {
        let bells = self.bells.values().filter_map(Latest::get);
        bells.filter(|bells| bells.effective_date <= date).max_by_key(|bells| bells.effective_date)
    }

    /// What a day is for; none when it is a day as usual.
    pub fn day(&self, date: Date) -> Option<DayKind> {
        let days = self.days.values().filter_map(Latest::get).flatten();
        days.filter(|day| day.date == date).map(|day| day.kind).next()
    }
}

#[cfg(test)]
mod tests {
    use fabric::EventId;
    use fabric_catalog::Example as _;
    use jiff::Timestamp;

    use super::*;

    fn at(second: i64) -> Moment {
        Moment { time: Timestamp::from_second(second).unwrap(), id: EventId::from_parts(0, [0; 10]) }
    }

    #[test]
    fn the_bells_of_a_day_are_the_ones_that_hold_by_then() {
        let mut school = School::default();
        let winter = BellScheduleUpdated::example().unwrap();
        let spring = BellScheduleUpdated {
            bell_schedule_id: Id::try_new("b-2").unwrap(),
            title: "Spring".into(),
            effective_date: Date::new(2027, 3, 1).unwrap(),
            ..winter.clone()
        };
        for bells in [&winter, &spring] {
            school.set_bells(bells, at(0));
        }
        for (date, title) in [((2026, 10, 31), None), ((2026, 11, 1), Some("Winter")), ((2027, 3, 1), Some("Spring"))] {
            let date = Date::new(date.0, date.1, date.2).unwrap();
            assert_eq!(school.bells_on(date).map(|bells| bells.title.as_str()), title, "{date}");
        }
    }

    #[test]
    fn a_class_meets_by_every_part_of_the_timetable() {
        let mut school = School::default();
        let part = SchedulePublished::example().unwrap();
        let other = SchedulePublished { schedule_id: Id::try_new("t-2").unwrap(), ..part.clone() };
        for part in [&part, &other, &part] {
            school.set_timetable(part, at(0));
        }
        assert_eq!(school.lessons_of(&part.entries[0].class_id).len(), 2);
        assert!(school.lessons_of(&Id::try_new("k-other").unwrap()).is_empty());
    }

    #[test]
    fn a_newer_calendar_takes_the_place_of_the_older_one() {
        let mut school = School::default();
        let calendar = CalendarUpdated::example().unwrap();
        let empty = CalendarUpdated { days: Vec::new(), ..calendar.clone() };
        let holiday = calendar.days[0].date;
        school.set_calendar(&calendar, at(0));
        assert_eq!(school.day(holiday), Some(DayKind::Holiday));
        school.set_calendar(&empty, at(1));
        school.set_calendar(&calendar, at(0));
        assert_eq!(school.day(holiday), None);
    }
}
