use fabric::{Actor, ActorId, Role, TenantId, identity::Identity};
use fabric_catalog::{
    Example,
    kyc::{DocumentSubmitted, DocumentVerified, IdentityVerificationRequested, RejectionReason},
    values::{AccountRole, Id},
};
use jiff::Timestamp;

use super::*;
use crate::model::{Decision, Model};

const OWNER: &str = "u-tutor";

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

fn by(actor: &str, role: &str) -> Identity {
    let actor = Actor { id: ActorId::try_new(actor).unwrap(), role: Role::try_new(role).unwrap() };
    Identity { tenant: TenantId::try_new("district-1").unwrap(), actor }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_788_000_000).unwrap()
}

/// A tutor who has asked to be verified (`idv-1`) and handed in a passport (`doc-1`).
fn model() -> Model {
    let mut model = Model::default();
    model.requested(&IdentityVerificationRequested::example().unwrap());
    model.submitted(&DocumentSubmitted::example().unwrap());
    model
}

#[test]
fn documents_are_handed_in_by_their_owners_and_clerks() {
    use SubmissionRejection::{AlreadyThere, Decided, NotYours, UnknownIdentity};
    let mut decided = model();
    decided.decided(&id(OWNER), &id("idv-1"), &Decision::Reject(RejectionReason::Other));
    let open = &model();
    let owner = by(OWNER, "tutor");
    let table = [
        (open, owner.clone(), None, None, None, Ok(("doc-new", OWNER))),
        (open, owner.clone(), Some("doc-2"), Some(OWNER), Some("idv-1"), Ok(("doc-2", OWNER))),
        (open, owner.clone(), Some("doc-1"), None, None, Err(AlreadyThere)),
        (open, owner.clone(), None, Some("u-other"), None, Err(NotYours)),
        (open, by("t-1", "teacher"), None, Some(OWNER), None, Err(NotYours)),
        (open, by("r-1", "registrar"), None, Some(OWNER), None, Ok(("doc-new", OWNER))),
        (open, by("r-1", "registrar"), None, Some("u-other"), Some("idv-1"), Err(UnknownIdentity)),
        (open, owner.clone(), None, None, Some("idv-0"), Err(UnknownIdentity)),
        (&decided, owner, None, None, Some("idv-1"), Err(Decided)),
    ];
    for (model, by, document, owner, identity, expected) in table {
        let event = DocumentSubmitted::example().unwrap();
        let command = SubmitDocument {
            document_id: document.map(id),
            owner_id: owner.map(id),
            identity_id: identity.map(id),
            document_type: event.document_type,
            issuing_country: event.issuing_country.into_inner(),
            expiry_date: event.expiry_date,
            file_id: event.file_id,
            file_sha256: event.file_sha256,
            file_size_bytes: event.file_size_bytes,
            media_type: event.media_type,
        };
        let outcome = submit(model, &by, command, id("doc-new"), now());
        let ids = outcome.map(|event| (event.document_id, event.owner_id));
        assert_eq!(
            ids,
            expected.map(|(document, owner)| (id(document), id(owner))),
            "{by:?} {document:?} {identity:?}"
        );
    }
}

