//! `enrollments.csv`.

use fabric_catalog::{
    demographics::{EnrollmentCreated, EnrollmentEnded},
    values::Id,
};
use user::commands::import::{EnrollUser, enroll_user};

use super::{Accepted, accept, accept_event};
use crate::import::{
    fault::Fault,
    file::File,
    row::{Row, Status},
};

pub fn read(row: &Row<'_>, id: Id) -> Result<Accepted, Fault> {
    let event = EnrollmentCreated {
        enrollment_id: id.clone(),
        class_id: row.reference("classSourcedId", File::Classes)?,
        user_id: row.reference("userSourcedId", File::Users)?,
        school_id: row.reference("schoolSourcedId", File::Orgs)?,
        role: row.word("role")?,
        primary: row.flag_if("primary")?,
        begin_date: row.date_if("beginDate")?,
        end_date: row.date_if("endDate")?,
        source_modified_at: row.last_modified()?,
    };
    match row.status()? {
        Status::Active => accept(row, id, enroll_user(row.known, EnrollUser(event))),
        Status::ToBeDeleted => {
            let EnrollmentCreated { enrollment_id, class_id, user_id, school_id, role, begin_date, end_date, .. } =
                event;
            let reason = None;
            let ended =
                EnrollmentEnded { enrollment_id, class_id, user_id, school_id, role, begin_date, end_date, reason };
            accept_event(row, id, ended)
        }
    }
}
