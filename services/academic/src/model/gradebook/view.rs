//! What the gradebook tells whoever asks.

use fabric_catalog::values::{Id, LetterGrade, Percent, Score};
use jiff::Timestamp;
use serde::Serialize;

use super::{Assignment, Gradebook, ResultRecord, StudentInClass};
use crate::model::mark::Mark;

/// Who is asking about a student.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The school's staff: sees everything.
    Staff,
    /// The student: sees what was posted.
    Student,
}

/// A student's grades.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StudentGrades {
    /// The student.
    pub student_id: Id,
    /// By class, in the order of their ids.
    pub classes: Vec<ClassView>,
}

/// A student's grades in one class.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassView {
    /// The class.
    pub class_id: Id,
    /// The weighted average; for the student, only when everything that it is made of was posted.
    pub average_percent: Option<Percent>,
    /// The grade that follows from it.
    pub letter_grade: Option<LetterGrade>,
    /// The average of each category, by the same rule.
    pub categories: Vec<CategoryView>,
    /// By how many percentage points the newest posted result is above those before.
    pub trend_percent: Option<f64>,
    /// Assignments that were missed.
    pub missing: Vec<Id>,
    /// The results, the newest first.
    pub results: Vec<ResultView>,
}

/// The average of one category.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryView {
    /// The category; none for what is in no category.
    pub category_id: Option<Id>,
    /// The mean.
    pub average_percent: Percent,
}

/// One result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultView {
    /// The result.
    pub result_id: Id,
    /// The assignment.
    pub line_item_id: Id,
    /// The assignment's title, if it is known.
    pub title: Option<String>,
    /// The score, on the assignment's scale.
    pub score: Score,
    /// The same as a share of the highest possible one.
    pub score_percent: Percent,
    /// The grade that follows from it.
    pub letter_grade: LetterGrade,
    /// Whether the student sees it.
    pub is_posted: bool,
    /// Whether it was set by hand.
    pub is_overridden: bool,
    /// When it was graded.
    pub graded_at: Timestamp,
}

/// How a class does.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassPerformance {
    /// The class.
    pub class_id: Id,
    /// How many of its students have an average.
    pub graded_students: u32,
    /// How many of these are below passing.
    pub failing_students: u32,
    /// How many of these pass, in percent.
    pub pass_rate_percent: f64,
    /// The mean of the averages.
    pub average_percent: Percent,
    /// The one in the middle.
    pub median_percent: Percent,
    /// The lowest one.
    pub lowest_percent: Percent,
    /// The highest one.
    pub highest_percent: Percent,
    /// The mean of all results of each category.
    pub categories: Vec<CategoryView>,
    /// How often each letter grade was given, by letter.
    pub letter_grades: std::collections::BTreeMap<LetterGrade, u32>,
}

impl Gradebook {
    /// A student's grades, as far as the audience may see them; none of a student without any.
    pub fn grades(&self, student_id: &Id, audience: Audience) -> Option<StudentGrades> {
        let classes = self.students.get(student_id)?;
        let mut classes: Vec<ClassView> =
            classes.iter().map(|(class_id, in_class)| self.class_view(class_id, in_class, audience)).collect();
        classes.sort_by(|one, other| one.class_id.cmp(&other.class_id));
        Some(StudentGrades { student_id: student_id.clone(), classes })
    }

    /// How a class does; none of a class without a grade.
    pub fn performance(&self, class_id: &Id) -> Option<ClassPerformance> {
        let class = self.class(class_id)?;
        let measured = class.measure()?;
        let passing = measured.graded_students.saturating_sub(measured.failing_students);
        Some(ClassPerformance {
            class_id: class_id.clone(),
            graded_students: measured.graded_students,
            failing_students: measured.failing_students,
            pass_rate_percent: f64::from(passing) / f64::from(measured.graded_students) * 100.0,
            average_percent: measured.mean.percent(),
            median_percent: measured.median.percent(),
            lowest_percent: measured.lowest.percent(),
            highest_percent: measured.highest.percent(),
            categories: class.category_means().map(category_view).collect(),
            letter_grades: class.letters().clone(),
        })
    }

    fn class_view(&self, class_id: &Id, in_class: &StudentInClass, audience: Audience) -> ClassView {
        let sees_all = audience == Audience::Staff;
        // An average tells what the grade behind it is, so it stays hidden as long as one of these does.
        let average = in_class.average.filter(|_| sees_all || !in_class.has_unposted());
        let categories = in_class.categories.iter().filter(|_| average.is_some());
        let mut results: Vec<ResultView> = in_class
            .results
            .iter()
            .filter(|(_, record)| !record.is_withdrawn && (sees_all || record.is_posted))
            .map(|(line_item_id, record)| self.result_view(line_item_id, record))
            .collect();
        results.sort_by(|one, other| (other.graded_at, &one.line_item_id).cmp(&(one.graded_at, &other.line_item_id)));
        ClassView {
            class_id: class_id.clone(),
            average_percent: average.map(Mark::percent),
            letter_grade: average.map(|mark| LetterGrade::of_percent(mark.percent())),
            categories: categories
                .filter_map(|(category, sum)| Some(category_view((category.as_ref(), sum.marks.mean()?))))
                .collect(),
            trend_percent: in_class.trend.step().map(super::Step::change_percent),
            missing: in_class.missing.keys().cloned().collect(),
            results,
        }
    }

    fn result_view(&self, line_item_id: &Id, record: &ResultRecord) -> ResultView {
        ResultView {
            result_id: record.result_id.clone(),
            line_item_id: line_item_id.clone(),
            title: self.assignments.get(line_item_id).and_then(Assignment::title).map(str::to_owned),
            score: record.score,
            score_percent: record.mark.percent(),
            letter_grade: LetterGrade::of_percent(record.mark.percent()),
            is_posted: record.is_posted,
            is_overridden: record.overridden.is_some(),
            graded_at: record.at,
        }
    }
}

fn category_view((category_id, mean): (Option<&Id>, Mark)) -> CategoryView {
    CategoryView { category_id: category_id.cloned(), average_percent: mean.percent() }
}
