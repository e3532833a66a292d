//! What is decided, in tables: a command that is taken, and everything that makes it refused.

use fabric_catalog::values::{Points, Private};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

/// What is there: one of each, and a class that is archived.
struct School;

impl Known for School {
    fn has_organization(&self, org_id: &Id) -> bool {
        org_id.as_str() == "ou"
    }

    fn has_session(&self, session_id: &Id) -> bool {
        session_id.as_str() == "s-1"
    }

    fn has_course(&self, course_id: &Id) -> bool {
        course_id.as_str() == "c-1"
    }

    fn has_category(&self, category_id: &Id) -> bool {
        category_id.as_str() == "cat-1"
    }

    fn class(&self, class_id: &Id) -> Option<ClassFacts> {
        let is_archived = class_id.as_str() == "k-old";
        (is_archived || class_id.as_str() == "k-1").then(|| ClassFacts { school_id: id("ou"), is_archived })
    }

    fn assignment(&self, line_item_id: &Id) -> Option<AssignmentFacts> {
        let class = match line_item_id.as_str() {
            "li-1" | "li-penalty" | "li-golf" => "k-1",
            "li-old" => "k-old",
            _ => return None,
        };
        let scale = match line_item_id.as_str() {
            "li-penalty" => [-10.0, 10.0],
            "li-golf" => [-10.0, 0.0],
            _ => [0.0, 40.0],
        };
        let [result_value_min, result_value_max] = scale.map(|value| Points::try_new(value).unwrap());
        Some(AssignmentFacts { class_id: id(class), category_id: id("cat-1"), result_value_min, result_value_max })
    }

    fn is_student(&self, _: &Id, person_id: &Id) -> bool {
        person_id.as_str().starts_with("u-")
    }

    fn is_enrolled(&self, _: &Id, person_id: &Id) -> bool {
        person_id.as_str() == "u-1"
    }

    fn score(&self, student_id: &Id, _: &Id, _: &Id) -> Option<Score> {
        (student_id.as_str() == "u-graded").then(|| Score::try_new(12.0).unwrap())
    }
}

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

/// Changes one field of a command, decides, and says how that ended: as a code and a field, or with nothing.
fn check<C: serde::de::DeserializeOwned, E>(
    command: &Value,
    (field, value): (&str, Value),
    decide: impl FnOnce(C) -> Result<E, Rejection>,
    expected: Option<(&str, &str)>,
) {
    let mut changed = command.clone();
    changed[field] = value.clone();
    let command = serde_json::from_value(changed).unwrap();
    let refused = decide(command).err();
    let refused = refused.as_ref().map(|rejection| (rejection.code(), rejection.field().unwrap_or_default()));
    assert_eq!(refused, expected, "{field}: {value}");
}

#[test]
fn organizations_sessions_and_courses() {
    let organization = json!({"orgId": "ou-2", "name": "School", "orgType": "school", "parentId": "ou"});
    let table = [
        ("name", json!("Other"), None),
        ("parentId", Value::Null, None),
        ("orgId", json!("ou"), Some(("duplicate_id", "orgId"))),
        ("parentId", json!("ou-9"), Some(("unknown_reference", "parentId"))),
        ("name", json!(""), Some(("too_short", "name"))),
    ];
    for (field, value, expected) in table {
        check(&organization, (field, value), |command| create_organization::decide(&School, command), expected);
    }

    let session = json!({
        "sessionId": "s-2", "title": "Autumn", "sessionType": "semester", "startDate": "2026-10-01", "endDate": "2027-02-01",
        "parentId": "s-1", "schoolYear": 2027
    });
    let table = [
        ("endDate", json!("2026-10-01"), None),
        ("sessionId", json!("s-1"), Some(("duplicate_id", "sessionId"))),
        ("parentId", json!("s-9"), Some(("unknown_reference", "parentId"))),
        ("endDate", json!("2026-09-30"), Some(("invalid", "endDate"))),
    ];
    for (field, value, expected) in table {
        check(&session, (field, value), |command| create_academic_session::decide(&School, command), expected);
    }

    let course = json!({"courseId": "c-2", "title": "Algebra", "orgId": "ou", "schoolYearSessionId": "s-1"});
    let table = [
        ("schoolYearSessionId", Value::Null, None),
        ("courseId", json!("c-1"), Some(("duplicate_id", "courseId"))),
        ("orgId", json!("ou-9"), Some(("unknown_reference", "orgId"))),
        ("schoolYearSessionId", json!("s-9"), Some(("unknown_reference", "schoolYearSessionId"))),
    ];
    for (field, value, expected) in table {
        check(&course, (field, value), |command| create_course::decide(&School, command), expected);
    }
}

