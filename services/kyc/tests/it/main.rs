//! The service as others see it: events in, events out, HTTP.

use fabric::{Event, TenantId, core::delivery::Disposition};
use fabric_catalog::{
    Example,
    kyc::{
        DocumentExpired, DocumentRejected, DocumentSubmitted, DocumentType, DocumentVerified, IdentityExpired,
        IdentityRejected, IdentityVerified, RejectionReason, ReviewEscalated, VerificationMethod,
    },
    values::{AccountRole, Id, Private},
};
use fabric_testkit::harness::{Harness, Http, Reply, tenant};
use jiff::civil::date;
use serde_json::{Value, json};

async fn start() -> Harness {
    Harness::start(kyc::service()).await
}

fn tutor(harness: &Harness) -> Http {
    harness.http().by("u-tutor", "tutor")
}

fn reviewer(harness: &Harness) -> Http {
    harness.http().by("u-reviewer", "reviewer")
}

fn passport(expiry: &str) -> Value {
    json!({
        "documentType": "passport", "issuingCountry": "GB", "expiryDate": expiry, "fileId": "file-1",
        "fileSha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "fileSizeBytes": 482_133,
        "mediaType": "image/jpeg",
    })
}

/// The id of what a command made, when everything has come to rest.
async fn created(harness: &Harness, reply: Reply) -> String {
    assert_eq!(reply.status, 202, "{}", reply.text());
    harness.settle().await;
    reply.json()["created"].as_str().unwrap().to_owned()
}

/// The tutor asks to be verified; the verification's id.
async fn ask(harness: &Harness) -> String {
    created(harness, tutor(harness).post("/identities", &json!({ "wantedRole": "verified_tutor" })).await).await
}

async fn submit(harness: &Harness, document: &Value) -> String {
    created(harness, tutor(harness).post("/documents", document).await).await
}

