//! What people may ask for. A command is checked, then decided by a pure function: the events that it causes, or why it
//! is refused.

mod account;
mod family;
pub mod import;
mod profile;
mod roles;
#[cfg(test)]
mod tests;

pub use account::{AccountRejection, DeactivateUser, RegisterUser, deactivate, register};
pub use family::{AddEmergencyContact, FamilyRejection, LinkFamily, Linked, add_contact, link};
pub use profile::{ProfileRejection, UpdateProfile, update_profile};
pub use roles::{ChangeRole, RoleRejection, change_role};
