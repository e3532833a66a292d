use fabric_catalog::{
    kyc::{DocumentType, RejectionReason},
    values::{AccountRole, Id},
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};

use super::{DocumentState::*, *};

fn id(text: &str) -> Id {
    Id::try_new(text).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A verification that was asked for in second 100.
fn asked_for(wanted_role: AccountRole) -> Verification {
    Verification {
        wanted_role,
        document_ids: Vec::new(),
        requested_at: at(100),
        state: VerificationState::Requested,
        rests_on: Vec::new(),
        valid_until: None,
    }
}

fn verified_by(documents: &[&str]) -> Verification {
    Verification {
        state: VerificationState::Verified,
        rests_on: documents.iter().copied().map(id).collect(),
        ..asked_for(AccountRole::VerifiedTutor)
    }
}

fn document(document_type: DocumentType, state: DocumentState) -> Document {
    Document {
        owner_id: id("u-1"),
        identity_id: None,
        document_type,
        state,
        file_sha256: None,
        valid_until: None,
        rejection: None,
    }
}

fn passport(state: DocumentState) -> Document {
    document(DocumentType::Passport, state)
}

fn until(document: Document, day: Date) -> Document {
    Document { valid_until: Some(day), ..document }
}

fn rejected(second: i64, may_resubmit: bool) -> Document {
    let reason = if may_resubmit { RejectionReason::Illegible } else { RejectionReason::SuspectedForgery };
    Document { rejection: Some(Rejection { reason, may_resubmit, at: at(second) }), ..passport(Rejected) }
}

fn verify(documents: &[&str], valid_until: Option<Date>) -> Decision {
    Decision::Verify { rests_on: documents.iter().copied().map(id).collect(), valid_until }
}

fn check(verification: &Verification, documents: &[(&str, Document)], expected: Option<&Decision>) {
    let documents: Vec<_> = documents.iter().map(|(name, document)| (id(name), document.clone())).collect();
    let decision = decide(&id("idv-1"), verification, documents.iter().map(|(id, document)| (id, document)));
    assert_eq!(decision.as_ref(), expected, "{verification:?} {documents:?}");
}

#[test]
fn a_verification_needs_the_documents_of_its_role() {
    let (tutor, teacher) = (asked_for(AccountRole::VerifiedTutor), asked_for(AccountRole::Teacher));
    let certificate = document(DocumentType::TeachingCertificate, Verified);
    let (soon, late) = (date(2027, 1, 1), date(2031, 5, 17));
    check(&tutor, &[], None);
    check(&tutor, &[("d-1", passport(Submitted))], None);
    check(&tutor, &[("d-1", passport(Escalated))], None);
    check(&tutor, &[("d-1", passport(Expired))], None);
    check(&tutor, &[("d-1", certificate.clone())], None);
    check(&tutor, &[("d-1", passport(Verified))], Some(&verify(&["d-1"], None)));
    check(&tutor, &[("d-1", until(passport(Verified), soon))], Some(&verify(&["d-1"], Some(soon))));
    let both = [("d-1", until(passport(Verified), late)), ("d-2", until(passport(Verified), soon))];
    check(&tutor, &both, Some(&verify(&["d-1"], Some(late))));
    check(&teacher, &[("d-1", passport(Verified))], None);
    let both = [("d-1", until(passport(Verified), late)), ("d-2", until(certificate, soon))];
    check(&teacher, &both, Some(&verify(&["d-1", "d-2"], Some(soon))));
    check(&asked_for(AccountRole::Student), &[("d-1", passport(Verified))], None);
    let of_another = Document { identity_id: Some(id("idv-2")), ..passport(Verified) };
    check(&tutor, &[("d-1", of_another.clone())], None);
    let named = Verification { document_ids: vec![id("d-1")], ..tutor };
    check(&named, &[("d-1", of_another)], Some(&verify(&["d-1"], None)));
}

#[test]
fn a_rejection_that_is_final_or_the_third_one_decides() {
    let tutor = asked_for(AccountRole::VerifiedTutor);
    let forged = Some(&Decision::Reject(RejectionReason::SuspectedForgery));
    let illegible = Some(&Decision::Reject(RejectionReason::Illegible));
    check(&tutor, &[("d-1", rejected(101, true))], None);
    check(&tutor, &[("d-1", rejected(101, false))], forged);
    check(&tutor, &[("d-1", rejected(101, false)), ("d-2", passport(Verified))], forged);
    check(&tutor, &[("d-1", rejected(101, true)), ("d-2", passport(Verified))], Some(&verify(&["d-2"], None)));
    let three = [("d-1", rejected(101, true)), ("d-2", rejected(102, true)), ("d-3", rejected(103, true))];
    check(&tutor, &three[..2], None);
    check(&tutor, &three, illegible);
    check(&tutor, &[("d-1", rejected(99, false))], None);
    let named = Verification { document_ids: vec![id("d-1")], ..tutor };
    check(&named, &[("d-1", rejected(99, false))], forged);
}

#[test]
fn a_verified_identity_stands_as_long_as_its_documents() {
    let last_day = date(2027, 1, 1);
    let verified = verified_by(&["d-1"]);
    check(&verified, &[("d-1", passport(Verified))], None);
    check(&verified, &[("d-1", passport(Verified)), ("d-2", rejected(101, false))], None);
    check(&verified, &[("d-1", until(passport(Expired), last_day))], Some(&Decision::Expire(Some(last_day))));
    check(&verified, &[("d-1", rejected(101, false))], Some(&Decision::Reject(RejectionReason::SuspectedForgery)));
    for state in [VerificationState::Rejected, VerificationState::Expired] {
        check(&Verification { state, ..verified.clone() }, &[("d-1", rejected(101, false))], None);
    }
}

#[test]
fn what_is_decided_is_decided_once() {
    use fabric_catalog::{Example, kyc::IdentityVerificationRequested};
    let (mut model, request) = (Model::default(), IdentityVerificationRequested::example().unwrap());
    let passport = DocumentVerified::example().unwrap();
    model.verified(&passport);
    assert_eq!(model.decisions(&request.owner_id), [], "nothing was asked for");
    model.requested(&request);
    let decisions = model.decisions(&request.owner_id);
    let [(identity, _, decision)] = decisions.as_slice() else { panic!("{decisions:?}") };
    model.decided(&request.owner_id, identity, decision);
    model.requested(&request);
    assert_eq!(model.decisions(&request.owner_id), []);

    let again = DocumentRejected::example().unwrap();
    model.rejected(&again);
    let decisions = model.decisions(&request.owner_id);
    assert!(matches!(decisions.as_slice(), [(_, _, Decision::Reject(RejectionReason::Illegible))]), "{decisions:?}");
}
