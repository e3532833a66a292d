//! One class as a whole: how its students do.

use std::collections::{BTreeMap, HashSet};

use fabric::Latest;
use fabric_catalog::values::{Id, LetterGrade};

use crate::model::{
    distribution::Distribution,
    mark::{Mark, MarkSum},
};

/// The figures of a class.
#[derive(Debug, Default)]
pub struct ClassFigures {
    /// Its students with a result.
    pub(super) students: HashSet<Id>,
    /// Its students' averages.
    pub(super) averages: Distribution,
    /// The mean mark by category, of all its students' results.
    pub(super) categories: BTreeMap<Option<Id>, MarkSum>,
    /// How often each letter grade was given.
    pub(super) letters: BTreeMap<LetterGrade, u32>,
    /// The measurement that was published last.
    pub(super) published: Latest<Measurement>,
}

/// How a class does, at one moment. Its students' weighted averages are what is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// How many students have an average.
    pub graded_students: u32,
    /// How many of these averages are below passing.
    pub failing_students: u32,
    /// Their mean.
    pub mean: Mark,
    /// The one in the middle.
    pub median: Mark,
    /// The lowest one.
    pub lowest: Mark,
    /// The highest one.
    pub highest: Mark,
}

impl Measurement {
    /// By how much a figure must move to be told again, in thousandths of a percent. In a class of thousands every grade moves
    /// the mean by a hair: telling that each time would double the number of events and say nothing.
    const TOLD_APART: u32 = 100;

    /// Whether it differs from an earlier one by more than a hair.
    pub fn is_news_after(&self, earlier: &Self) -> bool {
        let counts = |measured: &Self| (measured.graded_students, measured.failing_students);
        let marks = |measured: &Self| [measured.mean, measured.median, measured.lowest, measured.highest];
        counts(self) != counts(earlier)
            || marks(self).iter().zip(marks(earlier)).any(|(now, then)| now.distance(then) >= Self::TOLD_APART)
    }
}

impl ClassFigures {
    /// How the class does now; none before its first grade.
    pub fn measure(&self) -> Option<Measurement> {
        let averages = &self.averages;
        Some(Measurement {
            graded_students: averages.count(),
            failing_students: averages.failing(),
            mean: averages.mean()?,
            median: averages.median()?,
            lowest: averages.lowest()?,
            highest: averages.highest()?,
        })
    }

    /// The same, if it should be told: nothing was told before, or something else.
    pub fn unpublished(&self) -> Option<Measurement> {
        let published = self.published.get();
        self.measure().filter(|now| published.is_none_or(|told| now.is_news_after(told)))
    }

    /// The mean mark of each category; of what is in no category under none.
    pub fn category_means(&self) -> impl Iterator<Item = (Option<&Id>, Mark)> {
        self.categories.iter().filter_map(|(category, sum)| Some((category.as_ref(), sum.mean()?)))
    }

    /// How often each letter grade was given.
    pub fn letters(&self) -> &BTreeMap<LetterGrade, u32> {
        &self.letters
    }

    pub(super) fn reaverage(&mut self, before: Option<Mark>, after: Option<Mark>) {
        if let Some(mark) = before {
            self.averages.remove(mark);
        }
        if let Some(mark) = after {
            self.averages.insert(mark);
        }
    }

    pub(super) fn reletter(&mut self, before: Option<&LetterGrade>, after: Option<&LetterGrade>) {
        if before == after {
            return;
        }
        if let Some(letter) = before
            && let Some(count) = self.letters.get_mut(letter)
        {
            *count = count.saturating_sub(1);
            self.letters.retain(|_, count| *count > 0);
        }
        if let Some(letter) = after {
            *self.letters.entry(letter.clone()).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mark::mark;

    #[test]
    fn only_what_differs_by_more_than_a_hair_is_news() {
        let measured = |students, mean| Measurement {
            graded_students: students,
            failing_students: 1,
            mean: mark(mean),
            median: mark(70.0),
            lowest: mark(30.0),
            highest: mark(99.0),
        };
        let told = measured(20, 71.0);
        let table =
            [((20, 71.0), false), ((20, 71.099), false), ((20, 71.1), true), ((20, 70.9), true), ((21, 71.0), true)];
        for ((students, mean), expected) in table {
            assert_eq!(measured(students, mean).is_news_after(&told), expected, "{students} students, mean {mean}");
        }
    }
}
