//! A school, a district or a department is set up.

use fabric_catalog::{
    rostering::OrganizationCreated,
    values::{Id, OrgType},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Known, Rejection, checked, require_if_named, require_new};

/// Sets up an organization.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateOrganization {
    /// Its id.
    pub org_id: Id,
    /// Its name.
    pub name: String,
    /// What kind of organization it is.
    pub org_type: OrgType,
    /// What people and other systems know it by.
    pub identifier: Option<String>,
    /// The organization that it is a part of.
    pub parent_id: Option<Id>,
    /// When the system it comes from last changed it.
    pub source_modified_at: Option<Timestamp>,
}

/// Decides whether the organization is created. Its parent must be there.
pub fn decide(known: &impl Known, command: CreateOrganization) -> Result<OrganizationCreated, Rejection> {
    let CreateOrganization { org_id, name, org_type, identifier, parent_id, source_modified_at } = command;
    require_new(known.has_organization(&org_id), "orgId", "organization")?;
    require_if_named(parent_id.as_ref(), |id| known.has_organization(id), "parentId", "organization")?;
    checked(OrganizationCreated { org_id, name, org_type, identifier, parent_id, source_modified_at })
}
