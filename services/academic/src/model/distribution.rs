//! Marks in their order: lowest, middle and highest without looking at all of them.

use std::collections::BTreeMap;

use super::mark::{Mark, MarkSum};

/// A bag of marks. Each change takes a time that grows with the logarithm of how many different ones there are.
///
/// The marks are kept in two halves, so that the middle is always at hand. Invariant: no mark of the lower half is above one
/// of the upper half, and the lower half has as many marks as the upper one, or one more.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    lower: Half,
    upper: Half,
    sum: MarkSum,
    failing: u32,
}

#[derive(Debug, Clone, Default)]
struct Half {
    counts: BTreeMap<Mark, u32>,
    size: u32,
}

impl Distribution {
    /// Adds a mark.
    pub fn insert(&mut self, mark: Mark) {
        let belongs_below = self.lower.highest().is_none_or(|middle| mark <= middle);
        if belongs_below {
            self.lower.insert(mark);
        } else {
            self.upper.insert(mark);
        }
        self.sum.add(mark);
        self.failing += u32::from(mark < Mark::PASSING);
        self.balance();
    }

    /// Takes away a mark that was added before; of one that was not, nothing changes.
    pub fn remove(&mut self, mark: Mark) {
        if self.lower.remove(mark) || self.upper.remove(mark) {
            self.sum.take(mark);
            self.failing -= u32::from(mark < Mark::PASSING);
            self.balance();
        }
    }

    /// How many marks there are.
    pub fn count(&self) -> u32 {
        self.sum.count()
    }

    /// How many of them are below passing.
    pub fn failing(&self) -> u32 {
        self.failing
    }

    /// Their mean.
    pub fn mean(&self) -> Option<Mark> {
        self.sum.mean()
    }

    /// The lowest one.
    pub fn lowest(&self) -> Option<Mark> {
        self.lower.lowest()
    }

    /// The highest one.
    pub fn highest(&self) -> Option<Mark> {
        self.upper.highest().or_else(|| self.lower.highest())
    }

    /// The one in the middle; of two in the middle their mean.
    pub fn median(&self) -> Option<Mark> {
        let mut middle = MarkSum::default();
        middle.add(self.lower.highest()?);
        if self.lower.size == self.upper.size
            && let Some(above) = self.upper.lowest()
        {
            middle.add(above);
        }
        middle.mean()
    }

    fn balance(&mut self) {
        if self.lower.size > self.upper.size + 1
            && let Some(mark) = self.lower.highest()
        {
            self.lower.remove(mark);
            self.upper.insert(mark);
        } else if self.upper.size > self.lower.size
            && let Some(mark) = self.upper.lowest()
        {
            self.upper.remove(mark);
            self.lower.insert(mark);
        }
    }
}

impl Half {
    fn insert(&mut self, mark: Mark) {
        *self.counts.entry(mark).or_default() += 1;
        self.size += 1;
    }

    fn remove(&mut self, mark: Mark) -> bool {
        let Some(count) = self.counts.get_mut(&mark) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&mark);
        }
        self.size -= 1;
        true
    }

    fn lowest(&self) -> Option<Mark> {
        self.counts.first_key_value().map(|(mark, _)| *mark)
    }

    fn highest(&self) -> Option<Mark> {
        self.counts.last_key_value().map(|(mark, _)| *mark)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::mark::mark;

    fn median_of(sorted: &[Mark]) -> Option<Mark> {
        let mut middle = MarkSum::default();
        middle.add(*sorted.get(sorted.len().checked_sub(1)? / 2)?);
        if sorted.len().is_multiple_of(2) {
            middle.add(sorted[sorted.len() / 2]);
        }
        middle.mean()
    }

    proptest! {
        #[test]
        fn it_says_the_same_as_a_sorted_list(steps in proptest::collection::vec((any::<bool>(), 0_u32..12), 0..80)) {
            let (mut distribution, mut list) = (Distribution::default(), Vec::new());
            for (insert, tens) in steps {
                let mark = mark(f64::from(tens) * 10.0);
                if insert {
                    distribution.insert(mark);
                    list.push(mark);
                } else {
                    distribution.remove(mark);
                    list.iter().position(|listed| *listed == mark).map(|at| list.swap_remove(at));
                }
                list.sort_unstable();
                prop_assert_eq!(distribution.count() as usize, list.len());
                prop_assert_eq!(distribution.lowest(), list.first().copied());
                prop_assert_eq!(distribution.highest(), list.last().copied());
                prop_assert_eq!(distribution.median(), median_of(&list));
                prop_assert_eq!(distribution.failing() as usize, list.iter().filter(|mark| **mark < Mark::PASSING).count());
                let mut sum = MarkSum::default();
                sum.extend(list.iter().copied());
                prop_assert_eq!(distribution.mean(), sum.mean());
            }
        }
    }
}
