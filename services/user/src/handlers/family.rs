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

pub async fn linked(event: FamilyRelationshipCreated, context: Context<State>) -> Result<(), Fault> {
    let relative = Relative {
        relative_id: event.relative_id,
        relationship: event.relationship.into_inner(),
        rights: event.rights.into_inner(),
    };
    set_relative(&context, event.student_id, event.relationship_id, Some(relative));
    Ok(())
}

pub async fn changed(event: FamilyRelationshipUpdated, context: Context<State>) -> Result<(), Fault> {
    let relative = Relative {
        relative_id: event.relative_id,
        relationship: event.relationship.into_inner(),
        rights: event.rights.into_inner(),
    };
    set_relative(&context, event.student_id, event.relationship_id, Some(relative));
    Ok(())
}

pub async fn removed(event: FamilyRelationshipRemoved, context: Context<State>) -> Result<(), Fault> {
    set_relative(&context, event.student_id, event.relationship_id, None);
    Ok(())
}

pub async fn contact_added(event: EmergencyContactAdded, context: Context<State>) -> Result<(), Fault> {
    let contact = Contact {
        name: event.name,
        relationship: event.relationship.into_inner(),
        phones: event.phones,
        email: event.email,
        call_rank: event.call_rank,
        may_pick_up: event.may_pick_up,
    };
    set_contact(&context, event.student_id, event.contact_id, contact);
    Ok(())
}

pub async fn contact_updated(event: EmergencyContactUpdated, context: Context<State>) -> Result<(), Fault> {
    let contact = Contact {
        name: event.name,
        relationship: event.relationship.into_inner(),
        phones: event.phones,
        email: event.email,
        call_rank: event.call_rank,
        may_pick_up: event.may_pick_up,
    };
    set_contact(&context, event.student_id, event.contact_id, contact);
    Ok(())
}

fn set_relative(context: &Context<State>, student: Id, link: Id, relative: Option<Relative>) {
    update(context, |model, stamp| {
        model.family_mut(student).relatives.entry(link).or_default().set(stamp, relative);
    });
}

fn set_contact(context: &Context<State>, student: Id, id: Id, contact: Contact) {
    update(context, |model, stamp| model.family_mut(student).contacts.entry(id).or_default().set(stamp, contact));
}