#[test]
fn reviews_follow_the_state_machine() {
    let verify = || ReviewDocument::Verify { valid_until_date: None };
    let reject = || ReviewDocument::Reject { reason: RejectionReason::Mismatch, note: None, may_resubmit: false };
    let escalate = || ReviewDocument::Escalate { reason: "odd stamp".parse().unwrap(), escalated_to_id: None };
    let submitted = &model();
    let mut escalated = model();
    escalated.escalated(&id("doc-1"));
    let mut verified = model();
    verified.verified(&DocumentVerified::example().unwrap());
    let reviewer = &by("u-reviewer", "reviewer");
    let table = [
        (submitted, reviewer, "doc-1", verify(), Ok("verified")),
        (submitted, reviewer, "doc-1", reject(), Ok("rejected")),
        (submitted, reviewer, "doc-1", escalate(), Ok("escalated")),
        (&escalated, reviewer, "doc-1", escalate(), Ok("escalated")),
        (&escalated, reviewer, "doc-1", verify(), Ok("verified")),
        (&verified, reviewer, "doc-1", verify(), Err(ReviewRejection::Decided)),
        (&verified, reviewer, "doc-1", escalate(), Err(ReviewRejection::Decided)),
        (&verified, reviewer, "doc-1", reject(), Ok("rejected")),
        (submitted, reviewer, "doc-0", verify(), Err(ReviewRejection::UnknownDocument)),
        (submitted, &by(OWNER, "reviewer"), "doc-1", verify(), Err(ReviewRejection::OwnDocument)),
    ];
    for (model, by, document, command, expected) in table {
        let outcome = review(model, by, id(document), command.clone(), id("rev-1"), now());
        let kind = outcome.map(|reviewed| match reviewed {
            Reviewed::Verified(_) => "verified",
            Reviewed::Rejected(_) => "rejected",
            Reviewed::Escalated(_) => "escalated",
        });
        assert_eq!(kind, expected, "{by:?} {document} {command:?}");
    }
}

/// By whom, the names of the verification and its owner if they are given, the role, the documents, and what comes of
/// it.
type Asked<'a> = (
    &'a Model,
    &'a Identity,
    Option<&'a str>,
    Option<&'a str>,
    AccountRole,
    &'a [&'a str],
    Result<&'a str, IdentityRejection>,
);

#[test]
fn one_verification_per_role_at_a_time() {
    use AccountRole::{Admin, Teacher, VerifiedTutor};
    use IdentityRejection::{AlreadyThere, NoSuchVerification, NotYours, UnknownDocument};
    let mut rejected = model();
    rejected.decided(&id(OWNER), &id("idv-1"), &Decision::Reject(RejectionReason::Other));
    let open = &model();
    let owner = &by(OWNER, "tutor");
    let clerk = &by("r-1", "reviewer");
    let table: [Asked; 9] = [
        (open, owner, None, None, Teacher, &["doc-1"], Ok("idv-new")),
        (open, owner, None, None, VerifiedTutor, &[], Err(AlreadyThere)),
        (&rejected, owner, None, None, VerifiedTutor, &[], Ok("idv-new")),
        (&rejected, owner, Some("idv-1"), None, VerifiedTutor, &[], Err(AlreadyThere)),
        (open, owner, None, None, Admin, &[], Err(NoSuchVerification)),
        (open, owner, None, Some("u-other"), Teacher, &[], Err(NotYours)),
        (open, clerk, None, Some("u-other"), Teacher, &[], Ok("idv-new")),
        (open, clerk, None, Some("u-other"), Teacher, &["doc-1"], Err(UnknownDocument)),
        (open, owner, Some("idv-9"), None, Teacher, &["doc-0"], Err(UnknownDocument)),
    ];
    for (model, by, identity, owner, wanted_role, documents, expected) in table {
        let command = RequestIdentityVerification {
            identity_id: identity.map(id),
            owner_id: owner.map(id),
            wanted_role,
            document_ids: documents.iter().copied().map(id).collect(),
        };
        let outcome = request_verification(model, by, command.clone(), id("idv-new"), now());
        assert_eq!(outcome.map(|event| event.identity_id), expected.map(id), "{by:?} {command:?}");
    }
}

#[test]
fn a_review_reads_as_people_write_it() {
    let read = |json: &str| serde_json::from_str::<ReviewDocument>(json);
    let reject = read(r#"{"decision": "reject", "reason": "illegible", "mayResubmit": true}"#);
    assert!(matches!(reject, Ok(ReviewDocument::Reject { may_resubmit: true, .. })), "{reject:?}");
    assert!(read(r#"{"decision": "verify", "validUntilDate": "2031-05-17"}"#).is_ok());
    for wrong in [r#"{"decision": "shred"}"#, r#"{"decision": "reject"}"#, r#"{"decision": "verify", "extra": 1}"#] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
