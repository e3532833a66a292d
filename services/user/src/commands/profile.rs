//! Profiles, as their holders change them.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use fabric::{http::Problem, identity::Identity};
use fabric_catalog::{
    user::{ProfileUpdated, ProfileValues},
    values::{EmailAddress, Id, Language, PersonName, PhoneNumber, Private, TimeZone},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    access,
    model::{Member, Model},
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
    let current = values_of(member);
    if current.first_name.is_none() {
        return Err(ProfileRejection::UnknownPerson);
    }
    let wanted = command.into_values();
    let changed_fields: BTreeSet<_> = wanted.given().intersection(&wanted.differences(&current)).copied().collect();
    if changed_fields.is_empty() {
        return Ok(None);
    }
    Ok(Some(ProfileUpdated {
        user_id: person,
        previous_values: current.only(&changed_fields),
        new_values: wanted.only(&changed_fields),
        changed_fields,
        updated_at: now,
    }))
}

/// The profile of a person, as far as it is known.
fn values_of(member: &Member) -> ProfileValues {
    ProfileValues {
        email: member.email.get().cloned().flatten(),
        first_name: member.given_name.get().cloned(),
        last_name: member.family_name.get().cloned(),
        phone: member.phone.get().cloned().flatten(),
        language: member.language.get().cloned().flatten().map(Private::new),
        time_zone: member.time_zone.get().cloned().flatten().map(Private::new),
    }
}

impl UpdateProfile {
    fn into_values(self) -> ProfileValues {
        ProfileValues {
            email: self.email,
            first_name: self.given_name,
            last_name: self.family_name,
            phone: self.phone,
            language: self.language.map(Private::new),
            time_zone: self.time_zone.map(Private::new),
        }
    }
}
