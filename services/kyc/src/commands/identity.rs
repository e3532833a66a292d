//! Requests to be verified.

use axum::http::StatusCode;
use fabric::{http::Problem, identity::Identity};
use fabric_catalog::{
    kyc::IdentityVerificationRequested,
    values::{AccountRole, Id},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    access,
    model::{Model, Owner, VerificationState, required},
};

/// Asks to be verified for a role.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct RequestIdentityVerification {
    /// The verification; a new id, if none is named.
    pub identity_id: Option<Id>,
    /// Who wants to be verified; whoever asks, if nobody is named.
    pub owner_id: Option<Id>,
    /// The role that it is for.
    pub wanted_role: AccountRole,
    /// Documents that were handed in before.
    #[serde(default)]
    #[garde(length(max = 20))]
    pub document_ids: Vec<Id>,
}

/// Why nobody is going to be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityRejection {
    /// Somebody else's identity.
    #[error("only a reviewer, a registrar, an admin or an operator may ask for somebody else")]
    NotYours,
    /// No documents make anybody this.
    #[error("wantedRole: nobody is verified for this role")]
    NoSuchVerification,
    /// Asked before.
    #[error("there is a verification for this role already, asked for or done")]
    AlreadyThere,
    /// The document is not there, or somebody else's.
    #[error("documentIds: the person has not handed in such a document")]
    UnknownDocument,
}

impl From<IdentityRejection> for Problem {
    fn from(rejection: IdentityRejection) -> Self {
        let (status, code) = match rejection {
            IdentityRejection::NotYours => (StatusCode::FORBIDDEN, "forbidden"),
            IdentityRejection::NoSuchVerification => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            IdentityRejection::AlreadyThere => (StatusCode::CONFLICT, "already_there"),
            IdentityRejection::UnknownDocument => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_reference"),
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a request; `new_id` is the verification's, if the command names none.
pub fn request_verification(
    model: &Model,
    by: &Identity,
    command: RequestIdentityVerification,
    new_id: Id,
    now: Timestamp,
) -> Result<IdentityVerificationRequested, IdentityRejection> {
    let owner_id = command.owner_id.or_else(|| access::id_of(by)).ok_or(IdentityRejection::NotYours)?;
    if !access::is_self(by, &owner_id) && !access::is_clerk(by) {
        return Err(IdentityRejection::NotYours);
    }
    if required(command.wanted_role).is_empty() {
        return Err(IdentityRejection::NoSuchVerification);
    }
    let identity_id = command.identity_id.unwrap_or(new_id);
    let owner = model.owner(&owner_id);
    let stands = |state| matches!(state, VerificationState::Requested | VerificationState::Verified);
    let mut verifications = owner.into_iter().flat_map(Owner::verifications);
    let is_there = verifications.any(|(id, verification)| {
        *id == identity_id || (verification.wanted_role == command.wanted_role && stands(verification.state))
    });
    if is_there {
        return Err(IdentityRejection::AlreadyThere);
    }
    let is_own = |id: &Id| model.document(id).is_some_and(|document| document.owner_id == owner_id);
    if !command.document_ids.iter().all(is_own) {
        return Err(IdentityRejection::UnknownDocument);
    }
    let RequestIdentityVerification { wanted_role, document_ids, .. } = command;
    Ok(IdentityVerificationRequested { identity_id, owner_id, wanted_role, document_ids, requested_at: now })
}
