//! Deliveries that come twice, and reactions that cannot be published at once: the effects are the same.

use fabric::{EventId, ReadModel as _, core::topology::names::leads_to_one_queue};
use fabric_catalog::{
    gradebook::{AverageCalculated, GpaUpdated, GradePosted, PerformanceMeasured},
    intervention::{CaseCreated, CaseTriggered},
    notification::NotificationDispatchRequested,
    values::Percent,
};
use fabric_testkit::harness::{Harness, tenant};

use crate::school::{post_all, posted, start};

/// What was published, each once: an event that was published again has the same id, so it counts once.
fn reactions(harness: &Harness) -> Vec<(String, String)> {
    let topics = [
        <AverageCalculated as fabric::Event>::TOPIC,
        <GpaUpdated as fabric::Event>::TOPIC,
        <PerformanceMeasured as fabric::Event>::TOPIC,
        <CaseTriggered as fabric::Event>::TOPIC,
        <CaseCreated as fabric::Event>::TOPIC,
        <NotificationDispatchRequested as fabric::Event>::TOPIC,
    ];
    let recorded = harness.broker().recorded();
    let sent = recorded.iter().map(|recorded| &recorded.content);
    let sent = sent.filter(|outgoing| !leads_to_one_queue(&outgoing.exchange));
    let mut reactions: Vec<(String, String)> = sent
        .filter(|outgoing| topics.contains(&outgoing.routing_key.as_str()))
        .map(|outgoing| {
            (outgoing.routing_key.clone(), outgoing.message.properties.message_id.clone().unwrap_or_default())
        })
        .collect();
    reactions.sort_unstable();
    reactions.dedup();
    reactions
}

#[tokio::test]
async fn an_event_that_comes_twice_has_its_effects_once() {
    let service = academic::service();
    let models = service.state();
    let harness = Harness::start_with_catalogue(service, fabric_catalog::all()).await;
    let fabric = harness.fabric_as("academic");
    for _ in 0..2 {
        fabric.publish(posted("u-1", "li-1", 41.5)).tenant(tenant()).id(EventId::from_parts(1, [1; 10])).await.unwrap();
        harness.settle().await;
    }
    assert_eq!(reactions(&harness).len(), 6, "one of each");
    let student = crate::school::id("u-1");
    let activity = models.activity.read(&tenant(), |activity| activity.view(&student).unwrap());
    assert_eq!(activity.posted_grades, 1);
    let topic = "gradebook.grade.posted".parse().unwrap();
    assert_eq!(models.topics.read(&tenant(), |counters| counters.topics()[&topic].events), 1);
    assert_eq!(models.gradebook_audit.read(&tenant(), |trail| trail.newest(100).len()), 4);
}

#[tokio::test]
async fn reactions_are_published_however_many_publishes_fail_before() {
    for failing in [1, 2, 3, 5, 8, 13] {
        let harness = start().await;
        harness.publish(posted("u-1", "li-1", 41.5)).await;
        harness.broker().refuse_next(failing);
        harness.settle().await;
        assert_eq!(reactions(&harness).len(), 6, "after {failing} refusals");

        harness.publish(posted("u-2", "li-1", 41.5)).await;
        harness.broker().lose_confirm_next(failing);
        harness.settle().await;
        let averages = harness.published::<AverageCalculated>();
        let of_second = averages.iter().filter(|event| event.student_id.as_str() == "u-2");
        assert!(of_second.clone().count() > 0, "after {failing} lost confirms");
        assert!(of_second.map(|event| event.average_percent).all(|average| average == Percent::try_new(41.5).unwrap()));
        assert_eq!(reactions(&harness).iter().filter(|(topic, _)| topic == "intervention.case.created").count(), 2);
    }
}

#[tokio::test]
async fn nothing_is_parked_and_nothing_of_another_tenant_is_touched() {
    let service = academic::service();
    let models = service.state();
    let harness = Harness::start_with_catalogue(service, fabric_catalog::all()).await;
    let students = ["u-1", "u-2", "u-3"];
    let grades = students.iter().flat_map(|student| [20.0, 95.0].map(|percent| (*student, percent)));
    let grades: Vec<GradePosted> = grades
        .enumerate()
        .map(|(number, (student, percent))| posted(student, &format!("li-{number}"), percent))
        .collect();
    post_all(&harness, grades).await;
    for subscription in harness.host().subscriptions() {
        assert!(harness.parked(subscription.as_str()).is_empty(), "{subscription}");
    }
    let other = "other".parse().unwrap();
    assert!(models.gradebook.read(&other, |book| book.class(&crate::school::id("k-1")).is_none()));
    assert!(models.topics.read(&other, |counters| counters.topics().is_empty()));
}
