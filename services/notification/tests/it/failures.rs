//! Notices that cannot be delivered, or not yet.

use fabric::{FaultClass, core::delivery::Disposition};
use fabric_catalog::{
    Example,
    demographics::UserCreated,
    notification::{
        BounceKind, Channel, DeliveryCompleted, DeliveryPartiallyCompleted, EmailBounced, EmailDeliveryFailed,
        NotificationDispatchRequested, SmsFailed,
    },
};
use fabric_testkit::harness::Harness;
use jiff::SignedDuration;
use notification::Mailer;

use crate::{STUDENT, School, id, on, request};

/// What became of the deliveries of a subscription, in a word each.
fn fates(harness: &Harness, subscription: &str) -> Vec<&'static str> {
    let word = |disposition| match disposition {
        Disposition::Ack => "ack",
        Disposition::RetryNow => "retry now",
        Disposition::RetryAfter(_) => "retry",
        Disposition::Park(reason) => reason.code(),
    };
    harness.dispositions(subscription).into_iter().map(word).collect()
}

/// Why a delivery of `dispatch` is parked. It says nothing about the person.
fn cause_of_parking(harness: &Harness, subscription: &str) -> String {
    let parked = harness.parked(subscription);
    let [parked] = parked.as_slice() else { panic!("{parked:?}") };
    let cause = parked.message.headers.text("fabric-fault-message").unwrap().to_owned();
    assert!(!cause.contains('@') && !cause.contains("Hello") && !cause.contains("Monday"), "{cause}");
    cause
}

#[tokio::test]
async fn somebody_who_is_not_known_yet_is_waited_for() {
    let school = School::empty().await;
    school.harness.publish(request(STUDENT)).await;
    school.harness.publish(UserCreated::example().unwrap()).await;
    school.harness.settle().await;
    assert_eq!(fates(&school.harness, "notification.dispatch").last(), Some(&"ack"));
    assert_eq!(school.mails().len(), 1);
}

#[tokio::test]
async fn somebody_who_stays_unknown_is_parked() {
    let school = School::empty().await;
    school.after(request("u-0")).await;
    let fates = fates(&school.harness, "notification.dispatch");
    assert_eq!(fates, ["retry", "retry", "retry", "retry", "exhausted"]);
    let cause = cause_of_parking(&school.harness, "notification.dispatch");
    assert!(cause.contains("not in the directory"), "{cause}");
    assert!(school.mails().is_empty());
}

#[tokio::test]
async fn somebody_without_an_address_reads_it_in_the_application() {
    let school = School::empty().await;
    school.after(UserCreated { email: None, ..UserCreated::example().unwrap() }).await;
    school.after(request(STUDENT)).await;
    let failed = school.harness.published::<EmailDeliveryFailed>();
    assert_eq!(failed.iter().map(|event| event.code.as_str()).collect::<Vec<_>>(), ["no_address"]);
    let outcome = school.harness.published::<DeliveryPartiallyCompleted>();
    let [outcome] = outcome.as_slice() else { panic!("{outcome:?}") };
    assert_eq!(outcome.delivered_channels, [Channel::InApp].into());
    assert_eq!(outcome.failed_channels, [Channel::Email].into());
    assert_eq!(fates(&school.harness, "notification.dispatch"), ["ack"]);

    let inbox = school.harness.http().by(STUDENT, "student").get(&format!("/inbox/{STUDENT}")).await.json();
    assert_eq!((&inbox[0]["subject"], &inbox[0]["body"]), (&"Hello".into(), &"It is Monday.\n".into()));
    let foreign = school.harness.http().by("u-admin", "admin").get(&format!("/inbox/{STUDENT}")).await;
    assert_eq!(foreign.status, 403, "an inbox is for its owner alone");
}

