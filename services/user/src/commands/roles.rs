//! What people may do on the platform.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use fabric::{http::Problem, identity::Identity};
use fabric_catalog::{
    user::RoleChanged,
    values::{AccountRole, Id, PrivateText},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    access,
    model::{Model, RoleChange},
};

/// Grants and withdraws roles.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ChangeRole {
    /// Roles that the person shall have.
    #[serde(default)]
    pub grant: BTreeSet<AccountRole>,
    /// Roles that the person shall not have.
    #[serde(default)]
    pub withdraw: BTreeSet<AccountRole>,
    /// Why.
    pub reason: Option<PrivateText<500>>,
}

/// Why roles are not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoleRejection {
    /// Nobody knows the person.
    #[error("there is no such person")]
    UnknownPerson,
    /// The account was closed.
    #[error("the account is closed")]
    Closed,
    /// Nobody decides about themselves.
    #[error("nobody may change their own roles")]
    OwnRoles,
    /// A registrar would make an admin.
    #[error("only an admin or an operator may grant or withdraw the roles admin and operator")]
    AboveYours,
    /// Verification gives this role.
    #[error("the role verified_tutor is granted when the identity is verified, not by hand")]
    NeedsVerification,
    /// The same role twice.
    #[error("a role is both to be granted and to be withdrawn")]
    Contradiction,
}

impl From<RoleRejection> for Problem {
    fn from(rejection: RoleRejection) -> Self {
        let (status, code) = match rejection {
            RoleRejection::UnknownPerson => (StatusCode::NOT_FOUND, "not_found"),
            RoleRejection::Closed => (StatusCode::CONFLICT, "closed"),
            RoleRejection::OwnRoles | RoleRejection::AboveYours => (StatusCode::FORBIDDEN, "forbidden"),
            RoleRejection::NeedsVerification => (StatusCode::CONFLICT, "needs_verification"),
            RoleRejection::Contradiction => (StatusCode::UNPROCESSABLE_ENTITY, "contradiction"),
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a change of roles. None when the person has them as wanted already.
pub fn change_role(
    model: &Model,
    by: &Identity,
    person: Id,
    command: ChangeRole,
    now: Timestamp,
) -> Result<Option<RoleChanged>, RoleRejection> {
    let member = model.member(&person).ok_or(RoleRejection::UnknownPerson)?;
    if member.is_closed() {
        return Err(RoleRejection::Closed);
    }
    if access::is_self(by, &person) {
        return Err(RoleRejection::OwnRoles);
    }
    check(by, &command)?;
    let change = RoleChange::of(&member.roles(), &command.grant, &command.withdraw);
    Ok(change.map(|RoleChange { roles, granted, withdrawn }| RoleChanged {
        user_id: person,
        roles,
        granted_roles: granted,
        withdrawn_roles: withdrawn,
        reason: command.reason,
        changed_by_id: access::id_of(by),
        changed_at: now,
    }))
}

fn check(by: &Identity, command: &ChangeRole) -> Result<(), RoleRejection> {
    let is_high = |role: &AccountRole| matches!(role, AccountRole::Admin | AccountRole::Operator);
    if !matches!(by.actor.role.as_str(), "admin" | "operator") && command.grant.union(&command.withdraw).any(is_high) {
        return Err(RoleRejection::AboveYours);
    }
    if command.grant.contains(&AccountRole::VerifiedTutor) {
        return Err(RoleRejection::NeedsVerification);
    }
    if command.grant.intersection(&command.withdraw).next().is_some() {
        return Err(RoleRejection::Contradiction);
    }
    Ok(())
}
