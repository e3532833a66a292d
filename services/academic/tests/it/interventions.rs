//! What rules find, and what follows: one case, one notice, until somebody closes it.

use fabric_catalog::{
    Example as _,
    gradebook::AssignmentMissed,
    intervention::{CaseClosed, CaseCreated, CaseTriggered, TriggerReason},
    notification::NotificationDispatchRequested,
    rostering::TeacherAssigned,
    values::Percent,
};
use fabric_testkit::harness::Harness;

use crate::school::{id, post_all, posted, start};

/// How many of each were published: triggers, cases, notices.
fn counts(harness: &Harness) -> [usize; 3] {
    [
        harness.published::<CaseTriggered>().len(),
        harness.published::<CaseCreated>().len(),
        harness.published::<NotificationDispatchRequested>().len(),
    ]
}

#[tokio::test]
async fn a_failing_grade_opens_one_case_until_it_is_closed() {
    let harness = start().await;
    post_all(&harness, [posted("u-1", "li-0", 60.0)]).await;
    assert_eq!(counts(&harness), [0, 0, 0]);
    post_all(&harness, [posted("u-1", "li-1", 41.5), posted("u-1", "li-2", 30.0)]).await;
    assert_eq!(counts(&harness), [1, 1, 1]);

    let [case] = harness.published::<CaseCreated>().try_into().unwrap();
    assert_eq!((case.student_id.clone(), case.class_id.clone(), case.tier), (id("u-1"), Some(id("k-1")), 2.into()));
    let [triggered] = harness.published::<CaseTriggered>().try_into().unwrap();
    assert_eq!((&triggered.case_id, triggered.reason.get()), (&case.case_id, &TriggerReason::FailingGrade));
    assert_eq!(triggered.measured_percent.map(Percent::value), Some(41.5));
    let [notice] = harness.published::<NotificationDispatchRequested>().try_into().unwrap();
    assert_eq!((notice.template.as_str(), notice.recipient_id.as_str()), ("intervention_opened", "u-teacher"));

    harness
        .publish(CaseClosed { case_id: case.case_id, student_id: id("u-1"), ..CaseClosed::example().unwrap() })
        .await;
    harness.settle().await;
    post_all(&harness, [posted("u-1", "li-3", 30.0)]).await;
    assert_eq!(counts(&harness), [2, 2, 2]);
}

#[tokio::test]
async fn each_student_and_class_has_a_case_of_its_own() {
    let harness = start().await;
    let elsewhere = fabric_catalog::gradebook::GradePosted { class_id: id("k-2"), ..posted("u-1", "li-2", 40.0) };
    post_all(&harness, [posted("u-1", "li-1", 40.0), posted("u-2", "li-1", 40.0), elsewhere]).await;
    assert_eq!(counts(&harness), [3, 3, 3]);
}

#[tokio::test]
async fn the_teacher_who_answers_for_the_class_gets_the_notice() {
    let harness = start().await;
    harness
        .publish(TeacherAssigned { class_id: id("k-1"), teacher_id: id("t-7"), ..TeacherAssigned::example().unwrap() })
        .await;
    harness.settle().await;
    post_all(&harness, [posted("u-1", "li-1", 10.0)]).await;
    let [notice] = harness.published::<NotificationDispatchRequested>().try_into().unwrap();
    assert_eq!((notice.recipient_id, notice.subject_id), (id("t-7"), Some(id("u-1"))));
}

#[tokio::test]
async fn a_significant_drop_triggers_and_a_failing_grade_joins_its_case() {
    let harness = start().await;
    let before = ["li-1", "li-2", "li-3"].map(|line_item| posted("u-1", line_item, 95.0));
    post_all(&harness, before).await;
    post_all(&harness, [posted("u-1", "li-4", 70.0)]).await;
    assert_eq!(counts(&harness), [1, 1, 1]);
    post_all(&harness, [posted("u-1", "li-5", 40.0)]).await;
    assert_eq!(counts(&harness), [2, 1, 1]);
    let reasons = harness.published::<CaseTriggered>().into_iter().map(|event| *event.reason.get());
    assert_eq!(reasons.collect::<Vec<_>>(), [TriggerReason::SignificantDrop, TriggerReason::FailingGrade]);
}

#[tokio::test]
async fn missed_work_is_told_to_the_student_and_the_third_time_opens_a_case() {
    let harness = start().await;
    for line_item in ["li-1", "li-2", "li-2", "li-3"] {
        let missed = AssignmentMissed {
            line_item_id: id(line_item),
            student_id: id("u-1"),
            class_id: id("k-1"),
            ..AssignmentMissed::example().unwrap()
        };
        harness.publish(missed).await;
        harness.settle().await;
    }
    assert_eq!(counts(&harness), [1, 1, 3], "nobody is known who teaches the class");
    let notices = harness.published::<NotificationDispatchRequested>();
    assert!(notices.iter().all(|notice| notice.recipient_id == id("u-1") && notice.template == "notice"));
}
