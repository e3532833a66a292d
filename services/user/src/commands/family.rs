//! Families, and whom to call in an emergency.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use fabric::{EventId, http::Problem, identity::Identity};
use fabric_catalog::{
    demographics::{
        EmergencyContactAdded, FamilyRelationshipCreated, FamilyRelationshipUpdated, FamilyRight, Relationship,
    },
    values::{EmailAddress, Id, PersonName, PhoneNumber, Private},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    access,
    model::{Family, Model},
};

/// Links a student with a relative, or changes what the link says.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct LinkFamily {
    /// The relative.
    pub relative_id: Id,
    /// What the relative is to the student.
    pub relationship: Relationship,
    /// What the relative may do.
    #[serde(default)]
    pub rights: BTreeSet<FamilyRight>,
}

/// Adds somebody to call in an emergency.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct AddEmergencyContact {
    /// The contact's name.
    pub full_name: PersonName,
    /// What the contact is to the student.
    pub relationship: Relationship,
    /// Numbers to call, the best one first.
    #[garde(length(min = 1, max = 5))]
    pub phones: Vec<PhoneNumber>,
    /// E-mail address.
    pub email: Option<EmailAddress>,
    /// In which order contacts are called, from 1; last, if that is not said.
    #[garde(inner(range(min = 1, max = 20)))]
    pub call_rank: Option<u8>,
    /// Whether the contact may pick the student up.
    #[serde(default)]
    pub may_pick_up: bool,
}

/// What linking a relative comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Linked {
    /// They were not linked before.
    New(FamilyRelationshipCreated),
    /// They were, in another way.
    Changed(FamilyRelationshipUpdated),
    /// They were, in this way.
    Same,
}

/// Why the people around a student stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FamilyRejection {
    /// Nobody knows the student.
    #[error("there is no such person")]
    UnknownStudent,
    /// Nobody knows the relative.
    #[error("relativeId: there is no such person")]
    UnknownRelative,
    /// Nobody is their own relative.
    #[error("relativeId: nobody is their own relative")]
    OwnRelative,
    /// A guardian of somebody else.
    #[error("a guardian may do this only for a student whose legal guardian they are")]
    NotYourStudent,
    /// No place is left on the list.
    #[error("there are 20 contacts already")]
    TooMany,
}

impl From<FamilyRejection> for Problem {
    fn from(rejection: FamilyRejection) -> Self {
        let (status, code) = match rejection {
            FamilyRejection::UnknownStudent => (StatusCode::NOT_FOUND, "not_found"),
            FamilyRejection::UnknownRelative => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_reference"),
            FamilyRejection::OwnRelative => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            FamilyRejection::NotYourStudent => (StatusCode::FORBIDDEN, "forbidden"),
            FamilyRejection::TooMany => (StatusCode::CONFLICT, "too_many"),
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a link. The same two people always have the same link, so linking twice is linking once.
pub fn link(model: &Model, student: Id, command: LinkFamily, now: Timestamp) -> Result<Linked, FamilyRejection> {
    model.member(&student).ok_or(FamilyRejection::UnknownStudent)?;
    if command.relative_id == student {
        return Err(FamilyRejection::OwnRelative);
    }
    model.member(&command.relative_id).ok_or(FamilyRejection::UnknownRelative)?;
    let known = model.family(&student).and_then(|family| {
        let mut relatives = family.relatives();
        relatives.find(|(_, relative)| relative.relative_id == command.relative_id)
    });
    let LinkFamily { relative_id, relationship, rights } = command;
    Ok(match known {
        Some((_, known)) if known.relationship == relationship && known.rights == rights => Linked::Same,
        Some((link, _)) => Linked::Changed(FamilyRelationshipUpdated {
            relationship_id: link.clone(),
            student_id: student,
            relative_id,
            relationship: Private::new(relationship),
            rights: Private::new(rights),
            changed_at: now,
        }),
        None => Linked::New(FamilyRelationshipCreated {
            relationship_id: link_id(&student, &relative_id).ok_or(FamilyRejection::UnknownRelative)?,
            student_id: student,
            relative_id,
            relationship: Private::new(relationship),
            rights: Private::new(rights),
            changed_at: now,
        }),
    })
}

/// Decides a new contact, with the id that it shall have.
pub fn add_contact(
    model: &Model,
    by: &Identity,
    student: Id,
    contact_id: Id,
    command: AddEmergencyContact,
) -> Result<EmergencyContactAdded, FamilyRejection> {
    model.member(&student).ok_or(FamilyRejection::UnknownStudent)?;
    let family = model.family(&student);
    let is_guardian = || access::id_of(by).is_some_and(|id| family.is_some_and(|family| family.has_guardian(&id)));
    if !access::keeps_records(by) && !is_guardian() {
        return Err(FamilyRejection::NotYourStudent);
    }
    let call_rank = command.call_rank.map_or_else(|| next_rank(family), Ok)?;
    Ok(EmergencyContactAdded {
        contact_id,
        student_id: student,
        full_name: command.full_name,
        relationship: Private::new(command.relationship),
        phones: command.phones,
        email: command.email,
        call_rank,
        may_pick_up: command.may_pick_up.into(),
    })
}

fn link_id(student: &Id, relative: &Id) -> Option<Id> {
    let id = EventId::of_producer("user.family", &format!("{student}\n{relative}"));
    Id::try_new(id.to_string()).ok()
}

/// The rank behind all others.
fn next_rank(family: Option<&Family>) -> Result<u8, FamilyRejection> {
    let last = family.and_then(|family| family.contacts().last().map(|(_, contact)| contact.call_rank)).unwrap_or(0);
    if last < 20 { Ok(last + 1) } else { Err(FamilyRejection::TooMany) }
}
