//! `user_profile`: keeps what is known of each person.

use fabric::{Context, Fault};
use fabric_catalog::{
    demographics::{UserCreated, UserDeactivated, UserUpdated},
    user::ProfileUpdated,
};

use super::update;
use crate::State;

pub async fn created(event: UserCreated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.member_mut(event.user_id.clone()).created(at, event));
    Ok(())
}

pub async fn updated(event: UserUpdated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.member_mut(event.user_id.clone()).updated(at, event));
    Ok(())
}

pub async fn deactivated(event: UserDeactivated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.member_mut(event.user_id).active.set(at, false));
    Ok(())
}

pub async fn changed_by_holder(event: ProfileUpdated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.member_mut(event.user_id.clone()).changed_by_holder(at, event));
    Ok(())
}
