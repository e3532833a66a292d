//! Profiles, as their holders change them.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use fabric::{http::Problem, identity::Identity};
use fabric_catalog::{
    user::{ProfileField, ProfileUpdated},
    values::{EmailAddress, Id, Language, PersonName, PhoneNumber, TimeZone},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    access,
    model::{Locale, Member, Model, Names},
};

/// Changes a profile. What is not named stays as it is.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct UpdateProfile {
    /// E-mail address.
    pub email: Option<EmailAddress>,
    /// Given name.
    pub given_name: Option<PersonName>,
    /// Family name.
    pub family_name: Option<PersonName>,
    /// Telephone number.
    pub phone: Option<PhoneNumber>,
    /// The language that the person reads best.
    pub language: Option<Language>,
    /// Where the person is in time.
    pub time_zone: Option<TimeZone>,
}

/// Why a profile is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProfileRejection {
    /// Somebody else's profile.
    #[error("only a registrar, an admin or an operator may change somebody else's profile")]
    NotYours,
    /// Nobody knows the person.
    #[error("there is no such person")]
    UnknownPerson,
    /// The account was closed.
    #[error("the account is closed")]
    Closed,
}

impl From<ProfileRejection> for Problem {
    fn from(rejection: ProfileRejection) -> Self {
        let (status, code) = match rejection {
            ProfileRejection::NotYours => (StatusCode::FORBIDDEN, "forbidden"),
            ProfileRejection::UnknownPerson => (StatusCode::NOT_FOUND, "not_found"),
            ProfileRejection::Closed => (StatusCode::CONFLICT, "closed"),
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a change of a profile. None when everything is as wanted already.
pub fn update_profile(
    model: &Model,
    by: &Identity,
    person: Id,
    command: UpdateProfile,
    now: Timestamp,
) -> Result<Option<ProfileUpdated>, ProfileRejection> {
    if !access::is_self(by, &person) && !access::keeps_records(by) {
        return Err(ProfileRejection::NotYours);
    }
    let member = model.member(&person).ok_or(ProfileRejection::UnknownPerson)?;
    if member.is_closed() {
        return Err(ProfileRejection::Closed);
    }
    let Some(Names { given, family }) = member.names.get().cloned() else {
        return Err(ProfileRejection::UnknownPerson);
    };
    Ok(changed(member, given, family, person, command, now))
}

fn changed(
    member: &Member,
    given: PersonName,
    family: PersonName,
    user_id: Id,
    command: UpdateProfile,
    now: Timestamp,
) -> Option<ProfileUpdated> {
    let mut changed_fields = BTreeSet::new();
    let mut changes = |field, is_new: bool| is_new.then(|| changed_fields.insert(field));
    let Locale { language, time_zone } = member.locale.get().cloned().unwrap_or_default();
    let email = member.email.get().cloned().flatten();
    let phone = member.phone.get().cloned().flatten();
    changes(ProfileField::Email, is_new(command.email.as_ref(), email.as_ref()));
    changes(ProfileField::GivenName, is_new(command.given_name.as_ref(), Some(&given)));
    changes(ProfileField::FamilyName, is_new(command.family_name.as_ref(), Some(&family)));
    changes(ProfileField::Phone, is_new(command.phone.as_ref(), phone.as_ref()));
    changes(ProfileField::Language, is_new(command.language.as_ref(), language.as_ref()));
    changes(ProfileField::TimeZone, is_new(command.time_zone.as_ref(), time_zone.as_ref()));
    if changed_fields.is_empty() {
        return None;
    }
    let previous_email = email.clone().filter(|_| changed_fields.contains(&ProfileField::Email));
    Some(ProfileUpdated {
        user_id,
        changed_fields,
        email: command.email.or(email),
        previous_email,
        given_name: command.given_name.unwrap_or(given),
        family_name: command.family_name.unwrap_or(family),
        phone: command.phone.or(phone),
        language: command.language.or(language),
        time_zone: command.time_zone.or(time_zone),
        updated_at: now,
    })
}

fn is_new<T: PartialEq>(wanted: Option<&T>, current: Option<&T>) -> bool {
    wanted.is_some() && wanted != current
}
