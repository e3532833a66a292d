//! One student in one class: results, and what follows from them.

use std::collections::{BTreeMap, HashMap};

use fabric::{EventId, Latest};
use fabric_catalog::values::Id;
use jiff::Timestamp;

use super::{assignment::Assignment, grade::Grade, result::ResultRecord, trend::Trend, weights::Weights};
use crate::model::mark::{Mark, MarkSum, weighted_mean};

/// A result that counts: in which category, with which mark.
pub(super) type Contribution = (Option<Id>, Mark);

/// One student in one class.
#[derive(Debug, Clone)]
pub struct StudentInClass {
    /// The school in which the class is taught.
    pub(super) school_id: Id,
    /// The results, by assignment.
    pub(super) results: HashMap<Id, ResultRecord>,
    /// The marks that count, by category.
    pub(super) categories: BTreeMap<Option<Id>, CategorySum>,
    /// The weighted average.
    pub(super) average: Option<Mark>,
    /// The average that was published last.
    pub(super) published: Latest<Mark>,
    /// Whether the work gets better or worse.
    pub(super) trend: Trend,
    /// Assignments that were missed, each with the event that said so first.
    pub(super) missing: BTreeMap<Id, EventId>,
}

/// One category of one student's work.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CategorySum {
    /// The marks that count.
    pub marks: MarkSum,
    /// Those of them that the class's category averages already have.
    pub in_class: MarkSum,
}

impl StudentInClass {
    pub(super) fn new(school_id: Id) -> Self {
        Self {
            school_id,
            results: HashMap::new(),
            categories: BTreeMap::new(),
            average: None,
            published: Latest::default(),
            trend: Trend::default(),
            missing: BTreeMap::new(),
        }
    }

    /// Takes in what an event says about a result, and keeps the sums right. Gives the record before and after.
    pub(super) fn note(&mut self, grade: &Grade, assignment: &Assignment, at: Timestamp) -> Noted {
        let before = self.results.get(&grade.line_item_id).cloned();
        let after = ResultRecord::after(before.as_ref(), grade, at);
        self.recount(
            before.as_ref().and_then(|record| assignment.contribution(record)),
            assignment.contribution(&after),
        );
        if after.is_withdrawn {
            self.trend.forget(&grade.line_item_id);
        } else {
            self.missing.remove(&grade.line_item_id);
        }
        self.results.insert(grade.line_item_id.clone(), after.clone());
        Noted { before, after }
    }

    /// Puts what a result counts now in the place of what it counted before.
    pub(super) fn recount(&mut self, before: Option<Contribution>, after: Option<Contribution>) {
        if before == after {
            return;
        }
        if let Some((category, mark)) = before {
            self.categories.entry(category).or_default().marks.take(mark);
        }
        if let Some((category, mark)) = after {
            self.categories.entry(category).or_default().marks.add(mark);
        }
    }

    /// The average that follows from the marks: of each category the mean, and of these the mean by weight.
    pub(super) fn weighted_average(&self, class_id: &Id, weights: &Weights) -> Option<Mark> {
        weighted_mean(
            self.categories
                .iter()
                .filter_map(|(category, sum)| Some((sum.marks.mean()?, weights.of(class_id, category.as_ref())))),
        )
    }

    /// How many results count.
    pub(super) fn graded_results(&self) -> u32 {
        self.categories.values().map(|sum| sum.marks.count()).sum()
    }

    /// Whether something counts that the student and the family do not see yet.
    pub(super) fn has_unposted(&self) -> bool {
        self.results.values().any(|record| !record.is_posted && !record.is_withdrawn)
    }
}

/// What a result was, and what it is.
pub(super) struct Noted {
    pub before: Option<ResultRecord>,
    pub after: ResultRecord,
}