#[test]
fn classes_and_who_is_in_them() {
    let class = json!({
        "classId": "k-2", "title": "Algebra A", "classType": "scheduled", "courseId": "c-1", "schoolId": "ou", "termIds": ["s-1"]
    });
    let table = [
        ("classCode", json!("A"), None),
        ("classId", json!("k-1"), Some(("duplicate_id", "classId"))),
        ("courseId", json!("c-9"), Some(("unknown_reference", "courseId"))),
        ("schoolId", json!("ou-9"), Some(("unknown_reference", "schoolId"))),
        ("termIds", json!(["s-1", "s-9"]), Some(("unknown_reference", "termIds"))),
        ("termIds", json!([]), Some(("too_short", "termIds"))),
    ];
    for (field, value, expected) in table {
        check(&class, (field, value), |command| create_class::decide(&School, command), expected);
    }

    let enroll = json!({"studentId": "u-2", "enrollmentId": null, "beginDate": "2026-10-01"});
    let table = [
        ("k-1", "u-2", None),
        ("k-1", "u-1", Some(("duplicate_id", "studentId"))),
        ("k-9", "u-2", Some(("unknown_reference", "classId"))),
        ("k-old", "u-2", Some(("closed", "classId"))),
    ];
    for (class, student, expected) in table {
        let decide = |command| enroll_student::decide(&School, id(class), command);
        check(&enroll, ("studentId", json!(student)), decide, expected);
    }
}

#[test]
fn what_results_count_in() {
    let assignment = json!({
        "lineItemId": "li-2", "title": "Fractions", "classId": "k-1", "categoryId": "cat-1", "gradingPeriodId": "s-1",
        "assignDate": "2026-10-01", "dueDate": "2026-10-20", "resultValueMin": 0, "resultValueMax": 40
    });
    let table = [
        ("description", json!("Exercises 1 to 12"), None),
        ("lineItemId", json!("li-1"), Some(("duplicate_id", "lineItemId"))),
        ("classId", json!("k-9"), Some(("unknown_reference", "classId"))),
        ("classId", json!("k-old"), Some(("closed", "classId"))),
        ("categoryId", json!("cat-9"), Some(("unknown_reference", "categoryId"))),
        ("gradingPeriodId", json!("s-9"), Some(("unknown_reference", "gradingPeriodId"))),
        ("academicSessionId", json!("s-9"), Some(("unknown_reference", "academicSessionId"))),
        ("dueDate", json!("2026-09-30"), Some(("invalid", "dueDate"))),
        ("resultValueMax", json!(0), Some(("invalid", "resultValueMax"))),
        ("title", json!("x".repeat(256)), Some(("too_long", "title"))),
    ];
    for (field, value, expected) in table {
        check(&assignment, (field, value), |command| create_assignment::decide(&School, command), expected);
    }

    let category = json!({"categoryId": "cat-2", "title": "Homework", "weightPercent": 30});
    let table = [
        ("classId", json!("k-1"), None),
        ("weightPercent", Value::Null, None),
        ("classId", json!("k-9"), Some(("unknown_reference", "classId"))),
        ("title", json!(""), Some(("too_short", "title"))),
    ];
    for (field, value, expected) in table {
        check(&category, (field, value), |command| set_category::decide(&School, command), expected);
    }
}

fn grade() -> Value {
    json!({"resultId": "r-1", "lineItemId": "li-1", "studentId": "u-1", "score": 30, "scoreStatus": "fully graded"})
}

