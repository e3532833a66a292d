//! Accounts: registered, and closed by deactivating the person.

use axum::http::StatusCode;
use fabric::{http::Problem, identity::Identity};
use fabric_catalog::{
    demographics::{DeactivationReason, UserDeactivated},
    user::{AccountRegistered, RegisteredPreferences, RegisteredProfile, RegistrationSource},
    values::{EmailAddress, Id, Language, PersonName, Private, TimeZone, Username},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{access, model::Model};

/// Registers somebody: oneself, or somebody else for whoever keeps the records.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct RegisterUser {
    /// Who; whoever asks, if nobody is named.
    pub user_id: Option<Id>,
    /// E-mail address.
    pub email: EmailAddress,
    /// What the person will sign in with.
    pub username: Username,
    /// Given name.
    pub given_name: PersonName,
    /// Family name.
    pub family_name: PersonName,
    /// The language that the person reads best.
    pub language: Option<Language>,
    /// Where the person is in time.
    pub time_zone: Option<TimeZone>,
    /// Where the person registers; in the browser, if that is not said.
    pub registration_source: Option<RegistrationSource>,
}

/// Deactivates a person, whose account is then closed.
#[derive(Debug, Clone, Copy, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct DeactivateUser {
    /// Why.
    pub reason: DeactivationReason,
}

/// Why an account is not registered, or a person not deactivated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRejection {
    /// Somebody else's account.
    #[error("only a registrar, an admin or an operator may do this for somebody else")]
    NotYours,
    /// The person has an account.
    #[error("the person has an account already")]
    AlreadyRegistered,
    /// Somebody else has the user name.
    #[error("the user name is taken")]
    UsernameTaken,
    /// Nobody knows the person.
    #[error("there is no such person")]
    UnknownPerson,
    /// The person is not active any more.
    #[error("the person was deactivated already")]
    AlreadyDeactivated,
}

impl From<AccountRejection> for Problem {
    fn from(rejection: AccountRejection) -> Self {
        use AccountRejection::{AlreadyDeactivated, AlreadyRegistered, NotYours, UnknownPerson, UsernameTaken};
        let (status, code) = match rejection {
            NotYours => (StatusCode::FORBIDDEN, "forbidden"),
            UnknownPerson => (StatusCode::NOT_FOUND, "not_found"),
            AlreadyRegistered => (StatusCode::CONFLICT, "already_registered"),
            UsernameTaken => (StatusCode::CONFLICT, "username_taken"),
            AlreadyDeactivated => (StatusCode::CONFLICT, "already_deactivated"),
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a registration.
pub fn register(
    model: &Model,
    by: &Identity,
    command: RegisterUser,
    now: Timestamp,
) -> Result<AccountRegistered, AccountRejection> {
    let user_id = command.user_id.or_else(|| access::id_of(by)).ok_or(AccountRejection::UnknownPerson)?;
    if !access::is_self(by, &user_id) && !access::keeps_records(by) {
        return Err(AccountRejection::NotYours);
    }
    if model.member(&user_id).is_some_and(|member| member.open.get().is_some()) {
        return Err(AccountRejection::AlreadyRegistered);
    }
    if model.holder_of(&command.username).is_some_and(|holder| *holder != user_id) {
        return Err(AccountRejection::UsernameTaken);
    }
    Ok(AccountRegistered {
        user_id,
        email: command.email,
        username: command.username,
        profile: RegisteredProfile {
            first_name: command.given_name,
            last_name: command.family_name,
            preferences: RegisteredPreferences {
                language: command.language.map(Private::new),
                time_zone: command.time_zone.map(Private::new),
            },
        },
        registration_source: command.registration_source.unwrap_or(RegistrationSource::WebApp),
        registered_at: now,
    })
}

/// Decides to deactivate a person. That the account is closed follows from the event.
pub fn deactivate(
    model: &Model,
    by: &Identity,
    person: Id,
    command: DeactivateUser,
    now: Timestamp,
) -> Result<UserDeactivated, AccountRejection> {
    let member = model.member(&person).ok_or(AccountRejection::UnknownPerson)?;
    if member.active.get() == Some(&false) && member.open.get() != Some(&true) {
        return Err(AccountRejection::AlreadyDeactivated);
    }
    Ok(UserDeactivated {
        user_id: person,
        reason: Private::new(command.reason),
        deactivated_by_id: access::id_of(by),
        deactivated_at: now,
    })
}
