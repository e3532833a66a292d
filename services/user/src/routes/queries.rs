//! Queries. Whoever may not see something learns neither what it is nor whether it is there.

use axum::{
    Json,
    extract::{Path, State as Extract},
};
use fabric::{
    http::{Problem, path_id},
    identity::Identity,
};
use fabric_catalog::{demographics::DemographicDataUpdated, values::Id};

use super::{
    App,
    views::{FamilyView, RosterView, UserView},
};
use crate::access;

/// A person's profile and account: for the person and for staff.
pub async fn user(Extract(app): Extract<App>, by: Identity, Path(id): Path<String>) -> Result<Json<UserView>, Problem> {
    let id = path_id(&id, "person")?;
    self_or_staff(&by, &id)?;
    let view = app.read(&by, |model| model.member(&id).map(|member| UserView::of(&id, member)));
    view.map(Json).ok_or_else(|| Problem::not_found("person"))
}

/// A student's relatives and emergency contacts: for the student, a legal guardian, and staff.
pub async fn family(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
) -> Result<Json<FamilyView>, Problem> {
    let id = path_id(&id, "person")?;
    app.read(&by, |model| {
        let family = model.family(&id);
        let is_guardian = || access::id_of(&by).is_some_and(|by| family.is_some_and(|family| family.has_guardian(&by)));
        if !access::is_self(&by, &id) && !access::is_staff(&by) && !is_guardian() {
            return Err(Problem::forbidden("this is for the student, a legal guardian and staff"));
        }
        model.member(&id).ok_or_else(|| Problem::not_found("person"))?;
        Ok(Json(family.map(FamilyView::of).unwrap_or_default()))
    })
}

/// A person's demographic data: for the person and for those who keep the records.
pub async fn demographics(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
) -> Result<Json<DemographicDataUpdated>, Problem> {
    let id = path_id(&id, "person")?;
    if !access::is_self(&by, &id) && !access::keeps_records(&by) {
        return Err(Problem::forbidden("this is for the person and for those who keep the records"));
    }
    let data = app.read(&by, |model| model.demographics(&id).cloned());
    data.map(Json).ok_or_else(|| Problem::not_found("demographic data"))
}

/// Who is in a class: for its teachers and for staff.
pub async fn roster(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
) -> Result<Json<RosterView>, Problem> {
    let class = path_id(&id, "class")?;
    app.read(&by, |model| {
        let roster = model.roster(&class);
        let teaches = || access::id_of(&by).is_some_and(|by| roster.is_some_and(|roster| roster.has_teacher(&by)));
        if !access::is_staff(&by) && !teaches() {
            return Err(Problem::forbidden("this is for the class's teachers and for staff"));
        }
        let roster = roster.ok_or_else(|| Problem::not_found("class"))?;
        Ok(Json(RosterView::of(class, roster, model)))
    })
}

fn self_or_staff(by: &Identity, person: &Id) -> Result<(), Problem> {
    if access::is_self(by, person) || access::is_staff(by) {
        Ok(())
    } else {
        Err(Problem::forbidden("this is for the person and for staff"))
    }
}
