//! Averages, grade point averages and class metrics: what is published when, and what is not published again.

use fabric_catalog::{
    Example as _,
    gradebook::{
        AssignmentDeleted, AverageCalculated, BulkGrade, BulkGradesUpdated, CategoryWeightChanged, ExtraCreditApplied,
        GpaUpdated, GradeCreated, GradeOverridden, GradeWithdrawn, PerformanceMeasured,
    },
    values::{LetterGrade, Percent, Score, Weight},
};
use fabric_testkit::harness::Harness;

use crate::school::{assignment, id, post_all, posted, start};

fn averages(harness: &Harness) -> Vec<(String, f64)> {
    let calculated = harness.published::<AverageCalculated>();
    calculated.iter().map(|event| (event.student_id.to_string(), event.average_percent.value())).collect()
}

#[tokio::test]
async fn a_posted_grade_changes_the_average_the_gpa_and_the_class() {
    let harness = start().await;
    harness.publish(posted("u-1", "li-1", 95.0)).await;
    harness.settle().await;

    let [average] = harness.published::<AverageCalculated>().try_into().unwrap();
    assert_eq!((average.average_percent.value(), average.letter_grade.as_str()), (95.0, "A"));
    assert_eq!((average.previous_average_percent, average.graded_results), (None, 1));
    assert_eq!(average.result_id, Some(id("r-li-1-u-1")));
    let [gpa] = harness.published::<GpaUpdated>().try_into().unwrap();
    assert_eq!((gpa.gpa.value(), gpa.scale_max.value(), gpa.graded_classes), (4.0, 4.0, 1));
    let [measured] = harness.published::<PerformanceMeasured>().try_into().unwrap();
    assert_eq!((measured.graded_students, measured.failing_students), (1, 0));
    assert_eq!((measured.lowest_percent.value(), measured.highest_percent.value()), (95.0, 95.0));
}

#[tokio::test]
async fn what_does_not_change_is_not_published_again() {
    let harness = start().await;
    post_all(&harness, [posted("u-1", "li-1", 95.0), posted("u-1", "li-1", 95.0), posted("u-1", "li-2", 95.0)]).await;
    assert_eq!(averages(&harness), [("u-1".to_owned(), 95.0)]);
    assert_eq!(harness.published::<GpaUpdated>().len(), 1);
    assert_eq!(harness.published::<PerformanceMeasured>().len(), 1);

    post_all(&harness, [posted("u-1", "li-3", 98.0)]).await;
    assert_eq!(averages(&harness).last(), Some(&("u-1".to_owned(), 96.0)));
    assert_eq!(harness.published::<GpaUpdated>().len(), 1, "still an A");
}

#[tokio::test]
async fn every_way_to_change_a_grade_changes_the_average() {
    let harness = start().await;
    post_all(&harness, [posted("u-1", "li-1", 80.0)]).await;
    let number = |value| (Score::try_new(value).unwrap(), Percent::try_new(value).unwrap());
    let first = posted("u-1", "li-1", 80.0);

    let (score, score_percent) = number(90.0);
    harness
        .publish(GradeOverridden {
            result_id: first.result_id.clone(),
            line_item_id: id("li-1"),
            student_id: id("u-1"),
            class_id: id("k-1"),
            score,
            score_percent,
            ..GradeOverridden::example().unwrap()
        })
        .await;
    harness.settle().await;
    let (score, score_percent) = number(110.0);
    harness
        .publish(ExtraCreditApplied {
            result_id: first.result_id.clone(),
            line_item_id: id("li-1"),
            student_id: id("u-1"),
            class_id: id("k-1"),
            score,
            score_percent,
            ..ExtraCreditApplied::example().unwrap()
        })
        .await;
    harness.settle().await;
    let (score, score_percent) = number(70.0);
    harness
        .publish(GradeCreated {
            line_item_id: id("li-2"),
            student_id: id("u-1"),
            class_id: id("k-1"),
            category_id: None,
            score,
            score_percent,
            ..GradeCreated::example().unwrap()
        })
        .await;
    harness.settle().await;
    harness
        .publish(GradeWithdrawn {
            result_id: first.result_id,
            line_item_id: id("li-1"),
            student_id: id("u-1"),
            class_id: id("k-1"),
            ..GradeWithdrawn::example().unwrap()
        })
        .await;
    harness.settle().await;
    let percents: Vec<f64> = averages(&harness).into_iter().map(|(_, percent)| percent).collect();
    assert_eq!(percents, [80.0, 90.0, 110.0, 90.0, 70.0]);
}

#[tokio::test]
async fn many_grades_at_once_make_an_average_for_each_student() {
    let harness = start().await;
    let grade = |student: &str, percent| BulkGrade {
        result_id: id(&format!("r-{student}")),
        student_id: id(student),
        score: Score::try_new(percent).unwrap(),
        score_percent: Percent::try_new(percent).unwrap(),
        letter_grade: LetterGrade::of_percent(Percent::try_new(percent).unwrap()),
    };
    let grades = vec![grade("u-1", 70.0), grade("u-2", 80.0), grade("u-3", 70.0)];
    harness.publish(BulkGradesUpdated { grades, ..BulkGradesUpdated::example().unwrap() }).await;
    harness.settle().await;
    let expected =
        [("u-1", 70.0), ("u-2", 80.0), ("u-3", 70.0)].map(|(student, percent)| (student.to_owned(), percent));
    assert_eq!(averages(&harness), expected);
}

#[tokio::test]
async fn weights_and_assignments_change_averages_that_are_there() {
    let harness = start().await;
    for (line_item, category) in [("li-1", "homework"), ("li-2", "tests"), ("li-3", "tests")] {
        harness.publish(assignment(line_item, category)).await;
    }
    harness.settle().await;
    post_all(&harness, [posted("u-1", "li-1", 100.0), posted("u-1", "li-2", 60.0), posted("u-1", "li-3", 40.0)]).await;
    assert_eq!(averages(&harness).last().map(|(_, percent)| *percent), Some(75.0));

    let weight = |category, percent| CategoryWeightChanged {
        category_id: id(category),
        class_id: None,
        weight_percent: Weight::try_new(percent).ok(),
        ..CategoryWeightChanged::example().unwrap()
    };
    harness.publish(weight("homework", 25.0)).await;
    harness.settle().await;
    assert_eq!(averages(&harness).last().map(|(_, percent)| *percent), Some(60.0));

    let deleted =
        AssignmentDeleted { line_item_id: id("li-3"), class_id: id("k-1"), ..AssignmentDeleted::example().unwrap() };
    harness.publish(deleted).await;
    harness.settle().await;
    assert_eq!(averages(&harness).last().map(|(_, percent)| *percent), Some(68.0));
}

#[tokio::test]
async fn a_class_is_measured_by_its_students_averages() {
    let harness = start().await;
    let grades = [("u-1", 90.0), ("u-2", 50.0), ("u-3", 70.0), ("u-4", 30.0)];
    post_all(&harness, grades.map(|(student, percent)| posted(student, "li-1", percent))).await;
    let measured = harness.published::<PerformanceMeasured>();
    let last = measured.last().unwrap();
    assert_eq!((measured.len(), last.graded_students, last.failing_students), (4, 4, 2));
    let figures = [last.average_percent, last.median_percent.unwrap(), last.lowest_percent, last.highest_percent];
    assert_eq!(figures.map(|figure| figure.value().to_string()), ["60", "60", "30", "90"]);
}
