//! One verification of an identity, and when it is decided.

use fabric_catalog::{
    kyc::{DocumentType, RejectionReason},
    values::{AccountRole, Id},
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use super::{Document, DocumentState};

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationState {
    /// Asked for.
    Requested,
    /// The person is who they say they are.
    Verified,
    /// Was verified; what it rested on has ended.
    Expired,
    /// The person could not be verified, or not any more.
    Rejected,
}

/// A verification that somebody asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// The role that it is for.
    pub wanted_role: AccountRole,
    /// Documents that were named with the request.
    pub document_ids: Vec<Id>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// How far it has come.
    pub state: VerificationState,
    /// The documents that it rests on, once verified.
    pub rests_on: Vec<Id>,
    /// The day until which it holds, once verified.
    pub valid_until: Option<Date>,
}

/// What is decided about a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is verified, resting on these documents, until the first of them ends.
    Verify {
        /// The documents.
        rests_on: Vec<Id>,
        /// The last day.
        valid_until: Option<Date>,
    },
    /// It is rejected.
    Reject(RejectionReason),
    /// It has ended, on this day if it is known.
    Expire(Option<Date>),
}

/// After so many rejected documents a verification is rejected.
pub const REJECTIONS_MAX: usize = 3;

const PHOTO_ID: &[DocumentType] =
    &[DocumentType::Passport, DocumentType::IdentityCard, DocumentType::DrivingLicence, DocumentType::ResidencePermit];

/// What must be verified for a role: of each list one document. Nothing, if nobody is verified for the role.
pub fn required(role: AccountRole) -> &'static [&'static [DocumentType]] {
    match role {
        AccountRole::VerifiedTutor | AccountRole::Guardian => &[PHOTO_ID],
        AccountRole::Teacher => &[PHOTO_ID, &[DocumentType::TeachingCertificate]],
        AccountRole::Counselor => &[PHOTO_ID, &[DocumentType::BackgroundCheck]],
        AccountRole::Student
        | AccountRole::Tutor
        | AccountRole::Registrar
        | AccountRole::Reviewer
        | AccountRole::Admin
        | AccountRole::Operator => &[],
    }
}

/// Decides a verification by its owner's documents. None while nothing follows from them, or nothing new.
pub fn decide<'a>(
    identity_id: &Id,
    verification: &Verification,
    documents: impl Iterator<Item = (&'a Id, &'a Document)>,
) -> Option<Decision> {
    let documents: Vec<_> = documents.collect();
    match verification.state {
        VerificationState::Requested => decide_open(identity_id, verification, &documents),
        VerificationState::Verified => decide_verified(verification, &documents),
        VerificationState::Expired | VerificationState::Rejected => None,
    }
}

fn decide_open(identity_id: &Id, verification: &Verification, documents: &[(&Id, &Document)]) -> Option<Decision> {
    let is_for_it = |(id, document): &&(&Id, &Document)| {
        document.identity_id.as_ref().is_none_or(|named| named == identity_id) || verification.document_ids.contains(id)
    };
    // A document that names no verification was rejected for this one only if that came after the request.
    let rejections = documents.iter().filter(is_for_it).filter_map(|(id, document)| {
        let is_named = document.identity_id.is_some() || verification.document_ids.contains(id);
        document.rejection.filter(|rejection| is_named || rejection.at >= verification.requested_at)
    });
    let mut rejections: Vec<_> = rejections.collect();
    rejections.sort_by_key(|rejection| rejection.at);
    let last = rejections.iter().find(|rejection| !rejection.may_resubmit).or(rejections.get(REJECTIONS_MAX - 1));
    if let Some(rejection) = last {
        return Some(Decision::Reject(rejection.reason));
    }

    let verified: Vec<_> =
        documents.iter().filter(is_for_it).filter(|(_, document)| document.state == DocumentState::Verified).collect();
    let best_of = |types: &&[DocumentType]| {
        let of_type = verified.iter().filter(|(_, document)| types.contains(&document.document_type));
        // One that never ends is better than any that does.
        of_type.max_by_key(|(id, document)| (document.valid_until.unwrap_or(Date::MAX), *id))
    };
    let required = required(verification.wanted_role);
    let best: Vec<_> = required.iter().map(best_of).collect::<Option<_>>()?;
    (!best.is_empty()).then(|| Decision::Verify {
        rests_on: best.iter().map(|(id, _)| (*id).clone()).collect(),
        valid_until: best.iter().filter_map(|(_, document)| document.valid_until).min(),
    })
}

fn decide_verified(verification: &Verification, documents: &[(&Id, &Document)]) -> Option<Decision> {
    let rests_on =
        || documents.iter().filter(|(id, _)| verification.rests_on.contains(id)).map(|(_, document)| document);
    let rejected = rests_on().find(|document| document.state == DocumentState::Rejected);
    let expired = || rests_on().find(|document| document.state == DocumentState::Expired);
    match rejected {
        Some(document) => {
            let reason = document.rejection.map_or(RejectionReason::Other, |rejection| rejection.reason);
            Some(Decision::Reject(reason))
        }
        None => expired().map(|document| Decision::Expire(document.valid_until)),
    }
}