/// The only event of this type.
fn only<E: Event + std::fmt::Debug>(harness: &Harness) -> E {
    let mut events = harness.published::<E>();
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

async fn states(harness: &Harness) -> (Value, Value) {
    let view = tutor(harness).get("/identities/u-tutor").await.json();
    (view["verifications"][0]["state"].clone(), view["documents"][0]["state"].clone())
}

#[tokio::test]
async fn a_passport_verifies_the_identity() {
    let harness = start().await;
    let identity = ask(&harness).await;
    let document = submit(&harness, &passport("2031-05-17")).await;

    let verified: DocumentVerified = only(&harness);
    assert_eq!(
        (verified.method, verified.valid_until_date),
        (VerificationMethod::Automatic, Some(date(2031, 5, 17).into()))
    );
    let verified: IdentityVerified = only(&harness);
    assert_eq!((verified.identity_id.as_str(), verified.granted_role), (identity.as_str(), AccountRole::VerifiedTutor));
    assert_eq!(verified.document_ids, [Id::try_new(document).unwrap()]);
    assert_eq!(states(&harness).await, (json!("verified"), json!("verified")));
    for subscription in ["kyc.document_verification", "kyc.identity_verification"] {
        let dispositions = harness.dispositions(subscription);
        assert!(dispositions.iter().all(|disposition| *disposition == Disposition::Ack), "{dispositions:?}");
    }
}

#[tokio::test]
async fn documents_may_come_before_the_request() {
    let harness = start().await;
    submit(&harness, &passport("2031-05-17")).await;
    assert_eq!(harness.published::<IdentityVerified>(), [], "nobody asked");
    ask(&harness).await;
    only::<IdentityVerified>(&harness);
}

#[tokio::test]
async fn the_third_rejected_document_rejects_the_identity() {
    let harness = start().await;
    ask(&harness).await;
    for number in 1..=3 {
        assert_eq!(harness.published::<IdentityRejected>(), [], "before document {number}");
        submit(&harness, &passport("2020-01-01")).await;
    }
    let reasons: Vec<_> = harness.published::<DocumentRejected>().into_iter().map(|event| event.reason).collect();
    assert_eq!(reasons, vec![Private::new(RejectionReason::Expired); 3]);
    let rejected: IdentityRejected = only(&harness);
    assert_eq!(
        (rejected.refused_role, rejected.reason),
        (AccountRole::VerifiedTutor, Private::new(RejectionReason::Expired))
    );
    ask(&harness).await;
    assert_eq!(harness.published::<IdentityRejected>().len(), 1, "what was rejected before does not count again");
}

#[tokio::test]
async fn a_person_decides_what_a_program_cannot() {
    let harness = start().await;
    let mut certificate = passport("2031-05-17");
    certificate["documentType"] = json!("teaching_certificate");
    let certificate = submit(&harness, &certificate).await;
    let escalated: ReviewEscalated = only(&harness);
    assert_eq!(escalated.document_id.as_ref().map(Id::as_str), Some(certificate.as_str()));
    let passport = submit(&harness, &passport("2031-05-17")).await;
    created(&harness, tutor(&harness).post("/identities", &json!({ "wantedRole": "teacher" })).await).await;
    assert_eq!(harness.published::<IdentityVerified>(), []);

    let path = format!("/documents/{certificate}/review");
    let verify = json!({ "decision": "verify", "validUntilDate": "2028-01-31" });
    assert_eq!(tutor(&harness).post(&path, &verify).await.status, 403, "nobody judges their own documents");
    assert_eq!(harness.http().by("t-1", "teacher").post(&path, &verify).await.status, 403);
    assert_eq!(reviewer(&harness).post(&path, &verify).await.status, 202);
    harness.settle().await;
    let verified: IdentityVerified = only(&harness);
    let both = [passport, certificate].map(|id| Id::try_new(id).unwrap());
    assert_eq!(
        (verified.document_ids.as_slice(), verified.valid_until_date),
        (both.as_slice(), Some(date(2028, 1, 31).into()))
    );
    assert_eq!(verified.verified_by_id.as_ref().map(Id::as_str), Some("u-reviewer"));
    assert_eq!(reviewer(&harness).post(&path, &verify).await.status, 409, "that is decided");
}

#[tokio::test]
async fn what_an_identity_rests_on_may_turn_out_to_be_forged() {
    let harness = start().await;
    ask(&harness).await;
    let document = submit(&harness, &passport("2031-05-17")).await;
    only::<IdentityVerified>(&harness);
    let reject =
        json!({ "decision": "reject", "reason": "suspected_forgery", "mayResubmit": false, "note": "Come by." });
    let path = format!("/documents/{document}/review");
    assert_eq!(reviewer(&harness).post(&path, &reject).await.status, 202);
    harness.settle().await;
    let rejected: IdentityRejected = only(&harness);
    assert_eq!(rejected.rejected_by_id.as_ref().map(Id::as_str), Some("u-reviewer"));
    assert!(rejected.note.is_some());
    assert_eq!(states(&harness).await, (json!("rejected"), json!("rejected")));
}

#[tokio::test]
async fn an_identity_ends_with_its_documents() {
    let harness = start().await;
    let identity = ask(&harness).await;
    let document = submit(&harness, &passport("2031-05-17")).await;
    let expired =
        DocumentExpired { document_id: Id::try_new(document).unwrap(), ..DocumentExpired::example().unwrap() };
    harness.publish(expired).await;
    harness.settle().await;
    let ended: IdentityExpired = only(&harness);
    assert_eq!((ended.identity_id.as_str(), ended.expiry_date), (identity.as_str(), date(2031, 5, 17).into()));
}

#[tokio::test]
async fn the_same_file_of_two_people_is_for_a_person_to_look_at() {
    let harness = start().await;
    submit(&harness, &passport("2031-05-17")).await;
    let other = harness.http().by("u-other", "tutor").post("/documents", &passport("2031-05-17")).await;
    created(&harness, other).await;
    assert_eq!(only::<DocumentVerified>(&harness).owner_id.as_str(), "u-tutor");
    assert_eq!(only::<ReviewEscalated>(&harness).owner_id.as_str(), "u-other");
}

#[tokio::test]
async fn a_document_that_comes_twice_is_decided_once() {
    let harness = start().await;
    let event = DocumentSubmitted { document_type: DocumentType::Passport, ..DocumentSubmitted::example().unwrap() };
    let first = harness.publish(event.clone()).await;
    harness.settle().await;
    let again = harness.fabric_as("kyc").publish(event).tenant(tenant()).id(first.id()).await;
    assert!(again.is_ok());
    harness.settle().await;
    only::<DocumentVerified>(&harness);
}

#[tokio::test]
async fn bad_input_and_strangers_are_refused() {
    let harness = start().await;
    ask(&harness).await;
    let with = |field: &str, value: Value| {
        let mut document = passport("2031-05-17");
        document[field] = value;
        document
    };
    let table = [
        (with("fileSha256", json!("short")), 422, "fileSha256"),
        (with("fileSizeBytes", json!(0)), 422, "too_small"),
        (with("mediaType", json!("JPEG")), 422, "bad_format"),
        (with("documentType", json!("selfie")), 422, "documentType"),
        (with("issuingCountry", json!("gb")), 422, "issuingCountry"),
        (with("expiryDate", json!("99999-01-01")), 422, "expiryDate"),
        (with("ownerId", json!("u-other")), 403, "somebody else"),
        (with("identityId", json!("idv-0")), 422, "identityId"),
    ];
    for (document, status, expected) in table {
        let reply = tutor(&harness).post("/documents", &document).await;
        assert_eq!(reply.status, status, "{expected}: {}", reply.text());
        assert!(reply.text().contains(expected), "{expected}: {}", reply.text());
    }
    let role = tutor(&harness).post("/identities", &json!({ "wantedRole": "admin" })).await;
    assert_eq!(role.status, 422);
    let again = tutor(&harness).post("/identities", &json!({ "wantedRole": "verified_tutor" })).await;
    assert_eq!(again.status, 409);

    for (actor, role, status) in [("u-tutor", "tutor", 200), ("t-1", "teacher", 403), ("u-reviewer", "reviewer", 200)] {
        assert_eq!(harness.http().by(actor, role).get("/identities/u-tutor").await.status, status, "{role}");
    }
    let elsewhere = TenantId::try_new("elsewhere").unwrap();
    let other = harness.http().by_somebody_of(&elsewhere, "u-reviewer", "reviewer");
    assert_eq!(other.get("/identities/u-tutor").await.status, 404);
    assert_eq!(harness.published::<DocumentSubmitted>(), []);
}
