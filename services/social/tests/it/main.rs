//! The service as others see it: events in, events out, HTTP.

use fabric::TenantId;
use fabric_catalog::{
    Example,
    demographics::EnrollmentCreated,
    social::{CommentAdded, ConnectionAccepted, ConnectionRequested, PostCreated, PostDeleted},
    values::Id,
};
use fabric_testkit::harness::{Harness, Http, Reply};
use serde_json::{Value, json};

async fn start() -> Harness {
    Harness::start(social::service()).await
}

fn student(harness: &Harness, name: &str) -> Http {
    harness.http().by(name, "student")
}

/// The id of what a command made.
fn created(reply: &Reply) -> String {
    assert_eq!(reply.status, 202, "{}", reply.text());
    reply.json()["created"].as_str().unwrap().to_owned()
}

/// Two students become connected; the connection's id.
async fn connect(harness: &Harness, one: &str, other: &str) -> String {
    let asked = student(harness, one).post("/connections", &json!({ "addresseeId": other })).await;
    let id = created(&asked);
    harness.settle().await;
    let accepted = student(harness, other).post(&format!("/connections/{id}/acceptance"), &json!({})).await;
    assert_eq!(accepted.json()["events"][0]["topic"], "social.connection.accepted", "{}", accepted.text());
    harness.settle().await;
    id
}

