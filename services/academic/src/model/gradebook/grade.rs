//! What the events about grades have in common.

use fabric::Event;
use fabric_catalog::{
    gradebook::{
        BulkGradesUpdated, ExtraCreditApplied, GradeCreated, GradeOverridden, GradePosted, GradeUpdated, GradeWithdrawn,
    },
    values::{Id, Percent, Private, Score, ScoreStatus},
};

use crate::model::mark::Mark;

/// What an event says about one student's result in one assignment.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// The result.
    pub result_id: Id,
    /// The assignment.
    pub line_item_id: Id,
    /// The student.
    pub student_id: Id,
    /// The class.
    pub class_id: Id,
    /// The school.
    pub school_id: Id,
    /// The category that the event names.
    pub category_id: Option<Id>,
    /// What became of the result.
    pub change: Change,
}

/// What became of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It has this score now.
    Scored(Scored),
    /// It counts no more.
    Withdrawn,
}

/// A result's score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The score, on the assignment's scale.
    pub score: Score,
    /// The same as a share of the highest possible one.
    pub mark: Mark,
    /// Whether the student and the family see it from now on.
    pub is_posted: bool,
    /// Whether the student need not do the work: such a result counts nowhere.
    pub is_exempt: bool,
}

/// An event about one result.
pub trait GradeEvent: Event {
    /// What it says.
    fn grade(&self) -> Grade;
}

impl Scored {
    fn new(score: Score, percent: Percent) -> Self {
        Self { score, mark: Mark::of(percent), is_posted: false, is_exempt: false }
    }

    fn with_status(self, status: Option<&Private<ScoreStatus>>) -> Self {
        Self { is_exempt: status.is_some_and(|status| *status.get() == ScoreStatus::Exempt), ..self }
    }

    fn posted(self) -> Self {
        Self { is_posted: true, ..self }
    }
}

/// The parts of a grade that stand in every event under the same names.
macro_rules! grade {
    ($event:expr, $category:expr, $change:expr) => {
        Grade {
            result_id: $event.result_id.clone(),
            line_item_id: $event.line_item_id.clone(),
            student_id: $event.student_id.clone(),
            class_id: $event.class_id.clone(),
            school_id: $event.school_id.clone(),
            category_id: $category,
            change: $change,
        }
    };
}

impl GradeEvent for GradeCreated {
    fn grade(&self) -> Grade {
        let scored = Scored::new(self.score, self.score_percent).with_status(Some(&self.score_status));
        grade!(self, self.category_id.clone(), Change::Scored(scored))
    }
}

impl GradeEvent for GradeUpdated {
    fn grade(&self) -> Grade {
        let scored = Scored::new(self.score, self.score_percent).with_status(Some(&self.score_status));
        grade!(self, self.category_id.clone(), Change::Scored(scored))
    }
}

impl GradeEvent for GradePosted {
    fn grade(&self) -> Grade {
        let scored = Scored::new(self.score, self.score_percent).with_status(self.score_status.as_ref()).posted();
        grade!(self, self.category_id.clone(), Change::Scored(scored))
    }
}

impl GradeEvent for GradeOverridden {
    fn grade(&self) -> Grade {
        let scored = Scored::new(self.score, self.score_percent);
        grade!(self, self.category_id.clone(), Change::Scored(scored))
    }
}

impl GradeEvent for GradeWithdrawn {
    fn grade(&self) -> Grade {
        grade!(self, self.category_id.clone(), Change::Withdrawn)
    }
}

impl GradeEvent for ExtraCreditApplied {
    fn grade(&self) -> Grade {
        grade!(self, None, Change::Scored(Scored::new(self.score, self.score_percent)))
    }
}

/// The grades of an event that sets many at once.
pub fn grades_of(bulk: &BulkGradesUpdated) -> impl Iterator<Item = Grade> {
    bulk.grades.iter().map(|grade| Grade {
        result_id: grade.result_id.clone(),
        line_item_id: bulk.line_item_id.clone(),
        student_id: grade.student_id.clone(),
        class_id: bulk.class_id.clone(),
        school_id: bulk.school_id.clone(),
        category_id: bulk.category_id.clone(),
        change: Change::Scored(Scored::new(grade.score, grade.score_percent)),
    })
}
