//! What people ask for over HTTP.

use fabric::TenantId;
use fabric_catalog::notification::{NotificationDispatchRequested, TemplateCreated, TemplateUpdated};
use fabric_testkit::harness::{Http, Reply};
use serde_json::{Value, json};

use crate::{STUDENT, School};

async fn put(http: &Http, path: &str, json: &Value) -> Reply {
    http.send("PUT".parse().unwrap(), path, json.to_string().into()).await
}

fn notice() -> Value {
    let variables = json!({ "subject": "Hello", "text": "It is Monday." });
    json!({ "recipientId": STUDENT, "template": "notice", "variables": variables })
}

#[tokio::test]
async fn a_teacher_asks_for_a_notice() {
    let school = School::start().await;
    let teacher = school.harness.http().by("t-1", "teacher");
    let reply = teacher.post("/notifications", &notice()).await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    let reply = reply.json();
    assert_eq!(reply["events"][0]["topic"], "notification.dispatch.requested");
    school.harness.settle().await;
    let mails = school.mails();
    assert_eq!(mails.iter().map(|mail| mail.header("Subject")).collect::<Vec<_>>(), ["Hello"]);
    let path = format!("/notifications/{}", reply["created"].as_str().unwrap());
    assert_eq!(teacher.get(&path).await.json()["standing"], "delivered");
    let elsewhere = TenantId::try_new("elsewhere").unwrap();
    let stranger = school.harness.http().by_somebody_of(&elsewhere, "t-1", "teacher");
    assert_eq!(stranger.get(&path).await.status, 404);
}

#[tokio::test]
async fn bad_requests_are_refused_with_the_field() {
    let school = School::start().await;
    let with = |field: &str, value: Value| {
        let mut body = notice();
        body[field] = value;
        body
    };
    let table = [
        ("teacher", with("template", json!("unheard_of")), 422, "template"),
        ("teacher", with("template", json!("Bad Name")), 422, "template"),
        ("teacher", with("variables", json!({ "subject": "Hello" })), 422, "`text`"),
        ("teacher", with("email", json!("nobody")), 422, "an e-mail address"),
        ("teacher", with("channels", json!(["pigeon"])), 422, "email"),
        ("teacher", with("extra", json!(1)), 422, "unknown field"),
        ("student", notice(), 403, "may not publish"),
    ];
    for (role, body, status, expected) in table {
        let reply = school.harness.http().by("somebody", role).post("/notifications", &body).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(reply.text().contains(expected), "{expected}: {}", reply.text());
    }
    assert_eq!(school.harness.http().post("/notifications", &notice()).await.status, 401);
    assert_eq!(school.harness.published::<NotificationDispatchRequested>(), []);
}

#[tokio::test]
async fn an_admin_writes_what_notices_say() {
    let school = School::start().await;
    let admin = school.harness.http().by("u-admin", "admin");
    let template = json!({ "title": "News: {subject}", "body": "{text}" });
    assert_eq!(put(&admin, "/templates/notice", &template).await.status, 202);
    school.harness.settle().await;
    assert_eq!(put(&admin, "/templates/notice", &template).await.status, 202);
    school.harness.settle().await;
    assert_eq!(school.harness.published::<TemplateCreated>().len(), 1);
    let updated = school.harness.published::<TemplateUpdated>();
    assert_eq!(updated.iter().map(|event| event.revision).collect::<Vec<_>>(), [2]);

    admin.post("/notifications", &notice()).await;
    school.harness.settle().await;
    assert_eq!(school.mails()[0].header("Subject"), "News: Hello");
    let broken = json!({ "title": "News", "body": "{text" });
    assert_eq!(put(&admin, "/templates/notice", &broken).await.status, 422);
    let teacher = school.harness.http().by("t-1", "teacher");
    assert_eq!(put(&teacher, "/templates/notice", &template).await.status, 403);
}

#[tokio::test]
async fn people_decide_on_which_channels_they_are_told() {
    let school = School::start().await;
    let path = format!("/preferences/{STUDENT}");
    let muted = json!({ "mutedChannels": ["email"] });
    let teacher = school.harness.http().by("t-1", "teacher");
    assert_eq!(put(&teacher, &path, &muted).await.status, 403);
    assert_eq!(put(&school.harness.http().by(STUDENT, "student"), &path, &muted).await.status, 204);

    let reply = teacher.post("/notifications", &notice()).await.json();
    school.harness.settle().await;
    assert!(school.mails().is_empty());
    let view = teacher.get(&format!("/notifications/{}", reply["created"].as_str().unwrap())).await.json();
    assert_eq!(view["standing"], "muted");

    let mut emergency = notice();
    emergency["urgency"] = json!("emergency");
    teacher.post("/notifications", &emergency).await;
    school.harness.settle().await;
    assert_eq!(school.mails().len(), 1);
}
