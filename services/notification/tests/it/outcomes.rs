//! What became of notices and e-mails, and how often.

use fabric_catalog::{
    Example,
    notification::{
        Channel, EmailClicked, EmailDelivered, EmailOpened, PushClicked, PushDelivered, SmsReplied, SmsSent,
    },
};
use fabric_testkit::harness::tenant;
use serde_json::json;

use crate::{STUDENT, School, on, request};

#[tokio::test]
async fn an_email_is_followed_in_any_order() {
    let school = School::start().await;
    school.after(on(&[Channel::Email, Channel::InApp], request(STUDENT))).await;
    let view = |school: &School| {
        let teacher = school.harness.http().by("t-1", "teacher");
        async move { teacher.get("/notifications/n-1").await.json() }
    };
    let first = view(&school).await;
    assert_eq!((&first["standing"], &first["messages"]["email"]), (&json!("delivered"), &json!("sent")));
    assert_eq!(first["deliveredChannels"], json!(["email", "in_app"]));
    school.after(EmailClicked::example().unwrap()).await;
    assert_eq!(view(&school).await["messages"]["email"], "clicked");
    school.after(EmailDelivered::example().unwrap()).await;
    school.after(EmailOpened::example().unwrap()).await;
    assert_eq!(view(&school).await["messages"]["email"], "clicked", "older news changes nothing");

    let own = school.harness.http().by(STUDENT, "student").get("/notifications/n-1").await;
    assert_eq!(own.status, 200);
    let other = school.harness.http().by("u-7", "student").get("/notifications/n-1").await;
    assert_eq!(other.status, 404, "somebody else's notice and none look the same");
}

#[tokio::test]
async fn every_event_is_counted_once_on_its_channel() {
    let school = School::start().await;
    school.after(request(STUDENT)).await;
    let opened = EmailOpened::example().unwrap();
    let first = school.harness.publish(opened.clone()).await;
    let again = school.harness.fabric_as("notification").publish(opened).tenant(tenant()).id(first.id()).await;
    assert!(again.is_ok());
    school.harness.settle().await;
    let admin = school.harness.http().by("u-admin", "admin").get("/analytics/channels").await.json();
    let expected = json!({
        "dispatch": { "requested": 1 }, "delivery": { "completed": 1 }, "email": { "sent": 1, "opened": 1 },
    });
    assert_eq!(admin, expected);
    let student = school.harness.http().by(STUDENT, "student").get("/analytics/channels").await;
    assert_eq!(student.status, 403);
}

#[tokio::test]
async fn every_channel_is_followed_and_what_people_do_is_counted() {
    let school = School::start().await;
    school.after(request(STUDENT)).await;
    school.after(SmsSent::example().unwrap()).await;
    school.after(SmsReplied::example().unwrap()).await;
    school.after(PushDelivered::example().unwrap()).await;
    school.after(PushClicked::example().unwrap()).await;
    school.after(EmailOpened::example().unwrap()).await;
    school.after(EmailClicked::example().unwrap()).await;
    let teacher = school.harness.http().by("t-1", "teacher");
    let messages = teacher.get("/notifications/n-1").await.json()["messages"].clone();
    assert_eq!(messages, json!({ "email": "clicked", "sms": "replied", "push": "clicked" }));
    let engagement = teacher.get("/analytics/engagement").await.json();
    assert_eq!(engagement, json!({ "notice": { "opened": 1, "clicked": 2, "replied": 1 } }));
}

#[tokio::test]
async fn asking_twice_with_one_id_is_asking_once() {
    let school = School::start().await;
    school.after(request(STUDENT)).await;
    school.after(request(STUDENT)).await;
    assert_eq!(school.mails().len(), 1);
}
