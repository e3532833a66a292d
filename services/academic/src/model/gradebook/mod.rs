//! The gradebook: results, and the averages that follow from them.
//!
//! Several subscriptions hear of the same grade, each in its own time. Whoever hears of it first notes it with
//! [`Gradebook::note`]; for the others that changes nothing. So it never matters which subscription is ahead.
//!
//! Invariants:
//! - noting an event again, or an older one late, changes nothing;
//! - every sum is kept by taking away what a result counted before and adding what it counts now: no event makes anybody
//!   add up a class again, except one that changes a category's weight or an assignment.

mod assignment;
mod class;
mod grade;
mod result;
mod setup;
mod student;
mod trend;
mod view;
mod weights;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use fabric::{EventId, Moment};
use fabric_catalog::{
    gradebook::AssignmentMissed,
    values::{Id, LetterGrade},
};
use jiff::{Timestamp, civil::Date};

pub use assignment::{Assignment, AssignmentFacts};
pub use class::{ClassFigures, Measurement};
pub use grade::{Change, Grade, GradeEvent, Scored, grades_of};
pub use result::{Override, ResultRecord};
pub use setup::Affected;
pub use student::StudentInClass;
pub use trend::{SIGNIFICANT_DROP_PERCENT, Step};
pub use view::{Audience, CategoryView, ClassPerformance, ClassView, ResultView, StudentGrades};
pub use weights::Weights;

use crate::model::mark::Mark;

/// The results of all students, by class, with the assignments and weights that they count by.
#[derive(Debug, Default)]
pub struct Gradebook {
    students: HashMap<Id, HashMap<Id, StudentInClass>>,
    classes: HashMap<Id, ClassFigures>,
    assignments: HashMap<Id, Assignment>,
    weights: Weights,
}

/// A student's average in a class that was not published yet.
#[derive(Debug, Clone, PartialEq)]
pub struct AverageNews {
    /// The school in which the class is taught.
    pub school_id: Id,
    /// The average now.
    pub average: Mark,
    /// The one that was published last.
    pub previous: Option<Mark>,
    /// How many results it is made of.
    pub graded_results: u32,
}

impl Gradebook {
    /// Takes in what an event says about a result, and keeps everything that follows from it right.
    pub fn note(&mut self, grade: &Grade, at: Timestamp) {
        let assignment = self.assignments.entry(grade.line_item_id.clone()).or_default();
        let in_class = self
            .students
            .entry(grade.student_id.clone())
            .or_default()
            .entry(grade.class_id.clone())
            .or_insert_with(|| StudentInClass::new(grade.school_id.clone()));
        let noted = in_class.note(grade, assignment, at);
        let class = self.classes.entry(grade.class_id.clone()).or_default();
        if noted.before.is_none() {
            assignment.graded.insert((grade.class_id.clone(), grade.student_id.clone()));
            class.students.insert(grade.student_id.clone());
        }
        class.reletter(noted.before.and_then(|record| record.letter).as_ref(), noted.after.letter.as_ref());
        refresh_average(in_class, class, &grade.class_id, &self.weights);
    }

    /// Converts a result into a letter grade, and counts it among its class's. From then on the letter follows the result.
    pub fn convert_to_letter(&mut self, grade: &Grade) {
        let Some(in_class) = in_class_mut(&mut self.students, &grade.student_id, &grade.class_id) else { return };
        let Some(record) = in_class.results.get_mut(&grade.line_item_id) else { return };
        if record.letter.is_none() && !record.is_withdrawn {
            record.letter = Some(LetterGrade::of_percent(record.mark.percent()));
            self.classes.entry(grade.class_id.clone()).or_default().reletter(None, record.letter.as_ref());
        }
    }

    /// Counts what changed of a student's categories into the class's category averages.
    pub fn count_categories(&mut self, student_id: &Id, class_id: &Id) {
        let Some(in_class) = in_class_mut(&mut self.students, student_id, class_id) else { return };
        let class = self.classes.entry(class_id.clone()).or_default();
        for (category, sum) in &mut in_class.categories {
            class.categories.entry(category.clone()).or_default().replace(sum.in_class, sum.marks);
            sum.in_class = sum.marks;
        }
    }

