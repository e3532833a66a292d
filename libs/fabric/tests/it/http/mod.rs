//! What services say over HTTP.

mod access;
mod health;
mod metrics;
mod problems;
mod serving;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use fabric::{
    Fabric, Pattern, Service,
    http::{Body, Problem},
    identity::Identity,
};
use fabric_testkit::harness::{Harness, Setup};
use serde_json::{Value, json};

use crate::sample::{Act, BellRung, MarkGiven, School, marks, school};

/// The school with routes: a command, a query, and one that takes its time.
fn routes(fabric: Fabric, _: Arc<School>) -> Router {
    Router::new()
        .route("/marks", post(give_mark).get(last_marks))
        .route("/bells/{tower}", post(ring))
        .route("/rooms/{number}", get(async |Path(number): Path<u16>| Json(json!({ "room": number }))))
        .route("/late", get(std::future::pending::<()>))
        .with_state(fabric)
}

async fn give_mark(
    State(fabric): State<Fabric>,
    identity: Identity,
    Body(mark): Body<MarkGiven>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let published = fabric.publish(mark).on_behalf_of(&identity).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": published.id() }))))
}

async fn last_marks(State(fabric): State<Fabric>, identity: Identity) -> Result<Json<Value>, Problem> {
    let last = fabric.last(identity.tenant, Pattern::everything()).await?;
    let marks = last.iter().filter_map(|last| last.event.payload::<MarkGiven>().ok());
    Ok(Json(json!(marks.map(|mark| mark.points).collect::<Vec<u16>>())))
}

async fn ring(
    State(fabric): State<Fabric>,
    identity: Identity,
    Path(tower): Path<String>,
) -> Result<StatusCode, Problem> {
    fabric.publish(BellRung { tower }).on_behalf_of(&identity).await?;
    Ok(StatusCode::ACCEPTED)
}

/// A school with routes whose handlers follow the script.
fn school_with_routes(script: &[Act]) -> (Service<School>, Arc<School>) {
    let (service, state) = school(School::following(script), marks().concurrency(1).prefetch(2));
    (service.routes(routes), state)
}

async fn start() -> Harness {
    Harness::start_with(school_with_routes(&[]).0, Setup::default()).await
}
