use fabric_catalog::demographics::{EmergencyContactAdded, FamilyRelationshipCreated, FamilyRelationshipRemoved};
use jiff::Timestamp;
use serde_json::json;

use crate::{STUDENT, admin, count, id, school, topics};

#[tokio::test]
async fn a_guardian_is_linked_and_names_whom_to_call() {
    let harness = school().await;
    let guardian = harness.http().by("u-guardian", "guardian");
    let (contacts, family) = (format!("/users/{STUDENT}/emergency-contacts"), format!("/users/{STUDENT}/family"));
    let contact = json!({ "fullName": "Annabella Byron", "relationship": "mother", "phones": ["+44 20 7946 0999"] });
    assert_eq!(guardian.post(&contacts, &contact).await.status, 403, "they are not linked yet");
    assert_eq!(guardian.get(&family).await.status, 403);

    let link = json!({ "relativeId": "u-guardian", "relationship": "mother", "rights": ["legal_guardian"] });
    let relatives = format!("/users/{STUDENT}/relatives");
    assert_eq!(topics(&admin(&harness).post(&relatives, &link).await), ["demographics.family_relationship.created"]);
    harness.settle().await;
    assert_eq!(topics(&admin(&harness).post(&relatives, &link).await), [""; 0], "linking twice is linking once");
    let change = json!({ "relativeId": "u-guardian", "relationship": "guardian", "rights": ["legal_guardian"] });
    assert_eq!(topics(&admin(&harness).post(&relatives, &change).await), ["demographics.family_relationship.updated"]);

    let reply = guardian.post(&contacts, &contact).await;
    assert_eq!(topics(&reply), ["demographics.emergency_contact.added"]);
    harness.settle().await;
    let view = guardian.get(&family).await.json();
    assert_eq!(view["relatives"][0]["relationship"], json!("guardian"));
    let listed = &view["emergencyContacts"][0];
    assert_eq!((&listed["id"], &listed["callRank"]), (&reply.json()["created"], &json!(1)));
    assert_eq!((count::<FamilyRelationshipCreated>(&harness), count::<EmergencyContactAdded>(&harness)), (1, 1));

    let removed = FamilyRelationshipRemoved {
        relationship_id: id(view["relatives"][0]["id"].as_str().unwrap()),
        student_id: id(STUDENT),
        relative_id: id("u-guardian"),
        removed_at: Timestamp::UNIX_EPOCH,
    };
    harness.publish(removed).await;
    harness.settle().await;
    assert_eq!(guardian.get(&family).await.status, 403, "whoever is not linked any more sees nothing");
}
