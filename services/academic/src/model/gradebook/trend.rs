//! Whether a student's work gets better or worse: the newest posted result against those before it.

use fabric_catalog::values::Id;
use jiff::{Timestamp, civil::Date};

use crate::model::mark::{Mark, MarkSum};

/// How many results the newest one is compared with, at most.
pub const COMPARED_MAX: usize = 5;
/// How many it takes to compare at all: fewer are chance.
pub const COMPARED_MIN: usize = 3;
/// From how many percentage points on a drop is significant.
pub const SIGNIFICANT_DROP_PERCENT: u32 = 15;

/// A student's newest posted results in a class, in the order of the days on which the work was done.
#[derive(Debug, Clone, Default)]
pub struct Trend {
    recent: Vec<Point>,
}

#[derive(Debug, Clone)]
struct Point {
    date: Date,
    at: Timestamp,
    line_item_id: Id,
    mark: Mark,
}

/// A result and what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The mean of the results before.
    pub before: Mark,
    /// The newest result.
    pub now: Mark,
}

impl Trend {
    /// Adds a posted result, in the place of an older one for the same work.
    pub fn add(&mut self, line_item_id: &Id, mark: Mark, date: Date, at: Timestamp) {
        match self.recent.iter_mut().find(|point| point.line_item_id == *line_item_id) {
            Some(point) if point.at > at => {}
            Some(point) => *point = Point { date, at, line_item_id: line_item_id.clone(), mark },
            None => self.recent.push(Point { date, at, line_item_id: line_item_id.clone(), mark }),
        }
        self.recent.sort_by_key(|point| (point.date, point.at));
        let surplus = self.recent.len().saturating_sub(COMPARED_MAX + 1);
        self.recent.drain(..surplus);
    }

    /// Forgets a result that counts no more.
    pub fn forget(&mut self, line_item_id: &Id) {
        self.recent.retain(|point| point.line_item_id != *line_item_id);
    }

    /// The newest result against those before it; none when there are too few.
    pub fn step(&self) -> Option<Step> {
        let (newest, before) = self.recent.split_last()?;
        if before.len() < COMPARED_MIN {
            return None;
        }
        let mut sum = MarkSum::default();
        sum.extend(before.iter().map(|point| point.mark));
        Some(Step { before: sum.mean()?, now: newest.mark })
    }

    /// The same, if the newest result is the one for this work and far below those before.
    pub fn significant_drop(&self, line_item_id: &Id) -> Option<Step> {
        let is_newest = self.recent.last().is_some_and(|point| point.line_item_id == *line_item_id);
        self.step().filter(|step| is_newest && step.is_significant_drop())
    }
}

impl Step {
    /// By how many percentage points the newest result is above those before; negative when it is below.
    pub fn change_percent(self) -> f64 {
        self.now.percent().value() - self.before.percent().value()
    }

    fn is_significant_drop(self) -> bool {
        self.now < self.before && self.now.distance(self.before) >= SIGNIFICANT_DROP_PERCENT * 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mark::mark;

    fn after(percents: &[f64]) -> (Trend, Id) {
        let mut trend = Trend::default();
        let mut last = Id::try_new("none").unwrap();
        for (day, percent) in (1_i8..).zip(percents) {
            last = Id::try_new(format!("li-{day}")).unwrap();
            trend.add(&last, mark(*percent), Date::new(2026, 10, day).unwrap(), Timestamp::UNIX_EPOCH);
        }
        (trend, last)
    }

    #[test]
    fn a_significant_drop_needs_enough_results_before_it() {
        let table: &[(&[f64], bool)] = &[
            (&[], false),
            (&[90.0, 90.0, 20.0], false),
            (&[90.0, 90.0, 90.0, 20.0], true),
            (&[90.0, 90.0, 90.0, 75.0], true),
            (&[90.0, 90.0, 90.0, 75.001], false),
            (&[20.0, 20.0, 20.0, 90.0], false),
            (&[10.0, 10.0, 80.0, 80.0, 80.0, 80.0, 80.0, 64.0], true),
        ];
        for (percents, expected) in table {
            let (trend, last) = after(percents);
            assert_eq!(trend.significant_drop(&last).is_some(), *expected, "{percents:?}");
        }
    }

    #[test]
    fn work_that_was_done_earlier_is_no_drop_now() {
        let (mut trend, _) = after(&[90.0, 90.0, 90.0, 90.0]);
        let late = Id::try_new("li-late").unwrap();
        trend.add(&late, mark(10.0), Date::new(2026, 9, 1).unwrap(), Timestamp::from_second(9).unwrap());
        assert_eq!(trend.significant_drop(&late), None);
    }
}
