//! `identity_verification`: decides whether somebody is who they say they are, whenever something is known of a
//! document.

use fabric::{Context, Fault, ReadModel};
use fabric_catalog::{
    kyc::{
        DocumentExpired, DocumentRejected, DocumentVerified, IdentityExpired, IdentityRejected,
        IdentityVerificationRequested, IdentityVerified,
    },
    values::{Id, Private, PrivateText},
};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    State,
    model::{Decision, Model, Verification},
};

/// What set a decision off. What is decided happened when that did, so that deciding again says the same.
struct Cause {
    owner: Id,
    by: Option<Id>,
    note: Option<PrivateText<1_000>>,
    at: Timestamp,
}

pub async fn requested(event: IdentityVerificationRequested, context: Context<State>) -> Result<(), Fault> {
    let cause = Cause { owner: event.owner_id.clone(), by: None, note: None, at: event.requested_at };
    settle(context, cause, |model| model.requested(&event)).await
}

pub async fn document_verified(event: DocumentVerified, context: Context<State>) -> Result<(), Fault> {
    let by = event.verified_by_id.clone();
    let cause = Cause { owner: event.owner_id.clone(), by, note: None, at: event.verified_at };
    settle(context, cause, |model| model.verified(&event)).await
}

pub async fn document_rejected(event: DocumentRejected, context: Context<State>) -> Result<(), Fault> {
    let (by, note) = (event.rejected_by_id.clone(), event.note.clone());
    let cause = Cause { owner: event.owner_id.clone(), by, note, at: event.rejected_at };
    settle(context, cause, |model| model.rejected(&event)).await
}

pub async fn document_expired(event: DocumentExpired, context: Context<State>) -> Result<(), Fault> {
    let cause = Cause { owner: event.owner_id.clone(), by: None, note: None, at: event.noticed_at };
    settle(context, cause, |model| model.expired(&event)).await
}

/// Takes in what happened, publishes what follows from it, and remembers that only then: if publishing fails, the event
/// comes again and the same follows.
async fn settle(context: Context<State>, cause: Cause, happened: impl FnOnce(&mut Model)) -> Result<(), Fault> {
    let decisions = context.state().update(context.tenant(), |model| {
        happened(model);
        model.decisions(&cause.owner)
    });
    for (identity, verification, decision) in decisions {
        publish(&context, &cause, &identity, &verification, &decision).await?;
        context.state().update(context.tenant(), |model| model.decided(&cause.owner, &identity, &decision));
    }
    Ok(())
}

async fn publish(
    context: &Context<State>,
    cause: &Cause,
    identity: &Id,
    verification: &Verification,
    decision: &Decision,
) -> Result<(), Fault> {
    let (identity_id, owner_id, role) = (identity.clone(), cause.owner.clone(), verification.wanted_role);
    match decision {
        Decision::Verify { rests_on, valid_until } => {
            let event = IdentityVerified {
                identity_id,
                owner_id,
                granted_role: role,
                document_ids: rests_on.clone(),
                verified_by_id: cause.by.clone(),
                valid_until_date: valid_until.map(Private::new),
                verified_at: cause.at,
            };
            context.react(event, identity.as_str()).await.map(drop)
        }
        Decision::Reject(reason) => {
            let event = IdentityRejected {
                identity_id,
                owner_id,
                refused_role: role,
                reason: Private::new(*reason),
                note: cause.note.clone(),
                rejected_by_id: cause.by.clone(),
                rejected_at: cause.at,
            };
            context.react(event, identity.as_str()).await.map(drop)
        }
        Decision::Expire(last_day) => {
            let expiry_date = last_day.unwrap_or_else(|| cause.at.to_zoned(TimeZone::UTC).date()).into();
            let event = IdentityExpired { identity_id, owner_id, lost_role: role, expiry_date, noticed_at: cause.at };
            context.react(event, identity.as_str()).await.map(drop)
        }
    }
}
