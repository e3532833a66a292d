use fabric::Event;
use fabric_catalog::{
    Example,
    kyc::{IdentityRejected, IdentityVerified},
    user::RoleChanged,
    values::AccountRole,
};
use fabric_testkit::harness::tenant;

use crate::{admin, handled, school};

#[tokio::test]
async fn a_verified_identity_grants_the_role_and_a_rejected_one_withdraws_it() {
    let harness = school().await;
    let (verified, rejected) = (IdentityVerified::example().unwrap(), IdentityRejected::example().unwrap());
    // Right behind each other: the second must see what the first did.
    let first = harness.publish(verified.clone()).await;
    harness.publish(rejected).await;
    harness.settle().await;
    let changes = harness.published::<RoleChanged>();
    let [granted, withdrawn] = changes.as_slice() else { panic!("{changes:?}") };
    assert!(granted.granted_roles.contains(&AccountRole::VerifiedTutor) && granted.withdrawn_roles.is_empty());
    assert!(withdrawn.withdrawn_roles.contains(&AccountRole::VerifiedTutor) && withdrawn.roles.is_empty());
    assert_eq!(granted.user_id, verified.owner_id);
    assert_eq!(handled(&harness, "user.verified_role"), 2);

    let user = admin(&harness).get("/users/u-tutor").await.json();
    assert_eq!(user["roles"], serde_json::json!([]));

    // The reaction to an event that comes again has the same id.
    let again = harness.fabric_as("kyc").publish(verified).tenant(tenant()).id(first.id()).await;
    assert!(again.is_ok());
    harness.settle().await;
    let recorded = harness.broker().recorded();
    let changes = recorded.iter().filter(|recorded| recorded.content.routing_key == RoleChanged::TOPIC);
    let ids: Vec<_> = changes.map(|recorded| &recorded.content.message.properties.message_id).collect();
    assert_eq!((ids.len(), ids[0]), (3, ids[2]));
}

#[tokio::test]
async fn other_roles_are_not_granted_by_verification() {
    let harness = school().await;
    let event = IdentityVerified { granted_role: AccountRole::Admin, ..IdentityVerified::example().unwrap() };
    harness.publish(event).await;
    harness.settle().await;
    assert_eq!(harness.published::<RoleChanged>(), []);
    assert_eq!(handled(&harness, "user.verified_role"), 1);
}
