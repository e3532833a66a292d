use fabric_catalog::{
    Example,
    demographics::{DeactivationReason, UserDeactivated},
    user::{AccountDeactivated, AccountRegistered, ClosingReason, ProfileUpdated, RoleChanged},
    values::Private,
};
use fabric_testkit::harness::{Http, tenant};
use serde_json::{Value, json};

use crate::{STUDENT, admin, count, handled, id, school, topics};

fn registration() -> Value {
    json!({
        "email": "ada@example.edu", "username": "ada", "givenName": "Ada", "familyName": "Lovelace",
        "language": "en-GB",
    })
}

#[tokio::test]
async fn somebody_registers_and_changes_their_profile() {
    let harness = school().await;
    let ada = harness.http().by(STUDENT, "student");
    assert_eq!(topics(&ada.post("/users", &registration()).await), ["user.account.registered"]);
    harness.settle().await;

    let user = ada.get(&format!("/users/{STUDENT}")).await.json();
    assert_eq!(user["account"], json!({ "open": true, "username": "ada", "email": "ada@example.edu" }));
    assert_eq!((&user["school"]["role"], &user["school"]["active"]), (&json!("student"), &json!(true)));
    assert_eq!(user["roles"], json!(["student"]));

    let change = json!({ "email": "ada@lovelace.example", "timeZone": "Europe/London" });
    let path = format!("/users/{STUDENT}");
    assert_eq!(topics(&patch(&ada, &path, &change).await), ["user.profile.updated"]);
    harness.settle().await;
    assert_eq!(topics(&patch(&ada, &path, &change).await), [""; 0], "nothing changes");
    assert_eq!(count::<ProfileUpdated>(&harness), 1);
    let user = ada.get(&path).await.json();
    assert_eq!(
        (&user["email"], &user["account"]["email"]),
        (&json!("ada@lovelace.example"), &json!("ada@lovelace.example"))
    );
    assert_eq!((&user["language"], &user["timeZone"]), (&json!("en-GB"), &json!("Europe/London")));
}

async fn patch(http: &Http, path: &str, json: &Value) -> fabric_testkit::harness::Reply {
    http.send("PATCH".parse().unwrap(), path, json.to_string().into()).await
}

#[tokio::test]
async fn whoever_is_deactivated_loses_account_and_roles() {
    let harness = school().await;
    let ada = harness.http().by(STUDENT, "student");
    ada.post("/users", &registration()).await;
    harness.settle().await;

    let path = format!("/users/{STUDENT}/deactivation");
    let reply = admin(&harness).post(&path, &json!({ "reason": "graduated" })).await;
    assert_eq!(topics(&reply), ["demographics.user.deactivated"]);
    harness.settle().await;

    let closed = harness.published::<AccountDeactivated>();
    let [closed] = closed.as_slice() else { panic!("{closed:?}") };
    assert_eq!(closed.reason, Private::new(ClosingReason::PersonDeactivated));
    assert_eq!(closed.deactivated_by_id, Some(id("u-admin")));
    assert_eq!(handled(&harness, "user.user_deactivation"), 2, "the person's event and the account's");

    let user = admin(&harness).get(&format!("/users/{STUDENT}")).await.json();
    assert_eq!((&user["account"]["open"], &user["school"]["active"]), (&json!(false), &json!(false)));
    assert_eq!(user["roles"], json!([]));
    let again = admin(&harness).post(&path, &json!({ "reason": "graduated" })).await;
    assert_eq!((again.status.as_u16(), &again.json()["code"]), (409, &json!("already_deactivated")));
}

#[tokio::test]
async fn a_deactivation_that_comes_twice_closes_once() {
    let harness = school().await;
    let event = UserDeactivated {
        reason: Private::new(DeactivationReason::RemovedAtSource),
        ..UserDeactivated::example().unwrap()
    };
    let first = harness.publish(event.clone()).await;
    harness.settle().await;
    let again = harness.fabric_as("user").publish(event).tenant(tenant()).id(first.id()).await;
    assert!(again.is_ok());
    harness.settle().await;
    assert_eq!(count::<AccountDeactivated>(&harness), 1);
}

#[tokio::test]
async fn an_admin_changes_roles_and_nobody_their_own() {
    let harness = school().await;
    let path = format!("/users/{STUDENT}/roles");
    let change = json!({ "grant": ["tutor"], "reason": "knows algebra" });
    assert_eq!(topics(&admin(&harness).post(&path, &change).await), ["user.role.changed"]);
    harness.settle().await;
    let user = admin(&harness).get(&format!("/users/{STUDENT}")).await.json();
    assert_eq!(user["roles"], json!(["student", "tutor"]));

    let own = admin(&harness).post("/users/u-admin/roles", &change).await;
    assert_eq!(own.status, 404, "the admin has no record here");
    let above = harness.http().by("r-1", "registrar").post(&path, &json!({ "grant": ["operator"] })).await;
    assert_eq!(above.status, 403);
    // The rule of the service lets a teacher pass; the event's own roles do not.
    let teacher = harness.http().by("t-1", "teacher").post(&path, &json!({ "grant": ["counselor"] })).await;
    assert_eq!(teacher.status, 403);
    assert_eq!(count::<RoleChanged>(&harness), 1);
}

#[tokio::test]
async fn two_people_cannot_have_one_user_name() {
    let harness = school().await;
    harness.http().by(STUDENT, "student").post("/users", &registration()).await;
    harness.settle().await;
    let other = harness.http().by("u-7", "student").post("/users", &registration()).await;
    assert_eq!((other.status.as_u16(), &other.json()["code"]), (409, &json!("username_taken")));
    let again = harness.http().by(STUDENT, "student").post("/users", &registration()).await;
    assert_eq!((again.status.as_u16(), &again.json()["code"]), (409, &json!("already_registered")));
    assert_eq!(count::<AccountRegistered>(&harness), 1);
}
