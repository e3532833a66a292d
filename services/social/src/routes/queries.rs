//! Queries: a member's feed and connections, for the member and for staff.

use axum::{
    Json,
    extract::{Path, Query, State as Extract},
};
use fabric::{
    http::{Problem, path_id},
    identity::Identity,
};
use fabric_catalog::values::Id;
use serde::Deserialize;

use super::{
    App,
    views::{ConnectionView, FeedView},
};
use crate::access;

/// How many posts are wanted.
#[derive(Deserialize)]
pub struct Page {
    #[serde(default = "page_length")]
    limit: usize,
}

fn page_length() -> usize {
    50
}

/// The newest posts that a member sees. `?limit=` says how many, 50 if it is not given.
pub async fn feed(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<FeedView>, Problem> {
    let member = own(&by, &id)?;
    Ok(Json(app.read(&by, |model| FeedView::of(model, member, page.limit))))
}

/// The connections that a member has, asked for, or had.
pub async fn connections(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
) -> Result<Json<Vec<ConnectionView>>, Problem> {
    let member = own(&by, &id)?;
    Ok(Json(app.read(&by, |model| model.connections_of(&member).map(ConnectionView::of).collect())))
}

fn own(by: &Identity, id: &str) -> Result<Id, Problem> {
    let member = path_id(id, "member")?;
    if access::is_self(by, &member) || access::is_staff(by) {
        Ok(member)
    } else {
        Err(Problem::forbidden("this is for the member and for staff"))
    }
}
