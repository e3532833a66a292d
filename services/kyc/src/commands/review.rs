//! Reviews: a person decides about a document.

use axum::http::StatusCode;
use fabric::{http::Problem, identity::Identity};
use fabric_catalog::{
    kyc::{DocumentRejected, DocumentVerified, RejectionReason, ReviewEscalated, VerificationMethod},
    values::{Id, Private, PrivateText},
};
use garde::Validate;
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use crate::{
    access,
    model::{DocumentState, Model},
};

/// What a reviewer decides.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(tag = "decision", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub enum ReviewDocument {
    /// It is genuine.
    Verify {
        /// The day until which this holds.
        valid_until_date: Option<Private<Date>>,
    },
    /// It is not accepted, or not any more.
    Reject {
        /// Why.
        reason: RejectionReason,
        /// What the owner should know about it.
        note: Option<PrivateText<1_000>>,
        /// Whether the owner may hand in another one.
        may_resubmit: bool,
    },
    /// Somebody with more experience must look at it.
    Escalate {
        /// Why.
        reason: PrivateText<1_000>,
        /// Who takes over, if that is decided.
        escalated_to_id: Option<Id>,
    },
}

/// The event that a review causes.
#[derive(Debug, Clone, PartialEq)]
pub enum Reviewed {
    /// The document was verified.
    Verified(DocumentVerified),
    /// The document was rejected.
    Rejected(DocumentRejected),
    /// The review was handed on.
    Escalated(ReviewEscalated),
}

/// Why a review does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReviewRejection {
    /// Nobody knows the document.
    #[error("there is no such document")]
    UnknownDocument,
    /// Nobody judges their own documents.
    #[error("nobody may review their own document")]
    OwnDocument,
    /// The document has come too far for that.
    #[error("the document is in a state in which that cannot be decided any more")]
    Decided,
}

impl From<ReviewRejection> for Problem {
    fn from(rejection: ReviewRejection) -> Self {
        let (status, code) = match rejection {
            ReviewRejection::UnknownDocument => (StatusCode::NOT_FOUND, "not_found"),
            ReviewRejection::OwnDocument => (StatusCode::FORBIDDEN, "forbidden"),
            ReviewRejection::Decided => (StatusCode::CONFLICT, "decided"),
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a review; `review_id` is the id that an escalation shall have.
pub fn review(
    model: &Model,
    by: &Identity,
    document_id: Id,
    command: ReviewDocument,
    review_id: Id,
    now: Timestamp,
) -> Result<Reviewed, ReviewRejection> {
    let document = model.document(&document_id).ok_or(ReviewRejection::UnknownDocument)?;
    if access::is_self(by, &document.owner_id) {
        return Err(ReviewRejection::OwnDocument);
    }
    let next = match command {
        ReviewDocument::Verify { .. } => DocumentState::Verified,
        ReviewDocument::Reject { .. } => DocumentState::Rejected,
        ReviewDocument::Escalate { .. } => DocumentState::Escalated,
    };
    // An escalated document may be escalated further.
    if !document.state.may_become(next)
        && (document.state, next) != (DocumentState::Escalated, DocumentState::Escalated)
    {
        return Err(ReviewRejection::Decided);
    }
    let (owner_id, identity_id) = (document.owner_id.clone(), document.identity_id.clone());
    let document_type = document.document_type;
    Ok(match command {
        ReviewDocument::Verify { valid_until_date } => Reviewed::Verified(DocumentVerified {
            document_id,
            owner_id,
            identity_id,
            document_type,
            method: VerificationMethod::Manual,
            verified_by_id: access::id_of(by),
            valid_until_date,
            verified_at: now,
        }),
        ReviewDocument::Reject { reason, note, may_resubmit } => Reviewed::Rejected(DocumentRejected {
            document_id,
            owner_id,
            identity_id,
            document_type,
            reason: Private::new(reason),
            note,
            may_resubmit,
            rejected_by_id: access::id_of(by),
            rejected_at: now,
        }),
        ReviewDocument::Escalate { reason, escalated_to_id } => Reviewed::Escalated(ReviewEscalated {
            review_id,
            owner_id,
            document_id: Some(document_id),
            reason,
            escalated_by_id: access::id_of(by),
            escalated_to_id,
            escalated_at: now,
        }),
    })
}
