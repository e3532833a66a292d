//! `kyc_notice`: tells people how the verification of their identity goes.

use fabric::{Context, Fault};
use fabric_catalog::{
    kyc::{DocumentRejected, IdentityExpired, IdentityRejected, IdentityVerificationRequested, IdentityVerified},
    values::{AccountRole, Id},
};

use super::{Notice, ask};
use crate::State;

pub async fn identity_requested(event: IdentityVerificationRequested, context: Context<State>) -> Result<(), Fault> {
    tell_of_role(context, event.owner_id, "identity_requested", event.wanted_role).await
}

pub async fn identity_verified(event: IdentityVerified, context: Context<State>) -> Result<(), Fault> {
    tell_of_role(context, event.owner_id, "identity_verified", event.granted_role).await
}

pub async fn identity_rejected(event: IdentityRejected, context: Context<State>) -> Result<(), Fault> {
    tell_of_role(context, event.owner_id, "identity_rejected", event.refused_role).await
}

pub async fn identity_expired(event: IdentityExpired, context: Context<State>) -> Result<(), Fault> {
    tell_of_role(context, event.owner_id, "identity_expired", event.lost_role).await
}

pub async fn document_rejected(event: DocumentRejected, context: Context<State>) -> Result<(), Fault> {
    let next =
        if event.may_resubmit { "Sign in to see why, and to hand in another one." } else { "Sign in to see why." };
    let variables = vec![("document", in_words(event.document_type.as_str())), ("next", next.to_owned())];
    tell(context, event.owner_id, "document_rejected", variables).await
}

async fn tell_of_role(
    context: Context<State>,
    recipient: Id,
    template: &'static str,
    role: AccountRole,
) -> Result<(), Fault> {
    tell(context, recipient, template, vec![("role", in_words(role.as_str()))]).await
}

async fn tell(
    context: Context<State>,
    recipient: Id,
    template: &'static str,
    variables: Vec<(&'static str, String)>,
) -> Result<(), Fault> {
    ask(&context, Notice { recipient, subject: None, template, variables }).await
}

/// A word of a vocabulary as people read it: `verified tutor`.
fn in_words(word: &str) -> String {
    word.replace('_', " ")
}
