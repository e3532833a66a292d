use fabric_catalog::{
    Example,
    demographics::{DemographicDataUpdated, EnrollmentCreated, EnrollmentEnded},
    values::EnrollmentRole,
};
use serde_json::json;

use crate::{STUDENT, admin, handled, id, school};

#[tokio::test]
async fn a_roster_lists_who_is_in_the_class() {
    let harness = school().await;
    let student = EnrollmentCreated::example().unwrap();
    let teacher = EnrollmentCreated {
        enrollment_id: id("e-t"),
        user_id: id("u-t"),
        role: EnrollmentRole::Teacher,
        ..student.clone()
    };
    harness.publish(student).await;
    harness.publish(teacher).await;
    harness.settle().await;
    assert_eq!(handled(&harness, "user.enrollment"), 2);

    let path = "/classes/k-AAA-2026J/roster";
    let roster = admin(&harness).get(path).await.json();
    assert_eq!(roster["classId"], json!("k-AAA-2026J"));
    let enrollments = roster["enrollments"].as_array().unwrap();
    assert_eq!(enrollments.len(), 2);
    assert_eq!((&enrollments[0]["userId"], &enrollments[0]["familyName"]), (&json!(STUDENT), &json!("Lovelace")));
    assert_eq!((&enrollments[1]["role"], &enrollments[1]["familyName"]), (&json!("teacher"), &json!(null)));

    harness.publish(EnrollmentEnded::example().unwrap()).await;
    harness.settle().await;
    let roster = harness.http().by("u-t", "tutor").get(path).await;
    assert_eq!(roster.json()["enrollments"].as_array().unwrap().len(), 1, "who teaches the class sees it");
    assert_eq!(harness.http().by(STUDENT, "student").get(path).await.status, 403);
    assert_eq!(admin(&harness).get("/classes/k-0/roster").await.status, 404);
}

#[tokio::test]
async fn demographic_data_is_for_few() {
    let harness = school().await;
    harness.publish(DemographicDataUpdated::example().unwrap()).await;
    harness.settle().await;
    let path = format!("/users/{STUDENT}/demographics");
    for (actor, role, status) in [(STUDENT, "student", 200), ("r-1", "registrar", 200), ("t-1", "teacher", 403)] {
        assert_eq!(harness.http().by(actor, role).get(&path).await.status, status, "{role}");
    }
    assert_eq!(admin(&harness).get("/users/u-guardian/demographics").await.status, 404);
}
