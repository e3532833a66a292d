//! One person: as the school knows them, and the account that they hold.

use std::collections::BTreeSet;

use fabric::{Latest, Moment};
use fabric_catalog::{
    demographics::{UserCreated, UserUpdated},
    user::{AccountRegistered, ProfileUpdated},
    values::{
        AccountRole, EmailAddress, Id, Language, PersonName, PersonRole, PhoneNumber, PrivateText, TimeZone, Username,
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
    /// What the person is called.
    pub names: Latest<Names>,
    /// E-mail address.
    pub email: Latest<Option<EmailAddress>>,
    /// Telephone number.
    pub phone: Latest<Option<PhoneNumber>>,
    /// Language and time zone.
    pub locale: Latest<Locale>,
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

/// What a person is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Given name.
    pub given: PersonName,
    /// Family name.
    pub family: PersonName,
}

/// How a person reads texts and times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locale {
    /// The language that the person reads best.
    pub language: Option<Language>,
    /// Where the person is in time.
    pub time_zone: Option<TimeZone>,
}

/// Takes in the fields that both events of the school carry.
macro_rules! school_says {
    ($member:expr, $at:expr, $event:expr) => {
        $member.names.set($at, Names { given: $event.given_name, family: $event.family_name });
        $member.active.set($at, $event.enabled);
        $member.reached_at($at, $event.email, $event.phone);
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

    /// Takes in what the holder changed.
    pub fn changed_by_holder(&mut self, at: Moment, event: ProfileUpdated) {
        self.names.set(at, Names { given: event.given_name, family: event.family_name });
        self.locale.set(at, Locale { language: event.language, time_zone: event.time_zone });
        self.reached_at(at, event.email, event.phone);
    }

    /// Takes in a registration.
    pub fn registered(&mut self, at: Moment, event: AccountRegistered) {
        self.names.set(at, Names { given: event.given_name, family: event.family_name });
        self.locale.set(at, Locale { language: event.language, time_zone: event.time_zone });
        self.email.set(at, Some(event.email.clone()));
        self.account_email.set(at, event.email);
        self.username.set(at, event.username);
        self.open.set(at, true);
    }

    /// Whether the person is known: somebody who was only named by others is not.
    pub fn is_known(&self) -> bool {
        self.names.get().is_some() || self.open.get().is_some() || self.given_roles.get().is_some()
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

    fn reached_at(&mut self, at: Moment, email: Option<EmailAddress>, phone: Option<PhoneNumber>) {
        self.email.set(at, email);
        self.phone.set(at, phone);
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
