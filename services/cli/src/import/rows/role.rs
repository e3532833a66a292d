//! `roles.csv` (1.2): what people are at which organization. It becomes a part of the events of `users.csv`.

use fabric_catalog::values::Id;

use super::{Accepted, Memory};
use crate::import::{
    fault::{Fault, code},
    file::File,
    known::Held,
    row::{Row, Status},
};

pub fn read(row: &Row<'_>, id: Id) -> Result<Accepted, Fault> {
    let user_id = row.forward_reference("userSourcedId", File::Users)?;
    let is_primary = match row.required("roleType")? {
        "primary" => true,
        "secondary" => false,
        _ => return Err(Fault::new("roleType", code::BAD_ENUM, "must be one of `primary`, `secondary`")),
    };
    let held = Held {
        role: row.word("role")?,
        is_primary,
        begin_date: row.date_if("beginDate")?,
        end_date: row.date_if("endDate")?,
    };
    let org_id = row.reference("orgSourcedId", File::Orgs)?;
    row.last_modified()?;
    let memory = match row.status()? {
        Status::Active => Memory::Role { user_id, org_id, held },
        // What a person no longer is does not become a part of the person.
        Status::ToBeDeleted => Memory::Nothing,
    };
    Ok(Accepted { id, event: None, memory })
}