/// The texts in a member's feed.
async fn feed(harness: &Harness, member: &str) -> Vec<String> {
    let reply = student(harness, member).get(&format!("/members/{member}/feed")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let posts = reply.json()["posts"].as_array().unwrap().clone();
    posts.iter().map(|post| post["text"].as_str().unwrap().to_owned()).collect()
}

async fn post(harness: &Harness, author: &str, body: &Value) -> String {
    let id = created(&student(harness, author).post("/posts", body).await);
    harness.settle().await;
    id
}

#[tokio::test]
async fn a_post_appears_in_the_feeds_of_the_authors_connections() {
    let harness = start().await;
    connect(&harness, "ada", "bob").await;
    let first = post(&harness, "ada", &json!({ "text": "first" })).await;
    post(&harness, "ada", &json!({ "text": "second" })).await;
    for (member, expected) in [("ada", vec!["second", "first"]), ("bob", vec!["second", "first"]), ("eve", vec![])] {
        assert_eq!(feed(&harness, member).await, expected, "{member}");
    }
    let one = student(&harness, "bob").get("/members/bob/feed?limit=1").await.json();
    assert_eq!(one["posts"].as_array().unwrap().len(), 1);

    let stranger =
        student(&harness, "eve").send("DELETE".parse().unwrap(), &format!("/posts/{first}"), "".into()).await;
    assert_eq!(stranger.status, 404, "whoever does not see a post does not learn that it is there");
    let connected =
        student(&harness, "bob").send("DELETE".parse().unwrap(), &format!("/posts/{first}"), "".into()).await;
    assert_eq!(connected.status, 403);
    let author = student(&harness, "ada").send("DELETE".parse().unwrap(), &format!("/posts/{first}"), "".into()).await;
    assert_eq!(author.status, 202);
    harness.settle().await;
    assert_eq!(feed(&harness, "bob").await, ["second"]);
    assert_eq!((harness.published::<PostCreated>().len(), harness.published::<PostDeleted>().len()), (2, 1));
}

#[tokio::test]
async fn a_post_for_a_class_is_for_the_class() {
    let harness = start().await;
    let place = |member: &str| EnrollmentCreated {
        enrollment_id: Id::try_new(format!("e-{member}")).unwrap(),
        user_id: Id::try_new(member).unwrap(),
        ..EnrollmentCreated::example().unwrap()
    };
    harness.publish(place("ada")).await;
    harness.publish(place("cem")).await;
    harness.settle().await;
    connect(&harness, "ada", "bob").await;
    post(&harness, "ada", &json!({ "text": "for us", "audience": "class", "audienceId": "k-AAA-2026J" })).await;
    assert_eq!(feed(&harness, "cem").await, ["for us"]);
    assert_eq!(feed(&harness, "bob").await, [""; 0], "a connection who is not in the class");

    let foreign = json!({ "text": "hello", "audience": "class", "audienceId": "k-other" });
    assert_eq!(student(&harness, "ada").post("/posts", &foreign).await.status, 403);
}

#[tokio::test]
async fn a_comment_is_told_to_the_author_and_shown_in_feeds() {
    let harness = start().await;
    connect(&harness, "ada", "bob").await;
    let id = post(&harness, "ada", &json!({ "text": "hello" })).await;
    let path = format!("/posts/{id}/comments");
    let comment = created(&student(&harness, "bob").post(&path, &json!({ "text": "hi" })).await);
    harness.settle().await;
    let reply = student(&harness, "ada").post(&path, &json!({ "text": "hi again", "parentCommentId": comment })).await;
    assert_eq!(reply.status, 202);
    assert_eq!(student(&harness, "eve").post(&path, &json!({ "text": "hi" })).await.status, 404);
    harness.settle().await;

    let comments = harness.published::<CommentAdded>();
    assert!(comments.iter().all(|comment| comment.post_author_id.as_str() == "ada"), "{comments:?}");
    let seen = student(&harness, "bob").get("/members/bob/feed").await.json();
    assert_eq!(
        (&seen["posts"][0]["commentsCount"], &seen["posts"][0]["newestComments"][0]["text"]),
        (&json!(2), &json!("hi again"))
    );
}

#[tokio::test]
async fn members_connect_once_and_answer_for_themselves() {
    let harness = start().await;
    let id = created(&student(&harness, "ada").post("/connections", &json!({ "addresseeId": "bob" })).await);
    harness.settle().await;
    let acceptance = format!("/connections/{id}/acceptance");
    let table = [
        ("ada", "/connections", json!({ "addresseeId": "bob" }), 409),
        ("bob", "/connections", json!({ "addresseeId": "ada" }), 409),
        ("ada", "/connections", json!({ "addresseeId": "ada" }), 422),
        ("ada", "/connections", json!({ "addresseeId": "" }), 422),
        ("ada", acceptance.as_str(), json!({}), 403),
        ("eve", acceptance.as_str(), json!({}), 404),
        ("bob", acceptance.as_str(), json!({}), 202),
    ];
    for (member, path, body, status) in table {
        let reply = student(&harness, member).post(path, &body).await;
        assert_eq!(reply.status, status, "{member} {path}: {}", reply.text());
    }
    harness.settle().await;
    assert_eq!(student(&harness, "bob").post(&acceptance, &json!({})).await.status, 409);
    let connections = student(&harness, "ada").get("/members/ada/connections").await.json();
    assert_eq!((&connections[0]["connectionId"], &connections[0]["status"]), (&json!(id), &json!("accepted")));
    assert_eq!(harness.published::<ConnectionRequested>().len(), 1);
    assert_eq!(harness.published::<ConnectionAccepted>().len(), 1);
}

#[tokio::test]
async fn feeds_are_for_the_member_and_staff_of_the_tenant() {
    let harness = start().await;
    post(&harness, "ada", &json!({ "text": "to all", "audience": "everybody" })).await;
    assert_eq!(feed(&harness, "eve").await, ["to all"]);
    assert_eq!(student(&harness, "eve").get("/members/ada/feed").await.status, 403);
    assert_eq!(harness.http().by("t-1", "teacher").get("/members/ada/feed").await.status, 200);
    assert_eq!(harness.http().get("/members/ada/feed").await.status, 401);
    let elsewhere = TenantId::try_new("elsewhere").unwrap();
    let other = harness.http().by_somebody_of(&elsewhere, "eve", "student").get("/members/eve/feed").await;
    assert_eq!(other.json()["posts"], json!([]));
    let operator = harness.http().by("o-1", "operator").post("/posts", &json!({ "text": "hello" })).await;
    assert_eq!(operator.status, 403, "the event's roles do not name operators: {}", operator.text());
    assert!(harness.published::<PostCreated>().iter().all(|post| post.author_id.as_str() == "ada"));
}
