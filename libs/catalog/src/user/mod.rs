//! User: accounts on the platform, their profiles, roles and relations.

mod account;
mod profile;

pub use account::{
    AccountCreated, AccountDeactivated, AccountReactivated, AccountRegistered, AuthMethod, ClosingReason,
    RegisteredPreferences, RegisteredProfile, RegistrationSource,
};
pub use profile::{
    ProfileField, ProfileUpdated, ProfileValues, Relation, RelationCreated, RelationRemoved, RoleChanged,
};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[account::EVENTS, profile::EVENTS];
