//! Families, and whom to call in an emergency.

use std::collections::{BTreeMap, BTreeSet};

use fabric::Latest;
use fabric_catalog::{
    demographics::{FamilyRight, Relationship},
    values::{EmailAddress, Id, PersonName, PhoneNumber},
};
use serde::Serialize;

/// The people around one student.
#[derive(Debug, Default)]
pub struct Family {
    /// Relatives by the id of the link; nothing where the link was removed.
    pub relatives: BTreeMap<Id, Latest<Option<Relative>>>,
    /// Whom to call, by the contact's id.
    pub contacts: BTreeMap<Id, Latest<Contact>>,
}

/// Somebody's relative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Relative {
    /// Who.
    pub relative_id: Id,
    /// What they are to the student.
    pub relationship: Relationship,
    /// What they may do.
    pub rights: BTreeSet<FamilyRight>,
}

/// Somebody to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// The contact's name.
    pub full_name: PersonName,
    /// What they are to the student.
    pub relationship: Relationship,
    /// Numbers to call, the best one first.
    pub phones: Vec<PhoneNumber>,
    /// E-mail address.
    pub email: Option<EmailAddress>,
    /// In which order contacts are called, from 1.
    pub call_rank: u8,
    /// Whether they may pick the student up.
    pub may_pick_up: bool,
}

impl Family {
    /// The relatives whose links still stand, with the links' ids.
    pub fn relatives(&self) -> impl Iterator<Item = (&Id, &Relative)> {
        self.relatives.iter().filter_map(|(link, relative)| Some((link, relative.get()?.as_ref()?)))
    }

    /// The contacts in the order in which they are called.
    pub fn contacts(&self) -> Vec<(&Id, &Contact)> {
        let mut contacts: Vec<_> =
            self.contacts.iter().filter_map(|(id, contact)| Some((id, contact.get()?))).collect();
        contacts.sort_by_key(|(_, contact)| contact.call_rank);
        contacts
    }

    /// Whether the person decides for the student.
    pub fn has_guardian(&self, person: &Id) -> bool {
        self.relatives().any(|(_, relative)| {
            relative.relative_id == *person && relative.rights.contains(&FamilyRight::LegalGuardian)
        })
    }
}
