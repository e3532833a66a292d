//! `orgs.csv`.

use academic::commands::create_organization::{CreateOrganization, decide};
use fabric_catalog::values::Id;

use super::{Accepted, accept, refuse_deletion};
use crate::import::{fault::Fault, file::File, row::Row};

pub fn read(row: &Row<'_>, id: Id) -> Result<Accepted, Fault> {
    refuse_deletion(row)?;
    let command = CreateOrganization {
        org_id: id.clone(),
        name: row.required("name")?.to_owned(),
        org_type: row.word("type")?,
        identifier: row.text("identifier").map(str::to_owned),
        parent_id: row.forward_reference_if("parentSourcedId", File::Orgs)?,
        source_modified_at: row.last_modified()?,
    };
    accept(row, id, decide(row.known, command))
}
