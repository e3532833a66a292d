//! How far somebody's verifications and documents have come: for the person and for clerks.

use axum::{
    Json,
    extract::{Path, State as Extract},
};
use fabric::{
    http::{Problem, path_id},
    identity::Identity,
};
use fabric_catalog::{
    kyc::{DocumentType, RejectionReason},
    values::{AccountRole, Id},
};
use jiff::civil::Date;
use serde::Serialize;

use super::App;
use crate::{
    access,
    model::{Document, DocumentState, Owner, Verification, VerificationState},
};

/// What somebody asked for and handed in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityView {
    owner_id: Id,
    verifications: Vec<VerificationView>,
    documents: Vec<DocumentView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationView {
    identity_id: Id,
    wanted_role: AccountRole,
    state: VerificationState,
    rests_on: Vec<Id>,
    valid_until_date: Option<Date>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DocumentView {
    document_id: Id,
    document_type: DocumentType,
    state: DocumentState,
    valid_until_date: Option<Date>,
    reason: Option<RejectionReason>,
    may_resubmit: Option<bool>,
}

/// The query.
pub async fn identity(
    Extract(app): Extract<App>,
    by: Identity,
    Path(person): Path<String>,
) -> Result<Json<IdentityView>, Problem> {
    let person = path_id(&person, "identity")?;
    if !access::is_self(&by, &person) && !access::is_clerk(&by) {
        return Err(Problem::forbidden("this is for the person, reviewers, registrars, admins and operators"));
    }
    let view = app.read(&by, |model| model.owner(&person).map(|owner| IdentityView::of(&person, owner)));
    view.map(Json).ok_or_else(|| Problem::not_found("identity"))
}

impl IdentityView {
    fn of(person: &Id, owner: &Owner) -> Self {
        Self {
            owner_id: person.clone(),
            verifications: owner.verifications().map(VerificationView::of).collect(),
            documents: owner.documents().map(DocumentView::of).collect(),
        }
    }
}

impl VerificationView {
    fn of((id, verification): (&Id, &Verification)) -> Self {
        Self {
            identity_id: id.clone(),
            wanted_role: verification.wanted_role,
            state: verification.state,
            rests_on: verification.rests_on.clone(),
            valid_until_date: verification.valid_until,
        }
    }
}

impl DocumentView {
    fn of((id, document): (&Id, &Document)) -> Self {
        Self {
            document_id: id.clone(),
            document_type: document.document_type,
            state: document.state,
            valid_until_date: document.valid_until,
            reason: document.rejection.map(|rejection| rejection.reason),
            may_resubmit: document.rejection.map(|rejection| rejection.may_resubmit),
        }
    }
}
