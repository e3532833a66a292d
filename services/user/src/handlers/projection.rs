//! `user_projection`: keeps each person's account.

use std::collections::BTreeSet;

use fabric::{Context, Fault};
use fabric_catalog::user::{
    AccountCreated, AccountDeactivated, AccountReactivated, AccountRegistered, ProfileUpdated, RoleChanged,
};

use super::update;
use crate::State;

pub async fn registered(event: AccountRegistered, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.register(at, event));
    Ok(())
}

pub async fn created(event: AccountCreated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| {
        let member = model.member_mut(event.user_id);
        member.account_email.set(at, event.email);
        member.given_roles.set(at, BTreeSet::from([event.role]));
        member.open.set(at, true);
    });
    Ok(())
}

/// The account's mails follow the profile's address.
pub async fn profile_updated(event: ProfileUpdated, context: Context<State>) -> Result<(), Fault> {
    if let Some(email) = event.new_values.email {
        update(&context, |model, at| model.member_mut(event.user_id).account_email.set(at, email));
    }
    Ok(())
}

pub async fn deactivated(event: AccountDeactivated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.member_mut(event.user_id).open.set(at, false));
    Ok(())
}

pub async fn reactivated(event: AccountReactivated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.member_mut(event.user_id).open.set(at, true));
    Ok(())
}

pub async fn role_changed(event: RoleChanged, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.member_mut(event.user_id).given_roles.set(at, event.roles));
    Ok(())
}
