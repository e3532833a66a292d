use fabric::TenantId;
use fabric_testkit::harness::Harness;
use serde_json::{Value, json};

use crate::{STUDENT, admin, school};

/// What was published so far, of any type.
fn published(harness: &Harness) -> usize {
    harness.broker().recorded().len()
}

#[tokio::test]
async fn bad_input_is_refused_with_the_field_and_publishes_nothing() {
    let harness = school().await;
    let before = published(&harness);
    let ada = harness.http().by("u-9", "student");
    let good = json!({ "email": "a@example.edu", "username": "a", "givenName": "A", "familyName": "B" });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body.to_string()
    };
    let table = [
        ("{".to_owned(), "line 1"),
        (with("email", json!("nobody")), "an e-mail address"),
        (with("username", json!(7)), "string"),
        (with("extra", json!(1)), "unknown field"),
        (with("language", json!("not a language!")), "a language"),
        ("{}".to_owned(), "email"),
        ("[".repeat(100_000), "nests deeper"),
    ];
    for (body, expected) in table {
        let reply = ada.send("POST".parse().unwrap(), "/users", body.into()).await;
        assert!(reply.status.is_client_error() && reply.text().contains(expected), "{expected}: {}", reply.text());
        assert_eq!(reply.json()["code"].as_str().map(str::is_empty), Some(false));
    }
    harness.settle().await;
    assert_eq!(published(&harness), before);
}

#[tokio::test]
async fn whoever_may_not_is_refused_and_publishes_nothing() {
    let harness = school().await;
    let before = published(&harness);
    let path = format!("/users/{STUDENT}/deactivation");
    let reason = json!({ "reason": "left" });
    assert_eq!(harness.http().post(&path, &reason).await.status, 401);
    assert_eq!(harness.http().with_token("nonsense").post(&path, &reason).await.status, 401);
    for role in ["student", "teacher", "guardian"] {
        let reply = harness.http().by("somebody", role).post(&path, &reason).await;
        assert_eq!(reply.status, 403, "{role}: {}", reply.text());
    }
    assert_eq!(admin(&harness).post("/users/u-0/deactivation", &reason).await.status, 404);
    assert_eq!(harness.http().by("u-7", "student").get(&format!("/users/{STUDENT}")).await.status, 403);
    harness.settle().await;
    assert_eq!(published(&harness), before);
}

#[tokio::test]
async fn one_tenant_never_sees_another() {
    let harness = school().await;
    let other = TenantId::try_new("elsewhere").unwrap();
    let path = format!("/users/{STUDENT}");
    assert_eq!(admin(&harness).get(&path).await.status, 200);
    assert_eq!(harness.http().by_somebody_of(&other, "u-admin", "admin").get(&path).await.status, 404);
}
