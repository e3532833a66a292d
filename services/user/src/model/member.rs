//! One person: as the school knows them, and the account that they hold.

use std::collections::BTreeSet;

use fabric::{Latest, Moment};
use fabric_catalog::{
    demographics::{UserCreated, UserUpdated},
    user::{AccountRegistered, ProfileField, ProfileUpdated, RegisteredProfile},
    values::{
        AccountRole, EmailAddress, Id, Language, PersonName, PersonRole, PhoneNumber, Private, PrivateText, TimeZone,
        Username,
    },
};
use serde::Serialize;

/// Everything that is known of one person.
#[derive(Debug, Default)]
pub struct Member {
    /// What the school says.
    pub school: Latest<SchoolRecord>,
    /// Whether the school says that the person may use systems.
    pub active: Latest<bool>,
    /// Given name.
    pub given_name: Latest<PersonName>,
    /// Family name.
    pub family_name: Latest<PersonName>,
    /// E-mail address.
    pub email: Latest<Option<EmailAddress>>,
    /// Telephone number.
    pub phone: Latest<Option<PhoneNumber>>,
    /// The language that the person reads best.
    pub language: Latest<Option<Language>>,
    /// Where the person is in time.
    pub time_zone: Latest<Option<TimeZone>>,
    /// What the person signs in with, once registered.
    pub username: Latest<Username>,
    /// Where the account's mails go.
    pub account_email: Latest<EmailAddress>,
    /// Whether the account is open; nothing if there is none.
    pub open: Latest<bool>,
    /// What the account's holder may do, where that was said.
    pub given_roles: Latest<BTreeSet<AccountRole>>,
}

/// What a person is at school.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SchoolRecord {
    /// What the person mainly is.
    pub role: PersonRole,
    /// Grade levels.
    pub grades: Vec<PrivateText<32>>,
    /// The organizations that the person belongs to.
    pub org_ids: Vec<Id>,
    /// The one that the person mainly belongs to.
    pub primary_org_id: Option<Id>,
    /// People who act for this person.
    pub agent_ids: Vec<Id>,
}

/// Takes in the fields that both events of the school carry.
macro_rules! school_says {
    ($member:expr, $at:expr, $event:expr) => {
        $member.called($at, $event.given_name, $event.family_name);
        $member.active.set($at, $event.enabled);
        $member.email.set($at, $event.email);
        $member.phone.set($at, $event.phone);
        $member.school.set(
            $at,
            SchoolRecord {
                role: $event.role,
                grades: $event.grades,
                org_ids: $event.org_ids,
                primary_org_id: $event.primary_org_id,
                agent_ids: $event.agent_ids,
            },
        );
    };
}

impl Member {
    /// Takes in what the school says of a new person.
    pub fn created(&mut self, at: Moment, event: UserCreated) {
        school_says!(self, at, event);
    }

    /// Takes in what the school changed.
    pub fn updated(&mut self, at: Moment, event: UserUpdated) {
        school_says!(self, at, event);
    }

    /// Takes in what the holder changed. A name that the profile says no more stays: everybody has one.
    pub fn changed_by_holder(&mut self, at: Moment, event: ProfileUpdated) {
        let (changed, new) = (event.changed_fields, event.new_values);
        if let Some(name) = new.first_name {
            self.given_name.set(at, name);
        }
        if let Some(name) = new.last_name {
            self.family_name.set(at, name);
        }
        if changed.contains(&ProfileField::Email) {
            self.email.set(at, new.email);
        }
        if changed.contains(&ProfileField::Phone) {
            self.phone.set(at, new.phone);
        }
        if changed.contains(&ProfileField::Language) {
            self.language.set(at, new.language.map(Private::into_inner));
        }
        if changed.contains(&ProfileField::TimeZone) {
            self.time_zone.set(at, new.time_zone.map(Private::into_inner));
        }
    }

    /// Takes in a registration.
    pub fn registered(&mut self, at: Moment, event: AccountRegistered) {
        let RegisteredProfile { first_name, last_name, preferences } = event.profile;
        self.called(at, first_name, last_name);
        self.language.set(at, preferences.language.map(Private::into_inner));
        self.time_zone.set(at, preferences.time_zone.map(Private::into_inner));
        self.email.set(at, Some(event.email.clone()));
        self.account_email.set(at, event.email);
        self.username.set(at, event.username);
        self.open.set(at, true);
    }

    /// Whether the person is known: somebody who was only named by others is not.
    pub fn is_known(&self) -> bool {
        self.given_name.get().is_some() || self.open.get().is_some() || self.given_roles.get().is_some()
    }

    /// Whether there is an account, and it is closed.
    pub fn is_closed(&self) -> bool {
        self.open.get() == Some(&false)
    }

    /// What the person may do: what was given, else what follows from the role at school. Nothing while the account is
    /// closed.
    pub fn roles(&self) -> BTreeSet<AccountRole> {
        if self.is_closed() {
            return BTreeSet::new();
        }
        let by_school = || self.school.get().and_then(|school| role_at_school(school.role)).into_iter().collect();
        self.given_roles.get().cloned().unwrap_or_else(by_school)
    }

    fn called(&mut self, at: Moment, given: PersonName, family: PersonName) {
        self.given_name.set(at, given);
        self.family_name.set(at, family);
    }
}

/// What somebody may do by what they are at school. Aides and proctors get nothing by themselves.
fn role_at_school(role: PersonRole) -> Option<AccountRole> {
    match role {
        PersonRole::Student => Some(AccountRole::Student),
        PersonRole::Teacher => Some(AccountRole::Teacher),
        PersonRole::Guardian | PersonRole::Parent | PersonRole::Relative => Some(AccountRole::Guardian),
        PersonRole::Counselor => Some(AccountRole::Counselor),
        PersonRole::Administrator
        | PersonRole::DistrictAdministrator
        | PersonRole::Principal
        | PersonRole::SiteAdministrator
        | PersonRole::SystemAdministrator => Some(AccountRole::Admin),
        PersonRole::Aide | PersonRole::Proctor => None,
    }
}
