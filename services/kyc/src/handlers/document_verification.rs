//! `document_verification`: checks what is handed in.

use fabric::{Context, Fault, ReadModel};
use fabric_catalog::{
    kyc::{
        DocumentRejected, DocumentSubmitted, DocumentVerified, RejectionReason, ReviewEscalated, VerificationMethod,
    },
    values::{Id, Private, PrivateText},
};

use crate::{
    State,
    checks::{Verdict, check},
    model::{DocumentState, Model},
};

/// Checks a document. Its time counts as the checks' time, so that checking again says the same.
pub async fn submitted(event: DocumentSubmitted, context: Context<State>) -> Result<(), Fault> {
    let verdict = context.state().update(context.tenant(), |model| verdict(model, &event));
    match verdict {
        Some(Verdict::Verified) => context.react(verified(event), "").await.map(drop),
        Some(Verdict::Rejected(reason)) => context.react(rejected(event, reason), "").await.map(drop),
        Some(Verdict::Escalated(reason)) => {
            let review = Id::try_new(context.id_for("review", "").to_string())?;
            context.react(escalation(event, review, PrivateText::try_new(reason)?), "").await.map(drop)
        }
        None => Ok(()),
    }
}

pub async fn escalated(event: ReviewEscalated, context: Context<State>) -> Result<(), Fault> {
    if let Some(document) = event.document_id {
        context.state().update(context.tenant(), |model| model.escalated(&document));
    }
    Ok(())
}

/// Remembers a document and checks it. None when it was decided already, and this is an event that came again.
fn verdict(model: &mut Model, event: &DocumentSubmitted) -> Option<Verdict> {
    model.submitted(event);
    let state = model.document(&event.document_id)?.state;
    let is_open = matches!(state, DocumentState::Submitted | DocumentState::Escalated);
    is_open.then(|| check(event, model.is_elsewhere(&event.file_sha256, &event.owner_id)))
}

fn verified(event: DocumentSubmitted) -> DocumentVerified {
    DocumentVerified {
        document_id: event.document_id,
        owner_id: event.owner_id,
        identity_id: event.identity_id,
        document_type: event.document_type,
        method: VerificationMethod::Automatic,
        verified_by_id: None,
        valid_until_date: event.expiry_date,
        verified_at: event.submitted_at,
    }
}

fn rejected(event: DocumentSubmitted, reason: RejectionReason) -> DocumentRejected {
    DocumentRejected {
        document_id: event.document_id,
        owner_id: event.owner_id,
        identity_id: event.identity_id,
        document_type: event.document_type,
        reason: Private::new(reason),
        note: None,
        may_resubmit: true,
        rejected_by_id: None,
        rejected_at: event.submitted_at,
    }
}

fn escalation(event: DocumentSubmitted, review_id: Id, reason: PrivateText<1_000>) -> ReviewEscalated {
    ReviewEscalated {
        review_id,
        owner_id: event.owner_id,
        document_id: Some(event.document_id),
        reason,
        escalated_by_id: None,
        escalated_to_id: None,
        escalated_at: event.submitted_at,
    }
}