    /// Adds a posted result to the student's trend. Gives the step down if it is a significant one.
    pub fn follow_trend(&mut self, grade: &Grade, date: Date, at: Timestamp) -> Option<Step> {
        let Change::Scored(scored) = grade.change else { return None };
        let in_class = in_class_mut(&mut self.students, &grade.student_id, &grade.class_id)?;
        if scored.is_exempt {
            return None;
        }
        in_class.trend.add(&grade.line_item_id, scored.mark, date, at);
        in_class.trend.significant_drop(&grade.line_item_id)
    }

    /// Remembers that a grade was set by hand.
    pub fn mark_overridden(&mut self, grade: &Grade, by_hand: Override) {
        let Some(in_class) = in_class_mut(&mut self.students, &grade.student_id, &grade.class_id) else { return };
        let Some(record) = in_class.results.get_mut(&grade.line_item_id) else { return };
        if record.overridden.as_ref().is_none_or(|known| known.at <= by_hand.at) {
            record.overridden = Some(by_hand);
        }
    }

    /// Notes that a student missed an assignment. Gives how many the student misses in the class now; none when there is a
    /// result by now, or another event said so before.
    pub fn miss(&mut self, missed: &AssignmentMissed, event: EventId) -> Option<usize> {
        let in_class = self
            .students
            .entry(missed.student_id.clone())
            .or_default()
            .entry(missed.class_id.clone())
            .or_insert_with(|| StudentInClass::new(missed.school_id.clone()));
        if in_class.results.get(&missed.line_item_id).is_some_and(|record| !record.is_withdrawn) {
            return None;
        }
        let first = *in_class.missing.entry(missed.line_item_id.clone()).or_insert(event);
        (first == event).then_some(in_class.missing.len())
    }

    /// A student's average in a class, if it is another one than was published last.
    pub fn unpublished_average(&self, student_id: &Id, class_id: &Id) -> Option<AverageNews> {
        let in_class = self.students.get(student_id)?.get(class_id)?;
        let average = in_class.average?;
        let previous = in_class.published.get().copied();
        (previous != Some(average)).then(|| AverageNews {
            school_id: in_class.school_id.clone(),
            average,
            previous,
            graded_results: in_class.graded_results(),
        })
    }

    /// Remembers which average was published. Only what was confirmed is remembered, so what failed is tried again.
    pub fn average_published(&mut self, student_id: &Id, class_id: &Id, average: Mark, at: Moment) {
        if let Some(in_class) = in_class_mut(&mut self.students, student_id, class_id) {
            in_class.published.set(at, average);
        }
    }

    /// Remembers which measurement of a class was published.
    pub fn measurement_published(&mut self, class_id: &Id, measurement: Measurement, at: Moment) {
        self.classes.entry(class_id.clone()).or_default().published.set(at, measurement);
    }

    /// The figures of a class that has grades.
    pub fn class(&self, class_id: &Id) -> Option<&ClassFigures> {
        self.classes.get(class_id)
    }

    /// An assignment that was created and not deleted.
    pub fn assignment(&self, line_item_id: &Id) -> Option<&AssignmentFacts> {
        self.assignments.get(line_item_id)?.facts()
    }

    /// A student's result in an assignment, unless it was withdrawn.
    pub fn result(&self, student_id: &Id, class_id: &Id, line_item_id: &Id) -> Option<&ResultRecord> {
        let in_class = self.students.get(student_id)?.get(class_id)?;
        in_class.results.get(line_item_id).filter(|record| !record.is_withdrawn)
    }

    /// The weights of categories.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }
}

/// Works a student's average out again, and puts it in its place among the class's.
fn refresh_average(in_class: &mut StudentInClass, class: &mut ClassFigures, class_id: &Id, weights: &Weights) {
    let average = in_class.weighted_average(class_id, weights);
    if average != in_class.average {
        class.reaverage(in_class.average, average);
        in_class.average = average;
    }
}

type Students = HashMap<Id, HashMap<Id, StudentInClass>>;

fn in_class_mut<'a>(students: &'a mut Students, student_id: &Id, class_id: &Id) -> Option<&'a mut StudentInClass> {
    students.get_mut(student_id)?.get_mut(class_id)
}
