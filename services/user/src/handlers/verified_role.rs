//! `verified_role`: a tutor whose identity was verified is a verified tutor, for as long as it stays so.

use std::collections::BTreeSet;

use fabric::{Context, Fault, Moment, ReadModel};
use fabric_catalog::{
    kyc::{IdentityExpired, IdentityRejected, IdentityVerified},
    user::RoleChanged,
    values::{AccountRole, Id, PrivateText},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    State,
    model::{Member, Model, RoleChange},
};

/// The one role that a verification gives. Whatever else an identity was verified for is granted by people.
const ROLE: AccountRole = AccountRole::VerifiedTutor;

/// What a verification does to the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Grant,
    Withdraw,
}

pub async fn verified(event: IdentityVerified, context: Context<State>) -> Result<(), Fault> {
    change(context, event.owner_id, event.granted_role, Verdict::Grant, event.verified_at).await
}

pub async fn rejected(event: IdentityRejected, context: Context<State>) -> Result<(), Fault> {
    change(context, event.owner_id, event.refused_role, Verdict::Withdraw, event.rejected_at).await
}

pub async fn expired(event: IdentityExpired, context: Context<State>) -> Result<(), Fault> {
    change(context, event.owner_id, event.lost_role, Verdict::Withdraw, event.noticed_at).await
}

async fn change(
    context: Context<State>,
    holder: Id,
    role: AccountRole,
    verdict: Verdict,
    at: Timestamp,
) -> Result<(), Fault> {
    let change = context.state().read(context.tenant(), |model| decide(model, &holder, role, verdict));
    let Some(change) = change else { return Ok(()) };
    let roles = change.roles.clone();
    let known = context.state().read(context.tenant(), |model| model.member(&holder)?.given_roles.at());
    let now = later_than(known, context.clock().now());
    let published = context.react(event_of(change, holder.clone(), verdict, at)?, "").at(now).await?;
    // The projection would do this too, but later: the next verdict on this person may be right behind, and must see
    // it.
    let moment = Moment { time: now, id: published.id() };
    context.state().update(context.tenant(), |model| model.member_mut(holder).given_roles.set(moment, roles));
    Ok(())
}

/// The time now, or if the clock shows no later one than that of what is known, the next microsecond: a change comes after what
/// it changes.
fn later_than(known: Option<Moment>, now: Timestamp) -> Timestamp {
    let next = known.and_then(|known| known.time.checked_add(SignedDuration::from_micros(1)).ok());
    next.map_or(now, |next| next.max(now))
}

/// What a verdict changes. A closed account gets nothing.
fn decide(model: &Model, holder: &Id, role: AccountRole, verdict: Verdict) -> Option<RoleChange> {
    let member = model.member(holder);
    if role != ROLE || member.is_some_and(Member::is_closed) {
        return None;
    }
    let current = member.map(Member::roles).unwrap_or_default();
    let (role, none) = (BTreeSet::from([ROLE]), BTreeSet::new());
    match verdict {
        Verdict::Grant => RoleChange::of(&current, &role, &none),
        Verdict::Withdraw => RoleChange::of(&current, &none, &role),
    }
}

fn event_of(change: RoleChange, holder: Id, verdict: Verdict, at: Timestamp) -> Result<RoleChanged, Fault> {
    let reason = match verdict {
        Verdict::Grant => "identity verified",
        Verdict::Withdraw => "identity no longer verified",
    };
    Ok(RoleChanged {
        user_id: holder,
        roles: change.roles,
        granted_roles: change.granted,
        withdrawn_roles: change.withdrawn,
        reason: Some(PrivateText::try_new(reason)?),
        changed_by_id: None,
        changed_at: at,
    })
}

#[cfg(test)]
mod tests {
    use fabric::EventId;

    use super::*;
    use AccountRole::{Admin, Tutor, VerifiedTutor};

    /// The roles before, whether the account is open, the role and the verdict, and the roles afterwards if they
    /// change.
    type Case<'a> = (&'a [AccountRole], Option<bool>, AccountRole, Verdict, Option<&'a [AccountRole]>);

    #[test]
    fn only_the_verified_tutor_is_granted_and_withdrawn() {
        let (grant, withdraw) = (Verdict::Grant, Verdict::Withdraw);
        let table: [Case; 8] = [
            (&[Tutor], Some(true), VerifiedTutor, grant, Some(&[Tutor, VerifiedTutor])),
            (&[], None, VerifiedTutor, grant, Some(&[VerifiedTutor])),
            (&[VerifiedTutor], Some(true), VerifiedTutor, grant, None),
            (&[Tutor, VerifiedTutor], Some(true), VerifiedTutor, withdraw, Some(&[Tutor])),
            (&[Tutor], Some(true), VerifiedTutor, withdraw, None),
            (&[Tutor], Some(true), Admin, grant, None),
            (&[Admin], Some(true), Admin, withdraw, None),
            (&[Tutor], Some(false), VerifiedTutor, grant, None),
        ];
        let holder = Id::try_new("u-1").unwrap();
        let at = Moment { time: Timestamp::UNIX_EPOCH, id: EventId::from_parts(0, [0; 10]) };
        for (roles, open, role, verdict, expected) in table {
            let mut model = Model::default();
            if let Some(open) = open {
                let member = model.member_mut(holder.clone());
                member.open.set(at, open);
                member.given_roles.set(at, roles.iter().copied().collect());
            } else if !roles.is_empty() {
                model.member_mut(holder.clone()).given_roles.set(at, roles.iter().copied().collect());
            }
            let after = decide(&model, &holder, role, verdict).map(|change| change.roles);
            assert_eq!(after, expected.map(|roles| roles.iter().copied().collect()), "{roles:?} {role} {verdict:?}");
        }
    }
}
