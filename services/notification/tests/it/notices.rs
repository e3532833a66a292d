//! What happens elsewhere, and of which people are told.

use std::collections::BTreeMap;

use fabric::Event;
use fabric_catalog::{
    Example,
    gradebook::{AssignmentCreated, GradePosted},
    kyc::{DocumentRejected, IdentityExpired, IdentityRejected, IdentityVerificationRequested, IdentityVerified},
    notification::{DeliveryCompleted, EmailSent, NotificationDispatchRequested},
    social::{CommentAdded, ConnectionRequested},
};
use fabric_testkit::harness::tenant;

use crate::{GUARDIAN, STUDENT, School, id};

#[tokio::test]
async fn a_posted_grade_is_told_to_the_student_and_the_guardian() {
    let school = School::start().await;
    school.after(AssignmentCreated::example().unwrap()).await;
    school.after(GradePosted::example().unwrap()).await;

    let mails = school.mails();
    let [to_student, to_guardian] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((to_student.header("To"), to_guardian.header("To")), ("ada@example.edu", "annabella@example.edu"));
    assert_eq!(to_student.header("Subject"), "A new grade");
    assert!(to_student.body.starts_with("Your grade for Linear equations was posted."), "{to_student:?}");
    assert!(to_guardian.body.starts_with("The grade of Ada Noel for Linear equations"), "{to_guardian:?}");
    assert!(mails.iter().all(|mail| !mail.body.contains("78") && !mail.body.contains("C+")), "the grade stays inside");

    let requests = school.harness.published::<NotificationDispatchRequested>();
    assert!(requests.iter().all(|request| request.subject_id == Some(id(STUDENT))), "{requests:?}");
    let completed = school.harness.published::<DeliveryCompleted>();
    let mut recipients: Vec<_> = completed.iter().map(|event| event.recipient_id.as_str()).collect();
    recipients.sort_unstable();
    assert_eq!(recipients, [STUDENT, GUARDIAN]);
    let sent = school.harness.published::<EmailSent>();
    assert!(sent.iter().all(|sent| sent.provider == "outbox" && sent.attempt == 1), "{sent:?}");
}

#[tokio::test]
async fn a_grade_that_comes_twice_is_told_once() {
    let school = School::start().await;
    let grade = GradePosted::example().unwrap();
    let first = school.harness.publish(grade.clone()).await;
    school.harness.settle().await;
    let mails = school.mails();
    let again = school.harness.fabric_as("academic").publish(grade).tenant(tenant()).id(first.id()).await;
    assert!(again.is_ok());
    school.harness.settle().await;
    assert_eq!((mails.len(), school.mails()), (2, mails));
}

/// The templates and recipients of the notices that follow from an event.
async fn told<E: Event>(event: E) -> Vec<(String, String, BTreeMap<String, String>)> {
    let school = School::start().await;
    school.after(event).await;
    let requests = school.harness.published::<NotificationDispatchRequested>();
    let short = |request: NotificationDispatchRequested| {
        let variables = request.variables.iter().map(|(name, value)| (name.clone(), value.as_str().to_owned()));
        (request.recipient_id.to_string(), request.template, variables.collect())
    };
    requests.into_iter().map(short).collect()
}

fn notice(recipient: &str, template: &str, variables: &[(&str, &str)]) -> (String, String, BTreeMap<String, String>) {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    (recipient.to_owned(), template.to_owned(), variables.collect())
}

#[tokio::test]
async fn members_are_told_of_comments_and_requests() {
    let comment = CommentAdded::example().unwrap();
    let expected = notice(STUDENT, "comment_added", &[("member", "A member")]);
    assert_eq!(told(comment.clone()).await, [expected]);
    let own = CommentAdded { author_id: comment.post_author_id.clone(), ..comment };
    assert_eq!(told(own).await, [], "whoever comments on an own post knows");
    let expected = notice("u-28400", "connection_requested", &[("member", "Ada Noel")]);
    assert_eq!(told(ConnectionRequested::example().unwrap()).await, [expected]);
}

#[tokio::test]
async fn people_are_told_how_their_verification_goes() {
    let role = [("role", "verified tutor")];
    let document = [("document", "passport"), ("next", "Sign in to see why, and to hand in another one.")];
    let requested = told(IdentityVerificationRequested::example().unwrap()).await;
    assert_eq!(requested, [notice("u-tutor", "identity_requested", &role)]);
    let verified = told(IdentityVerified::example().unwrap()).await;
    assert_eq!(verified, [notice("u-tutor", "identity_verified", &role)]);
    let rejected = told(IdentityRejected::example().unwrap()).await;
    assert_eq!(rejected, [notice("u-tutor", "identity_rejected", &role)]);
    let expired = told(IdentityExpired::example().unwrap()).await;
    assert_eq!(expired, [notice("u-tutor", "identity_expired", &role)]);
    let rejected = told(DocumentRejected::example().unwrap()).await;
    assert_eq!(rejected, [notice("u-tutor", "document_rejected", &document)]);
}
