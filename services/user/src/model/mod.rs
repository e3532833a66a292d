//! What the service remembers of one tenant, and how events change it. Every change comes out the same in whatever
//! order, and however often, the events arrive.

mod family;
mod member;
mod roles;
mod roster;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use fabric::{Latest, Moment};
use fabric_catalog::{
    demographics::DemographicDataUpdated,
    user::AccountRegistered,
    values::{Id, Username},
};

pub use family::{Contact, Family, Relative};
pub use member::{Member, SchoolRecord};
pub use roles::RoleChange;
pub use roster::{Enrollment, Roster};

/// What the service remembers of one tenant.
#[derive(Debug, Default)]
pub struct Model {
    members: HashMap<Id, Member>,
    usernames: HashMap<Username, Id>,
    rosters: HashMap<Id, Roster>,
    families: HashMap<Id, Family>,
    demographics: HashMap<Id, Latest<DemographicDataUpdated>>,
}

impl Model {
    /// A person who is known.
    pub fn member(&self, id: &Id) -> Option<&Member> {
        self.members.get(id).filter(|member| member.is_known())
    }

    /// A person, to be changed.
    pub fn member_mut(&mut self, id: Id) -> &mut Member {
        self.members.entry(id).or_default()
    }

    /// Takes in a registration. The first one to take a user name keeps it.
    pub fn register(&mut self, at: Moment, event: AccountRegistered) {
        self.usernames.entry(event.username.clone()).or_insert_with(|| event.user_id.clone());
        self.member_mut(event.user_id.clone()).registered(at, event);
    }

    /// Who registered with this user name.
    pub fn holder_of(&self, username: &Username) -> Option<&Id> {
        self.usernames.get(username)
    }

    /// A class's roster.
    pub fn roster(&self, class: &Id) -> Option<&Roster> {
        self.rosters.get(class)
    }

    /// A class's roster, to be changed.
    pub fn roster_mut(&mut self, class: Id) -> &mut Roster {
        self.rosters.entry(class).or_default()
    }

    /// The people around a student.
    pub fn family(&self, student: &Id) -> Option<&Family> {
        self.families.get(student)
    }

    /// The people around a student, to be changed.
    pub fn family_mut(&mut self, student: Id) -> &mut Family {
        self.families.entry(student).or_default()
    }

    /// A person's demographic data.
    pub fn demographics(&self, person: &Id) -> Option<&DemographicDataUpdated> {
        self.demographics.get(person).and_then(Latest::get)
    }

    /// Takes in a person's demographic data.
    pub fn set_demographics(&mut self, at: Moment, event: DemographicDataUpdated) {
        self.demographics.entry(event.user_id.clone()).or_default().set(at, event);
    }
}
