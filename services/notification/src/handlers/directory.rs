//! `directory`: keeps whom notices can reach, and what they can call things.

use fabric::{Context, Fault};
use fabric_catalog::{
    demographics::{UserCreated, UserUpdated},
    gradebook::{AssignmentCreated, AssignmentUpdated},
    user::{AccountRegistered, ProfileField, ProfileUpdated, RegisteredProfile},
    values::Private,
};

use super::update;
use crate::State;

/// Takes in what the school says of a person: both of its events carry the same.
macro_rules! school_says {
    ($context:expr, $event:expr) => {{
        let at = $context.moment();
        update(&$context, |model| {
            let person = model.directory.person_mut($event.user_id);
            let given = $event.preferred_given_name.unwrap_or($event.given_name);
            let family = $event.preferred_family_name.unwrap_or($event.family_name);
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
        let RegisteredProfile { first_name, last_name, preferences } = event.profile;
        let person = model.directory.person_mut(event.user_id);
        person.set_name(at, first_name, last_name);
        person.email.set(at, Some(event.email));
        person.language.set(at, preferences.language.map(Private::into_inner));
    });
    Ok(())
}

pub async fn profile_updated(event: ProfileUpdated, context: Context<State>) -> Result<(), Fault> {
    let at = context.moment();
    update(&context, |model| {
        let (changed, new) = (event.changed_fields, event.new_values);
        let person = model.directory.person_mut(event.user_id);
        if let Some(name) = new.first_name {
            person.given_name.set(at, name);
        }
        if let Some(name) = new.last_name {
            person.family_name.set(at, name);
        }
        if changed.contains(&ProfileField::Email) {
            person.email.set(at, new.email);
        }
        if changed.contains(&ProfileField::Language) {
            person.language.set(at, new.language.map(Private::into_inner));
        }
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
