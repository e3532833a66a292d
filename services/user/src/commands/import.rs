//! What an import of a OneRoster bundle asks for, row by row. The commands carry what their events do; the fields' own
//! rules hold in them already, so what is decided here is whether a row fits to the others.
//!
//! ```
//! use fabric_catalog::{Example, demographics::EnrollmentCreated, values::Id};
//! use user::commands::import::{EnrollUser, ImportRejection, References, enroll_user};
//!
//! /// A bundle without classes.
//! struct NoClasses;
//!
//! impl References for NoClasses {
//!     fn has_person(&self, _: &Id) -> bool {
//!         true
//!     }
//!     fn has_class(&self, _: &Id) -> bool {
//!         false
//!     }
//!     fn has_organization(&self, _: &Id) -> bool {
//!         true
//!     }
//! }
//!
//! let row = EnrollUser(EnrollmentCreated::example()?);
//! assert_eq!(enroll_user(&NoClasses, row), Err(ImportRejection::Unknown { field: "classId", what: "class" }));
//! # Ok::<(), fabric::core::event::InvalidPayload>(())
//! ```

use axum::http::StatusCode;
use fabric::http::Problem;
use fabric_catalog::{
    demographics::{DemographicDataUpdated, EnrollmentCreated, UserCreated},
    values::Id,
};
use jiff::civil::Date;

/// What rows may refer to: what came before them in the bundle, or is known from elsewhere.
pub trait References {
    /// Whether there is such a person.
    fn has_person(&self, id: &Id) -> bool;
    /// Whether there is such a class.
    fn has_class(&self, id: &Id) -> bool;
    /// Whether there is such an organization: a school, a district or another.
    fn has_organization(&self, id: &Id) -> bool;
}

/// Adds a person: a row of `users.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateUser(pub UserCreated);

/// Puts a person into a class: a row of `enrollments.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrollUser(pub EnrollmentCreated);

/// Sets a person's demographic data: a row of `demographics.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct SetDemographics(pub DemographicDataUpdated);

/// Why a row does not fit to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportRejection {
    /// A field names something that is not there.
    #[error("{field}: there is no such {what}")]
    Unknown {
        /// The field of the event.
        field: &'static str,
        /// What it should have named.
        what: &'static str,
    },
    /// A field contradicts another, or the calendar.
    #[error("{field}: {reason}")]
    Contradiction {
        /// The field of the event.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl ImportRejection {
    /// The field of the event that is wrong.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Unknown { field, .. } | Self::Contradiction { field, .. } => field,
        }
    }

    /// The rule that it breaks, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_reference",
            Self::Contradiction { .. } => "contradiction",
        }
    }
}

impl From<ImportRejection> for Problem {
    fn from(rejection: ImportRejection) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, rejection.code(), rejection.to_string())
    }
}

/// Decides a new person. Agents are not looked up: they may stand further down in the same file.
pub fn create_user(known: &impl References, CreateUser(person): CreateUser) -> Result<UserCreated, ImportRejection> {
    if !person.org_ids.iter().all(|id| known.has_organization(id)) {
        return Err(ImportRejection::Unknown { field: "orgIds", what: "organization" });
    }
    if !person.roles.iter().all(|role| known.has_organization(&role.org_id)) {
        return Err(ImportRejection::Unknown { field: "roles", what: "organization" });
    }
    if person.primary_org_id.as_ref().is_some_and(|id| !person.org_ids.contains(id)) {
        let reason = "is not among the person's organizations";
        return Err(ImportRejection::Contradiction { field: "primaryOrgId", reason });
    }
    if person.agent_ids.contains(&person.user_id) {
        return Err(ImportRejection::Contradiction { field: "agentIds", reason: "nobody is their own agent" });
    }
    Ok(person)
}

/// Decides an enrollment.
pub fn enroll_user(
    known: &impl References,
    EnrollUser(enrollment): EnrollUser,
) -> Result<EnrollmentCreated, ImportRejection> {
    if !known.has_class(&enrollment.class_id) {
        return Err(ImportRejection::Unknown { field: "classId", what: "class" });
    }
    if !known.has_organization(&enrollment.school_id) {
        return Err(ImportRejection::Unknown { field: "schoolId", what: "organization" });
    }
    if !known.has_person(&enrollment.user_id) {
        return Err(ImportRejection::Unknown { field: "userId", what: "person" });
    }
    if enrollment.begin_date.zip(enrollment.end_date).is_some_and(|(begin, end)| end < begin) {
        return Err(ImportRejection::Contradiction { field: "endDate", reason: "ends before it begins" });
    }
    Ok(enrollment)
}

/// Decides demographic data.
pub fn set_demographics(
    known: &impl References,
    SetDemographics(data): SetDemographics,
    today: Date,
) -> Result<DemographicDataUpdated, ImportRejection> {
    if !known.has_person(&data.user_id) {
        return Err(ImportRejection::Unknown { field: "userId", what: "person" });
    }
    if data.birth_date.is_some_and(|date| *date.get() > today) {
        return Err(ImportRejection::Contradiction { field: "birthDate", reason: "lies in the future" });
    }
    if !data.races.get().is_disjoint(data.races_denied.get()) {
        return Err(ImportRejection::Contradiction {
            field: "racesDenied",
            reason: "says no to what `races` says yes to",
        });
    }
    Ok(data)
}
