//! `family_relationship` and `emergency_contact`: keep the people around a student.

use fabric::{Context, Fault};
use fabric_catalog::{
    demographics::{
        EmergencyContactAdded, EmergencyContactUpdated, FamilyRelationshipCreated, FamilyRelationshipRemoved,
        FamilyRelationshipUpdated,
    },
    values::Id,
};

use super::update;
use crate::{
    State,
    model::{Contact, Relative},
};

/// A relative from the fields that new and changed links share.
macro_rules! relative_of {
    ($event:expr) => {
        Relative {
            relative_id: $event.relative_id,
            relationship: $event.relationship.into_inner(),
            rights: $event.rights.into_inner(),
        }
    };
}

/// A contact from the fields that new and changed contacts share.
macro_rules! contact_of {
    ($event:expr) => {
        Contact {
            full_name: $event.full_name,
            relationship: $event.relationship.into_inner(),
            phones: $event.phones,
            email: $event.email,
            call_rank: $event.call_rank,
            may_pick_up: $event.may_pick_up.into_inner(),
        }
    };
}

pub async fn linked(event: FamilyRelationshipCreated, context: Context<State>) -> Result<(), Fault> {
    set_relative(&context, event.student_id, event.relationship_id, Some(relative_of!(event)));
    Ok(())
}

pub async fn changed(event: FamilyRelationshipUpdated, context: Context<State>) -> Result<(), Fault> {
    set_relative(&context, event.student_id, event.relationship_id, Some(relative_of!(event)));
    Ok(())
}

pub async fn removed(event: FamilyRelationshipRemoved, context: Context<State>) -> Result<(), Fault> {
    set_relative(&context, event.student_id, event.relationship_id, None);
    Ok(())
}

pub async fn contact_added(event: EmergencyContactAdded, context: Context<State>) -> Result<(), Fault> {
    set_contact(&context, event.student_id, event.contact_id, contact_of!(event));
    Ok(())
}

pub async fn contact_updated(event: EmergencyContactUpdated, context: Context<State>) -> Result<(), Fault> {
    set_contact(&context, event.student_id, event.contact_id, contact_of!(event));
    Ok(())
}

fn set_relative(context: &Context<State>, student: Id, link: Id, relative: Option<Relative>) {
    update(context, |model, at| {
        model.family_mut(student).relatives.entry(link).or_default().set(at, relative);
    });
}

fn set_contact(context: &Context<State>, student: Id, id: Id, contact: Contact) {
    update(context, |model, at| model.family_mut(student).contacts.entry(id).or_default().set(at, contact));
}
