//! One student's result in one assignment, as the gradebook remembers it.

use fabric_catalog::values::{Id, LetterGrade, Percent, Score};
use jiff::Timestamp;

use super::grade::{Change, Grade};
use crate::model::mark::Mark;

/// A result. There is one per student and assignment: another result for the same work takes its place.
#[derive(Debug, Clone)]
pub struct ResultRecord {
    /// The result's id.
    pub result_id: Id,
    /// The score, on the assignment's scale.
    pub score: Score,
    /// The same as a share of the highest possible one.
    pub mark: Mark,
    /// The category that the event named.
    pub category_id: Option<Id>,
    /// Whether the student and the family see it.
    pub is_posted: bool,
    /// Whether the student need not do the work.
    pub is_exempt: bool,
    /// Whether it was withdrawn. It is remembered, so that an older event does not bring it back.
    pub is_withdrawn: bool,
    /// The letter grade, once the result has been converted.
    pub letter: Option<LetterGrade>,
    /// Who set the grade by hand last, if somebody did.
    pub overridden: Option<Override>,
    /// When the event happened that says so.
    pub at: Timestamp,
}

/// A grade that was set by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// Who did it.
    pub by_id: Id,
    /// The score before.
    pub previous_score: Score,
    /// When.
    pub at: Timestamp,
}

impl ResultRecord {
    /// The record after an event about its result.
    ///
    /// That a grade was posted is never taken back, whichever event is newer: the family has seen it.
    pub(super) fn after(known: Option<&Self>, grade: &Grade, at: Timestamp) -> Self {
        match (known, &grade.change) {
            (Some(known), Change::Scored(scored)) if at < known.at => {
                Self { is_posted: known.is_posted || scored.is_posted, ..known.clone() }
            }
            (Some(known), Change::Withdrawn) if at < known.at || known.result_id != grade.result_id => known.clone(),
            (Some(known), Change::Withdrawn) => Self { is_withdrawn: true, letter: None, at, ..known.clone() },
            (None, Change::Withdrawn) => Self::never_scored(grade, at),
            (known, Change::Scored(scored)) => Self {
                result_id: grade.result_id.clone(),
                score: scored.score,
                mark: scored.mark,
                category_id: grade.category_id.clone().or_else(|| known.and_then(|known| known.category_id.clone())),
                is_posted: scored.is_posted || known.is_some_and(|known| known.is_posted),
                is_exempt: scored.is_exempt,
                is_withdrawn: false,
                letter: known
                    .and_then(|known| known.letter.as_ref())
                    .map(|_| LetterGrade::of_percent(scored.mark.percent())),
                overridden: known.and_then(|known| known.overridden.clone()),
                at,
            },
        }
    }

    /// What is remembered of a result that was withdrawn before it was heard of.
    fn never_scored(grade: &Grade, at: Timestamp) -> Self {
        Self {
            result_id: grade.result_id.clone(),
            score: Score::MIN,
            mark: Mark::of(Percent::MIN),
            category_id: grade.category_id.clone(),
            is_posted: false,
            is_exempt: false,
            is_withdrawn: true,
            letter: None,
            overridden: None,
            at,
        }
    }
}
