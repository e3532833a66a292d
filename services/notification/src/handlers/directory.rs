//! `directory`: keeps whom notices can reach, and what they can call things.

use fabric::{Context, Fault};
use fabric_catalog::{
    demographics::{UserCreated, UserUpdated},
    gradebook::{AssignmentCreated, AssignmentUpdated},
    user::{AccountRegistered, ProfileUpdated},
};

use super::update;
use crate::State;

/// Takes in what the school says of a person: both of its events carry the same.
macro_rules! school_says {
    ($context:expr, $event:expr) => {{
        let at = $context.moment();
        update(&$context, |model| {
            let person = model.directory.person_mut($event.user_id);
            let given = $event.preferred_given_name.as_ref().unwrap_or(&$event.given_name);
            let family = $event.preferred_family_name.as_ref().unwrap_or(&$event.family_name);
            person.set_name(at, given, family);
            person.email.set(at, $event.email);
            person.guardians.set(at, $event.agent_ids);
        });
    }};
}

pub async fn created(event: UserCreated, context: Context<State>) -> Result<(), Fault> {
    school_says!(context, event);
    Ok(())
}

pub async fn updated(event: UserUpdated, context: Context<State>) -> Result<(), Fault> {
    school_says!(context, event);
    Ok(())
}

pub async fn registered(event: AccountRegistered, context: Context<State>) -> Result<(), Fault> {
    let at = context.moment();
    update(&context, |model| {
        let person = model.directory.person_mut(event.user_id);
        person.set_name(at, &event.given_name, &event.family_name);
        person.email.set(at, Some(event.email));
        person.language.set(at, event.language);
    });
    Ok(())
}

pub async fn profile_updated(event: ProfileUpdated, context: Context<State>) -> Result<(), Fault> {
    let at = context.moment();
    update(&context, |model| {
        let person = model.directory.person_mut(event.user_id);
        person.set_name(at, &event.given_name, &event.family_name);
        person.email.set(at, event.email);
        person.language.set(at, event.language);
    });
    Ok(())
}

pub async fn assignment_created(event: AssignmentCreated, context: Context<State>) -> Result<(), Fault> {
    let at = context.moment();
    update(&context, |model| model.directory.set_title(event.line_item_id, at, event.title));
    Ok(())
}

pub async fn assignment_updated(event: AssignmentUpdated, context: Context<State>) -> Result<(), Fault> {
    let at = context.moment();
    update(&context, |model| model.directory.set_title(event.line_item_id, at, event.title));
    Ok(())
}
