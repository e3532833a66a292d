//! Demographics: people as the school knows them, their enrollments, families and emergency contacts.

mod data;
mod enrollment;
mod family;
mod person;

pub use data::DemographicDataUpdated;
pub use enrollment::{EnrollmentCreated, EnrollmentEnded, EnrollmentUpdated};
pub use family::{
    EmergencyContactAdded, EmergencyContactUpdated, FamilyRelationshipCreated, FamilyRelationshipRemoved,
    FamilyRelationshipUpdated, FamilyRight, Relationship,
};
pub use person::{DeactivationReason, ExternalId, RoleAtOrganization, UserCreated, UserDeactivated, UserUpdated};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] =
    &[data::EVENTS, enrollment::EVENTS, family::EVENTS, person::EVENTS];
