//! `users.csv`.

use std::collections::BTreeSet;

use fabric_catalog::{
    demographics::{DeactivationReason, ExternalId, RoleAtOrganization, UserCreated, UserDeactivated},
    values::{Id, PersonRole, Private, PrivateText},
};
use user::commands::import::{CreateUser, create_user};

use super::{Accepted, Importer, accept, accept_event};
use crate::import::{
    fault::{Fault, code},
    file::{File, Version},
    known::Held,
    row::{Row, Status},
};

pub fn read(row: &Row<'_>, id: Id, importer: &Importer) -> Result<Accepted, Fault> {
    let belonging = belonging(row, &id)?;
    let event = UserCreated {
        user_id: id.clone(),
        role: belonging.role,
        roles: belonging.roles,
        enabled: row.flag("enabledUser")?,
        username: row.value("username")?,
        external_ids: external_ids(row)?,
        master_identifier: row.value_if("userMasterIdentifier")?,
        identifier: row.value_if("identifier")?,
        given_name: row.value("givenName")?,
        family_name: row.value("familyName")?,
        middle_name: row.value_if("middleName")?,
        preferred_given_name: row.value_if("preferredGivenName")?,
        preferred_family_name: row.value_if("preferredFamilyName")?,
        preferred_middle_name: row.value_if("preferredMiddleName")?,
        pronouns: row.value_if("pronouns")?,
        email: row.value_if("email")?,
        sms: row.value_if("sms")?,
        phone: row.value_if("phone")?,
        grades: row.values("grades")?,
        org_ids: belonging.org_ids,
        primary_org_id: belonging.primary_org_id,
        agent_ids: row.forward_references("agentSourcedIds", File::Users)?,
        source_modified_at: row.last_modified()?,
    };
    if row.status()? == Status::ToBeDeleted {
        let event = UserDeactivated {
            user_id: id.clone(),
            reason: Private::new(DeactivationReason::RemovedAtSource),
            deactivated_by_id: Some(importer.id.clone()),
            deactivated_at: event.source_modified_at.unwrap_or(importer.now),
        };
        return accept_event(row, id, event);
    }
    accept(row, id, create_user(row.known, CreateUser(event)))
}

/// What a person is, and where.
struct Belonging {
    role: PersonRole,
    roles: Vec<RoleAtOrganization>,
    org_ids: Vec<Id>,
    primary_org_id: Option<Id>,
}

/// In 1.1 that stands in the row itself, in 1.2 in `roles.csv`.
fn belonging(row: &Row<'_>, id: &Id) -> Result<Belonging, Fault> {
    match row.version {
        Version::V1p1 => Ok(Belonging {
            role: row.word("role")?,
            roles: Vec::new(),
            org_ids: row.references("orgSourcedIds", File::Orgs)?,
            primary_org_id: None,
        }),
        Version::V1p2 => {
            let role_at = |(held, org): (Held, &Id)| RoleAtOrganization {
                org_id: org.clone(),
                role: held.role,
                is_primary: held.is_primary,
                begin_date: held.begin_date,
                end_date: held.end_date,
            };
            let roles: Vec<RoleAtOrganization> = row.known.roles_of(id).map(role_at).collect();
            let main = roles.iter().find(|role| role.is_primary).or(roles.first());
            let main = main.ok_or_else(|| Fault::new("sourcedId", code::NO_ROLE, "must have a row in roles.csv"))?;
            let primary = row.reference_if("primaryOrgSourcedId", File::Orgs)?;
            let primary_org_id = Some(primary.unwrap_or_else(|| main.org_id.clone()));
            let org_ids: BTreeSet<Id> =
                roles.iter().map(|role| role.org_id.clone()).chain(primary_org_id.clone()).collect();
            Ok(Belonging { role: main.role, org_ids: org_ids.into_iter().collect(), primary_org_id, roles })
        }
    }
}

/// What other systems know the person by: `{system:id}`, where many leave the braces out.
fn external_ids(row: &Row<'_>) -> Result<Vec<ExternalId>, Fault> {
    const COLUMN: &str = "userIds";
    let parse = |item: &str| {
        let pair = item.strip_prefix('{').and_then(|item| item.strip_suffix('}')).unwrap_or(item).split_once(':');
        let (system, identifier) = pair
            .filter(|(system, _)| !system.is_empty())
            .ok_or_else(|| Fault::new(COLUMN, "bad_format", "must be a list of {system:id}"))?;
        let identifier = PrivateText::try_new(identifier).map_err(|error| Fault::of_value(COLUMN, error))?;
        Ok(ExternalId { system: system.to_owned(), identifier })
    };
    row.list(COLUMN).into_iter().map(parse).collect()
}
