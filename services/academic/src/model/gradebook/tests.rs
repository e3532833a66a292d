//! What holds of the gradebook as a whole.

use std::collections::BTreeMap;

use fabric_catalog::{
    Example as _,
    gradebook::AssignmentMissed,
    values::{LetterGrade, Percent, Points, Score, Weight},
};
use proptest::prelude::*;

use super::*;
use crate::model::mark::{MarkSum, mark};

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

fn moment(second: i64) -> Moment {
    Moment { time: at(second), id: EventId::from_parts(0, [0; 10]) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn grade(student: &str, line_item: &str, category: Option<&str>, percent: f64) -> Grade {
    Grade {
        result_id: id(&format!("r-{line_item}-{student}")),
        line_item_id: id(line_item),
        student_id: id(student),
        class_id: id("k-1"),
        school_id: id("s-1"),
        category_id: category.map(id),
        change: Change::Scored(Scored {
            score: Score::try_new(percent).unwrap(),
            mark: mark(percent),
            is_posted: true,
            is_exempt: false,
        }),
    }
}

fn withdrawn(grade: &Grade) -> Grade {
    Grade { change: Change::Withdrawn, ..grade.clone() }
}

fn average(book: &Gradebook, student: &str) -> Option<f64> {
    let grades = book.grades(&id(student), Audience::Staff)?;
    grades.classes.first()?.average_percent.map(Percent::value)
}

fn assignment(category: &str) -> AssignmentFacts {
    let [result_value_min, result_value_max] = [0.0, 100.0].map(|value| Points::try_new(value).unwrap());
    AssignmentFacts { class_id: id("k-1"), category_id: id(category), result_value_min, result_value_max }
}

#[test]
fn the_average_is_the_mean_of_category_means_by_weight() {
    let mut book = Gradebook::default();
    let steps = [
        ("li-1", Some("homework"), 80.0, 80.0),
        ("li-2", Some("homework"), 90.0, 85.0),
        ("li-3", Some("tests"), 55.0, 70.0),
        ("li-4", None, 100.0, 80.0),
        ("li-1", Some("homework"), 60.0, 76.667),
    ];
    for ((line_item, category, percent, expected), second) in steps.into_iter().zip(1..) {
        book.note(&grade("u-1", line_item, category, percent), at(second));
        assert_eq!(average(&book, "u-1"), Some(expected), "{line_item}");
    }
}

#[test]
fn a_weight_counts_from_the_moment_it_is_set_for_everybody_it_concerns() {
    let mut book = Gradebook::default();
    for (student, percents) in [("u-1", [100.0, 50.0]), ("u-2", [0.0, 50.0])] {
        book.note(&grade(student, "li-1", Some("homework"), percents[0]), at(1));
        book.note(&grade(student, "li-2", Some("tests"), percents[1]), at(1));
    }
    book.note(&grade("u-3", "li-2", Some("tests"), 70.0), at(1));
    let weight = Weight::try_new(25.0).ok();
    let affected = book.set_weight(None, &id("homework"), weight, moment(2));
    assert_eq!(affected.iter().map(|affected| affected.student_id.as_str()).collect::<Vec<_>>(), ["u-1", "u-2"]);
    assert_eq!([average(&book, "u-1"), average(&book, "u-2")], [Some(60.0), Some(40.0)]);
    assert_eq!(book.set_weight(None, &id("homework"), weight, moment(2)), affected, "telling may have failed");
    assert!(book.set_weight(None, &id("homework"), None, moment(1)).is_empty(), "an older weight");
}

#[test]
fn a_deleted_assignment_counts_no_more_and_another_category_counts_at_once() {
    let mut book = Gradebook::default();
    book.note(&grade("u-1", "li-1", Some("homework"), 100.0), at(1));
    book.note(&grade("u-1", "li-2", Some("homework"), 50.0), at(1));
    book.note(&grade("u-1", "li-3", Some("tests"), 40.0), at(1));
    book.count_categories(&id("u-1"), &id("k-1"));
    assert_eq!(average(&book, "u-1"), Some(57.5));

    book.set_assignment(&id("li-2"), "Fractions", assignment("tests"), moment(2));
    assert_eq!(average(&book, "u-1"), Some(72.5));
    let performance = book.performance(&id("k-1")).unwrap();
    let categories = performance.categories.iter().map(|category| category.average_percent.value());
    assert_eq!(categories.collect::<Vec<_>>(), [100.0, 45.0]);

    assert_eq!(book.delete_assignment(&id("li-3"), moment(3)).len(), 1);
    assert_eq!(average(&book, "u-1"), Some(75.0));
    assert_eq!(book.assignment(&id("li-3")), None);
    book.note(&grade("u-1", "li-3", Some("tests"), 10.0), at(4));
    assert_eq!(average(&book, "u-1"), Some(75.0), "a grade for deleted work counts nothing");
}

#[test]
fn an_average_is_news_until_it_was_published() {
    let (mut book, student, class) = (Gradebook::default(), id("u-1"), id("k-1"));
    let posted = grade("u-1", "li-1", None, 80.0);
    book.note(&posted, at(1));
    let news = book.unpublished_average(&student, &class).unwrap();
    assert_eq!((news.average.percent().value(), news.previous, news.graded_results), (80.0, None, 1));
    assert!(book.unpublished_average(&student, &class).is_some(), "publishing failed");

    book.average_published(&student, &class, news.average, moment(2));
    book.note(&posted, at(1));
    assert_eq!(book.unpublished_average(&student, &class), None);
    book.note(&grade("u-1", "li-2", None, 80.0), at(3));
    assert_eq!(book.unpublished_average(&student, &class), None, "the same average of more results");
    book.note(&withdrawn(&posted), at(4));
    book.note(&withdrawn(&grade("u-1", "li-2", None, 80.0)), at(4));
    assert_eq!(book.unpublished_average(&student, &class), None, "there is no average to tell");
}

#[test]
fn letters_follow_the_results_once_they_are_converted() {
    let mut book = Gradebook::default();
    let letters = |book: &Gradebook| {
        let letters = book.class(&id("k-1")).unwrap().letters();
        letters.iter().map(|(letter, count)| format!("{}{count}", letter.as_str())).collect::<Vec<_>>()
    };
    let first = grade("u-1", "li-1", None, 95.0);
    book.note(&first, at(1));
    assert_eq!(letters(&book), [""; 0], "not converted yet");
    book.convert_to_letter(&first);
    book.convert_to_letter(&first);
    assert_eq!(letters(&book), ["A1"]);
    book.note(&grade("u-1", "li-1", None, 71.0), at(2));
    assert_eq!(letters(&book), ["C-1"]);
    book.note(&withdrawn(&first), at(3));
    assert_eq!(letters(&book), [""; 0]);
}

#[test]
fn students_see_what_was_posted_and_no_average_that_tells_the_rest() {
    let mut book = Gradebook::default();
    let posted = grade("u-1", "li-1", None, 80.0);
    let Change::Scored(scored) = posted.change else { unreachable!() };
    let change = Change::Scored(Scored { is_posted: false, ..scored });
    let entered = Grade { change, ..grade("u-1", "li-2", None, 80.0) };
    let seen = |book: &Gradebook, audience| {
        let class = book.grades(&id("u-1"), audience).unwrap().classes.remove(0);
        (class.results.len(), class.average_percent.is_some(), class.categories.len())
    };
    book.note(&posted, at(1));
    book.note(&entered, at(2));
    assert_eq!(seen(&book, Audience::Staff), (2, true, 1));
    assert_eq!(seen(&book, Audience::Student), (1, false, 0));
    book.note(&grade("u-1", "li-2", None, 80.0), at(3));
    assert_eq!(seen(&book, Audience::Student), (2, true, 1));
}

#[test]
fn missed_work_is_missing_until_there_is_a_result() {
    let mut book = Gradebook::default();
    let missed = |line_item: &str| AssignmentMissed {
        line_item_id: id(line_item),
        student_id: id("u-1"),
        class_id: id("k-1"),
        ..AssignmentMissed::example().unwrap()
    };
    let event = |number| EventId::from_parts(number, [0; 10]);
    book.note(&grade("u-1", "li-0", None, 80.0), at(1));
    let table = [
        ("li-0", 1, None, "handed in"),
        ("li-1", 2, Some(1), "the first one"),
        ("li-1", 2, Some(1), "the same event again"),
        ("li-1", 3, None, "told before"),
        ("li-2", 4, Some(2), "the second one"),
    ];
    for (line_item, number, expected, why) in table {
        assert_eq!(book.miss(&missed(line_item), event(number)), expected, "{why}");
    }
    book.note(&grade("u-1", "li-1", None, 60.0), at(2));
    assert_eq!(book.miss(&missed("li-3"), event(5)), Some(2), "li-1 is handed in, li-2 and li-3 are missing");
}

#[test]
fn an_override_is_remembered_with_what_was_before() {
    let mut book = Gradebook::default();
    let by_hand = |second, previous| Override {
        by_id: id("u-admin"),
        previous_score: Score::try_new(previous).unwrap(),
        at: at(second),
    };
    let overridden = grade("u-1", "li-1", None, 90.0);
    book.mark_overridden(&overridden, by_hand(1, 1.0));
    book.note(&overridden, at(2));
    book.mark_overridden(&overridden, by_hand(2, 41.5));
    book.mark_overridden(&overridden, by_hand(1, 30.0));
    let result = book.result(&id("u-1"), &id("k-1"), &id("li-1")).unwrap();
    assert_eq!(result.overridden, Some(by_hand(2, 41.5)));
}

/// One event of a random history: student, assignment, percent (none: withdrawn), seconds.
type Step = (u8, u8, Option<u8>);

fn event_of((student, line_item, percent): Step) -> Grade {
    let category = (line_item % 3 > 0).then(|| format!("cat-{}", line_item % 3));
    let scored = grade(
        &format!("u-{student}"),
        &format!("li-{line_item}"),
        category.as_deref(),
        f64::from(percent.unwrap_or_default()),
    );
    if percent.is_some() { scored } else { withdrawn(&scored) }
}

/// The averages as one would work them out on paper, from the last event of each result.
fn averages_on_paper(history: &[Step]) -> BTreeMap<String, Option<u32>> {
    let last: BTreeMap<(u8, u8), Option<u8>> =
        history.iter().map(|(student, line_item, percent)| ((*student, *line_item), *percent)).collect();
    let mut categories: BTreeMap<String, BTreeMap<u8, MarkSum>> = BTreeMap::new();
    for ((student, line_item), percent) in last {
        let sums = categories.entry(format!("u-{student}")).or_default();
        if let Some(percent) = percent {
            sums.entry(line_item % 3).or_default().add(mark(f64::from(percent)));
        }
    }
    let mean = |sums: &BTreeMap<u8, MarkSum>| {
        let mut all = MarkSum::default();
        sums.values().filter_map(|sum| sum.mean()).for_each(|mean| all.add(mean));
        all.mean().map(Mark::thousandths)
    };
    categories.iter().map(|(student, sums)| (student.clone(), mean(sums))).collect()
}

proptest! {
    #[test]
    fn whatever_the_order_and_however_often_the_figures_are_those_on_paper(
        history in proptest::collection::vec((0_u8..3, 0_u8..5, proptest::option::weighted(0.8, 0_u8..=100)), 1..40),
        order in proptest::collection::vec(any::<proptest::sample::Index>(), 0..80),
    ) {
        let mut book = Gradebook::default();
        let times = |position: usize| at(i64::try_from(position).unwrap());
        for position in order.iter().map(|index| index.index(history.len())).chain(0..history.len()).chain((0..history.len()).rev()) {
            let grade = event_of(history[position]);
            book.note(&grade, times(position));
            book.convert_to_letter(&grade);
            book.count_categories(&grade.student_id, &grade.class_id);
        }
        let expected = averages_on_paper(&history);
        for (student, average) in &expected {
            let known = book.students[&id(student)][&id("k-1")].average.map(Mark::thousandths);
            prop_assert_eq!(known, *average, "{}", student);
        }
        let class = book.class(&id("k-1")).unwrap();
        let mut averages: Vec<u32> = expected.values().flatten().copied().collect();
        averages.sort_unstable();
        prop_assert_eq!(class.averages.count() as usize, averages.len());
        prop_assert_eq!(class.averages.lowest().map(Mark::thousandths), averages.first().copied());
        prop_assert_eq!(class.averages.highest().map(Mark::thousandths), averages.last().copied());
        let counting: u32 = book.students.values().map(|classes| classes[&id("k-1")].graded_results()).sum();
        prop_assert_eq!(class.letters.values().sum::<u32>(), counting);
        prop_assert_eq!(class.categories.values().map(|sum| sum.count()).sum::<u32>(), counting);
    }
}

#[test]
fn a_result_is_known_with_its_letter_and_title() {
    let mut book = Gradebook::default();
    book.set_assignment(&id("li-1"), "Fractions", assignment("homework"), moment(1));
    book.note(&grade("u-1", "li-1", None, 91.0), at(2));
    let class = book.grades(&id("u-1"), Audience::Student).unwrap().classes.remove(0);
    let result = &class.results[0];
    assert_eq!(
        (result.title.as_deref(), &result.letter_grade),
        (Some("Fractions"), &LetterGrade::try_new("A-").unwrap())
    );
    assert_eq!(class.categories[0].category_id, Some(id("homework")), "the assignment's category");
}
