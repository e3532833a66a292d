//! Percentages that add up exactly, so that taking one away again leaves nothing behind.

use std::fmt;

use fabric_catalog::values::Percent;

/// A percentage in thousandths. Sums of marks are whole numbers: an average that did not change is equal to the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(u32);

impl Mark {
    /// The lowest mark that passes: 60 %.
    pub const PASSING: Self = Self(60_000);

    /// The mark of a percentage, rounded to a thousandth.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage is from 0 to 200")]
    pub fn of(percent: Percent) -> Self {
        Self((percent.value() * 1_000.0).round() as u32)
    }

    /// The mark as a percentage.
    pub fn percent(self) -> Percent {
        Percent::try_new(f64::from(self.0) / 1_000.0).unwrap_or(Percent::MAX)
    }

    /// Its thousandths of a percent.
    pub fn thousandths(self) -> u32 {
        self.0
    }

    /// How far it is from another one, in thousandths of a percent.
    pub fn distance(self, other: Self) -> u32 {
        self.0.abs_diff(other.0)
    }
}

/// A mark is about a student, so it is not printed.
impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark(…)")
    }
}

/// Marks added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MarkSum {
    count: u32,
    thousandths: u64,
}

impl MarkSum {
    /// Adds a mark.
    pub fn add(&mut self, mark: Mark) {
        self.count += 1;
        self.thousandths += u64::from(mark.0);
    }

    /// Takes away a mark that was added before.
    pub fn take(&mut self, mark: Mark) {
        self.count = self.count.saturating_sub(1);
        self.thousandths = self.thousandths.saturating_sub(u64::from(mark.0));
    }

    /// Puts a later sum in the place of an earlier one, within a larger sum.
    pub fn replace(&mut self, earlier: Self, later: Self) {
        self.count = self.count.saturating_sub(earlier.count) + later.count;
        self.thousandths = self.thousandths.saturating_sub(earlier.thousandths) + later.thousandths;
    }

    /// How many marks there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// Their mean, rounded to a thousandth; none of no marks.
    pub fn mean(self) -> Option<Mark> {
        rounded_quotient(self.thousandths, u64::from(self.count))
    }
}

impl Extend<Mark> for MarkSum {
    fn extend<I: IntoIterator<Item = Mark>>(&mut self, marks: I) {
        for mark in marks {
            self.add(mark);
        }
    }
}

/// The mean of marks that count with different weights; none when nothing counts.
pub fn weighted_mean(marks: impl IntoIterator<Item = (Mark, u64)>) -> Option<Mark> {
    let (sum, weights) = marks
        .into_iter()
        .fold((0, 0), |(sum, weights), (mark, weight)| (sum + u64::from(mark.0) * weight, weights + weight));
    rounded_quotient(sum, weights)
}

fn rounded_quotient(sum: u64, parts: u64) -> Option<Mark> {
    let rounded = (sum + parts / 2).checked_div(parts)?;
    u32::try_from(rounded).ok().map(Mark)
}

#[cfg(test)]
pub(crate) fn mark(percent: f64) -> Mark {
    Mark::of(Percent::try_new(percent).unwrap())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_and_taken_away_leaves_nothing() {
        let mut sum = MarkSum::default();
        let marks = [33.333, 66.667, 0.001, 199.999].map(mark);
        sum.extend(marks);
        for mark in marks {
            sum.take(mark);
        }
        assert_eq!(sum, MarkSum::default());
        assert_eq!(sum.mean(), None);
    }

    #[test]
    fn means_are_rounded_to_a_thousandth() {
        let table = [
            (vec![], None),
            (vec![(80.0, 0)], None),
            (vec![(80.0, 3)], Some(80.0)),
            (vec![(100.0, 1), (0.0, 2)], Some(33.333)),
            (vec![(90.0, 30), (70.0, 70)], Some(76.0)),
        ];
        for (marks, expected) in table {
            let mean = weighted_mean(marks.iter().map(|(percent, weight)| (mark(*percent), *weight)));
            assert_eq!(mean.map(Mark::thousandths), expected.map(|percent| mark(percent).thousandths()), "{marks:?}");
        }
    }
}