#[tokio::test]
async fn what_cannot_be_written_is_parked_at_once() {
    let school = School::start().await;
    let table = [
        (NotificationDispatchRequested { template: "unheard_of".into(), ..request(STUDENT) }, "no such template"),
        (NotificationDispatchRequested { variables: [].into(), ..request(STUDENT) }, "the variable `subject`"),
        (on(&[Channel::Sms, Channel::Push], request(STUDENT)), "none of the channels"),
    ];
    for (number, (event, expected)) in table.into_iter().enumerate() {
        let notification_id = id(&format!("n-{number}"));
        school.after(NotificationDispatchRequested { notification_id, ..event }).await;
        let settled = school.harness.settled("notification.dispatch");
        let Some(Disposition::Park(reason)) = settled.last().map(|settled| settled.disposition.clone()) else {
            panic!("{settled:?}")
        };
        assert_eq!(reason.code(), "permanent");
        assert!(reason.to_string().contains(expected), "{reason}");
    }
    assert!(school.mails().is_empty());
}

#[tokio::test]
async fn an_outbox_that_cannot_be_written_is_transient() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mailer = Mailer::outbox(file.join("outbox"), "school@example.edu").unwrap();
    let harness = Harness::start(notification::service(mailer)).await;
    let addressed =
        NotificationDispatchRequested { email: Some("ada@example.edu".parse().unwrap()), ..request(STUDENT) };
    harness.publish(addressed).await;
    harness.settle().await;
    assert_eq!(fates(&harness, "notification.dispatch"), ["retry", "retry", "retry", "retry", "exhausted"]);
    assert!(cause_of_parking(&harness, "notification.dispatch").contains("outbox"));
    assert_eq!(fabric::Fault::from(std::io::Error::other("x")).class(), FaultClass::Transient);
}

#[tokio::test]
async fn channels_that_nobody_serves_are_named_as_failed() {
    let school = School::start().await;
    school.after(on(&[Channel::Email, Channel::Push], request(STUDENT))).await;
    let outcome = school.harness.published::<DeliveryPartiallyCompleted>();
    let [outcome] = outcome.as_slice() else { panic!("{outcome:?}") };
    assert_eq!(outcome.delivered_channels, [Channel::Email].into());
    assert_eq!(outcome.failed_channels, [Channel::Push].into());
    assert_eq!(school.harness.published::<DeliveryCompleted>(), []);
}

#[tokio::test]
async fn what_bounces_goes_into_the_application() {
    let school = School::start().await;
    school.after(request(STUDENT)).await;
    let bounce = |bounce_kind| EmailBounced { bounce_kind, ..EmailBounced::example().unwrap() };
    school.after(bounce(BounceKind::Soft)).await;
    assert_eq!(school.harness.published::<DeliveryPartiallyCompleted>(), [], "the provider tries again");
    school.after(bounce(BounceKind::Hard)).await;
    assert_eq!(school.harness.published::<DeliveryPartiallyCompleted>().len(), 1);
    assert_eq!(fates(&school.harness, "notification.delivery_failure"), ["ack", "ack"]);
}

#[tokio::test]
async fn a_failure_of_a_notice_that_nobody_remembers_is_parked() {
    let school = School::start().await;
    school.after(SmsFailed::example().unwrap()).await;
    assert_eq!(fates(&school.harness, "notification.delivery_failure"), ["permanent"]);
}

#[tokio::test]
async fn a_notice_has_its_time() {
    let school = School::start().await;
    let now = school.harness.clock().now();
    let late = NotificationDispatchRequested { expires_at: Some(now), ..request(STUDENT) };
    school.after(late).await;
    assert!(school.mails().is_empty());
    let view = school.harness.http().by("t-1", "teacher").get("/notifications/n-1").await.json();
    assert_eq!(view["standing"], "expired");

    let after = now + SignedDuration::from_secs(60);
    let notification_id = id("n-2");
    let early = NotificationDispatchRequested { notification_id, deliver_after_at: Some(after), ..request(STUDENT) };
    school.after(early).await;
    assert_eq!(school.mails().len(), 1);
    assert!(school.harness.clock().now() >= after);
}
