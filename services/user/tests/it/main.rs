//! The service as others see it: events in, events out, HTTP.

mod accounts;
mod families;
mod refusals;
mod rosters;
mod verified_role;

use fabric::Event;
use fabric_catalog::{Example, demographics::UserCreated, values::Id};
use fabric_testkit::harness::{Harness, Http};

/// The student of the catalogue's examples.
const STUDENT: &str = "u-11391";

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

/// The service, knowing the student of the examples and the student's guardian.
async fn school() -> Harness {
    let harness = Harness::start(user::service()).await;
    let student = UserCreated::example().unwrap();
    let guardian = UserCreated { user_id: id("u-guardian"), agent_ids: Vec::new(), ..student.clone() };
    harness.publish(student).await;
    harness.publish(guardian).await;
    harness.settle().await;
    harness
}

fn admin(harness: &Harness) -> Http {
    harness.http().by("u-admin", "admin")
}

/// The topics of the events that an answer lists.
fn topics(reply: &fabric_testkit::harness::Reply) -> Vec<String> {
    assert_eq!(reply.status, 202, "{}", reply.text());
    let json = reply.json();
    let events = json["events"].as_array().unwrap();
    assert!(events.iter().all(|event| event["id"].is_string() && event["outcome"].is_string()), "{json}");
    events.iter().map(|event| event["topic"].as_str().unwrap().to_owned()).collect()
}

/// How many deliveries of a subscription were handled, and none in another way.
fn handled(harness: &Harness, subscription: &str) -> usize {
    use fabric::core::delivery::Disposition;
    let dispositions = harness.dispositions(subscription);
    assert!(dispositions.iter().all(|disposition| *disposition == Disposition::Ack), "{dispositions:?}");
    dispositions.len()
}

/// How many events of a type were published.
fn count<E: Event>(harness: &Harness) -> usize {
    harness.published::<E>().len()
}