#[test]
fn grades_are_held_against_their_assignment() {
    let table = [
        ("classId", json!("k-1"), None),
        ("score", json!(80), None),
        ("lineItemId", json!("li-9"), Some(("unknown_reference", "lineItemId"))),
        ("lineItemId", json!("li-old"), Some(("closed", "lineItemId"))),
        ("classId", json!("k-2"), Some(("unknown_reference", "classId"))),
        ("studentId", json!("t-1"), Some(("unknown_reference", "studentId"))),
        ("score", json!(-1), Some(("too_small", "score"))),
        ("score", json!(81), Some(("too_large", "score"))),
    ];
    let (by, now) = (id("t-1"), Timestamp::UNIX_EPOCH);
    for (field, value, expected) in table {
        check(&grade(), (field, value.clone()), |command| post_grade::decide(&School, command, &by, now), expected);
        check(&grade(), (field, value), |command| record_grade::decide(&School, command, &by, now), expected);
    }
}

#[test]
fn a_posted_grade_says_what_it_is_worth() {
    let command = serde_json::from_value(grade()).unwrap();
    let event = post_grade::decide(&School, command, &id("t-1"), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((event.score_percent.value(), event.letter_grade.as_str()), (75.0, "C"));
    assert_eq!((event.class_id, event.school_id, event.category_id), (id("k-1"), id("ou"), Some(id("cat-1"))));
    assert_eq!((event.graded_by_id, event.posted_at, event.previous_score), (id("t-1"), Timestamp::UNIX_EPOCH, None));
}

#[test]
fn a_score_is_worth_its_share_of_the_highest_one_wherever_the_scale_begins() {
    let table = [
        ("li-1", 0.0, Ok(0.0)),
        ("li-1", 50.0, Ok(125.0)),
        ("li-penalty", 5.0, Ok(50.0)),
        ("li-penalty", 0.0, Ok(0.0)),
        ("li-penalty", -5.0, Ok(0.0)),
        ("li-penalty", -10.5, Err("too_small")),
        ("li-penalty", 20.5, Err("too_large")),
        ("li-golf", -3.0, Err("invalid")),
    ];
    for (assignment, score, expected) in table {
        let assignment = School.assignment(&id(assignment)).unwrap();
        let worth = post_grade::worth(&assignment, Score::try_new(score).unwrap());
        let worth = worth.as_ref().map(|(percent, _)| percent.value()).map_err(Rejection::code);
        assert_eq!(worth, expected, "{score} from {} to {}", assignment.result_value_min, assignment.result_value_max);
    }
}

#[test]
fn a_grade_is_recorded_once_and_then_updated() {
    let decide = |student: &str| {
        let mut command = grade();
        command["studentId"] = json!(student);
        let command = serde_json::from_value(command).unwrap();
        record_grade::decide(&School, command, &id("t-1"), Timestamp::UNIX_EPOCH).unwrap()
    };
    assert!(matches!(decide("u-1"), record_grade::Recorded::Created(event) if event.previous_score.is_none()));
    assert!(
        matches!(decide("u-graded"), record_grade::Recorded::Updated(event) if event.previous_score.map(Score::value) == Some(12.0))
    );
}

#[test]
fn a_case_is_closed_once() {
    use crate::model::cases::Cases;
    use fabric_catalog::{
        Example as _,
        intervention::{CaseCreated, CaseOutcome},
    };

    let (mut cases, created) = (Cases::default(), CaseCreated::example().unwrap());
    cases.created(&created);
    let close = |cases: &Cases| {
        let command = close_case::CloseCase { outcome: Private::new(CaseOutcome::Resolved), note: None };
        close_case::decide(cases.get(&created.case_id).unwrap(), command, &id("c-1"), created.opened_at)
    };
    let closed = close(&cases).unwrap();
    assert_eq!(closed.closed_by_id, Some(id("c-1")));
    cases.closed(&closed);
    assert_eq!(close(&cases), Err(Rejection::Closed { field: "caseId", what: "case" }));
}

#[test]
fn a_command_with_a_field_that_nobody_knows_is_not_one() {
    let mut command = grade();
    command["scor"] = json!(3);
    let refused = serde_json::from_value::<post_grade::PostGrade>(command).unwrap_err();
    assert!(validate::scrub(&refused).starts_with("unknown field"));
}
