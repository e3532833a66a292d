//! Documents that are handed in.

use axum::http::StatusCode;
use fabric::{http::Problem, identity::Identity};
use fabric_catalog::{
    kyc::{DocumentSubmitted, DocumentType},
    values::{CountryCode, Id, Private, Sha256},
};
use garde::Validate;
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use crate::{
    access,
    model::{Model, VerificationState},
};

/// Hands in a document: one's own, or somebody else's for a clerk.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct SubmitDocument {
    /// The document; a new id, if none is named.
    pub document_id: Option<Id>,
    /// Whose document it is; that of whoever asks, if nobody is named.
    pub owner_id: Option<Id>,
    /// The verification that it is for, if one was asked for.
    pub identity_id: Option<Id>,
    /// What kind of document it is.
    pub document_type: DocumentType,
    /// The country that issued it.
    pub issuing_country: CountryCode,
    /// The day until which it is valid.
    pub expiry_date: Option<Private<Date>>,
    /// The file, in the store of files.
    pub file_id: Id,
    /// The file's SHA-256.
    pub file_sha256: Sha256,
    /// The file's size in bytes, at most 25 MiB.
    #[garde(range(min = 1, max = 26_214_400))]
    pub file_size_bytes: u64,
    /// The file's media type, such as `image/jpeg`.
    #[garde(length(max = 100), pattern("^[a-z]+/[a-z0-9.+-]+$"))]
    pub media_type: String,
}

/// Why a document is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionRejection {
    /// Somebody else's document.
    #[error("only a reviewer, a registrar, an admin or an operator may hand in somebody else's document")]
    NotYours,
    /// The id is another document's.
    #[error("documentId: there is such a document already")]
    AlreadyThere,
    /// The verification is not there, or somebody else's.
    #[error("identityId: the person has not asked for such a verification")]
    UnknownIdentity,
    /// The verification needs no documents any more.
    #[error("identityId: the verification was decided already")]
    Decided,
}

impl From<SubmissionRejection> for Problem {
    fn from(rejection: SubmissionRejection) -> Self {
        let (status, code) = match rejection {
            SubmissionRejection::NotYours => (StatusCode::FORBIDDEN, "forbidden"),
            SubmissionRejection::AlreadyThere => (StatusCode::CONFLICT, "already_there"),
            SubmissionRejection::UnknownIdentity => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_reference"),
            SubmissionRejection::Decided => (StatusCode::CONFLICT, "decided"),
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a submission; `new_id` is the document's, if the command names none.
pub fn submit(
    model: &Model,
    by: &Identity,
    command: SubmitDocument,
    new_id: Id,
    now: Timestamp,
) -> Result<DocumentSubmitted, SubmissionRejection> {
    let owner_id = command.owner_id.or_else(|| access::id_of(by)).ok_or(SubmissionRejection::NotYours)?;
    if !access::is_self(by, &owner_id) && !access::is_clerk(by) {
        return Err(SubmissionRejection::NotYours);
    }
    let document_id = command.document_id.unwrap_or(new_id);
    if model.document(&document_id).is_some() {
        return Err(SubmissionRejection::AlreadyThere);
    }
    if let Some(identity) = &command.identity_id {
        let verification = model.owner(&owner_id).and_then(|owner| owner.verification(identity));
        let verification = verification.ok_or(SubmissionRejection::UnknownIdentity)?;
        if verification.state != VerificationState::Requested {
            return Err(SubmissionRejection::Decided);
        }
    }
    Ok(DocumentSubmitted {
        document_id,
        owner_id,
        identity_id: command.identity_id,
        document_type: command.document_type,
        issuing_country: Private::new(command.issuing_country),
        expiry_date: command.expiry_date,
        file_id: command.file_id,
        file_sha256: command.file_sha256,
        file_size_bytes: command.file_size_bytes,
        media_type: command.media_type,
        submitted_at: now,
    })
}
