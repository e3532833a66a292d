//! Events of a small school, each with little said and the rest from its example.

use fabric_catalog::{
    Example as _,
    gradebook::{AssignmentCreated, GradePosted},
    values::{Id, LetterGrade, Percent, Score},
};
use fabric_testkit::harness::Harness;

/// The service alone, with all the catalogue's events to listen to.
pub async fn start() -> Harness {
    Harness::start_with_catalogue(academic::service(), fabric_catalog::all()).await
}

pub fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

/// A grade of a student in class `k-1`, in no category.
pub fn posted(student: &str, line_item: &str, percent: f64) -> GradePosted {
    let score_percent = Percent::try_new(percent).unwrap();
    GradePosted {
        result_id: id(&format!("r-{line_item}-{student}")),
        line_item_id: id(line_item),
        student_id: id(student),
        class_id: id("k-1"),
        school_id: id("s-1"),
        category_id: None,
        score: Score::try_new(percent).unwrap(),
        score_percent,
        letter_grade: LetterGrade::of_percent(score_percent),
        previous_score: None,
        score_status: None,
        ..GradePosted::example().unwrap()
    }
}

/// An assignment of class `k-1` in a category.
pub fn assignment(line_item: &str, category: &str) -> AssignmentCreated {
    AssignmentCreated {
        line_item_id: id(line_item),
        class_id: id("k-1"),
        category_id: id(category),
        ..AssignmentCreated::example().unwrap()
    }
}

/// Publishes grades one after the other, each when the one before has had all its effects.
pub async fn post_all(harness: &Harness, grades: impl IntoIterator<Item = GradePosted>) {
    for grade in grades {
        harness.publish(grade).await;
        harness.settle().await;
    }
}
