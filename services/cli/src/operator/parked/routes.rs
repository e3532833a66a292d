//! The routes for parked events of a running `fabric up`.

use axum::{
    Json, Router,
    body::Body,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use fabric::{SubscriptionName, core::parked::Select, http::Problem, identity::Identity};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{Desk, DropRequest, Dropped, EditRequest, Edited, Listed, RedriveRequest, Shown, Step};
use crate::{
    Outcome,
    exit::Failure,
    operator::{
        Operator,
        routes::{json_line, lines_response, problem, require_operator},
    },
};

/// Which of a subscription's parked events, for looking at what a redrive would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlanRequest {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Which of its parked events.
    pub select: Select,
}

#[derive(Deserialize)]
struct ListQuery {
    subscription: Option<SubscriptionName>,
}

#[derive(Deserialize)]
struct ShowQuery {
    subscription: SubscriptionName,
    id: String,
    #[serde(default)]
    reveal: bool,
}

/// The routes.
pub fn router() -> Router<Operator> {
    Router::new()
        .route("/operator/parked", get(list))
        .route("/operator/parked/event", get(show))
        .route("/operator/parked/edit", post(edit))
        .route("/operator/parked/plan", post(plan))
        .route("/operator/parked/redrive", post(redrive))
        .route("/operator/parked/drop", post(drop_parked))
}

pub(in crate::operator) type Answer<T> = Result<Json<T>, Problem>;

/// Does something to its end, even when the client goes meanwhile: an act is not cut off between two of its steps.
pub(in crate::operator) async fn answer<T: Send + 'static>(
    act: impl Future<Output = Outcome<T>> + Send + 'static,
) -> Answer<T> {
    let done = tokio::spawn(act).await.map_err(|error| Failure::Other(error.to_string()));
    done.and_then(|done| done).map(Json).map_err(|failure| problem(&failure))
}

pub(in crate::operator) fn desk(operator: &Operator, identity: Identity) -> Result<Desk, Problem> {
    require_operator(&identity)?;
    Ok(Desk::of(operator, identity.tenant, identity.actor))
}

async fn list(
    State(operator): State<Operator>,
    identity: Identity,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<Listed>> {
    let desk = desk(&operator, identity)?;
    answer(async move { desk.list(query.subscription.as_ref()).await }).await
}

async fn show(State(operator): State<Operator>, identity: Identity, Query(query): Query<ShowQuery>) -> Answer<Shown> {
    let desk = desk(&operator, identity)?;
    answer(async move { desk.show(&query.subscription, &query.id, query.reveal).await }).await
}

async fn edit(
    State(operator): State<Operator>,
    identity: Identity,
    Json(request): Json<EditRequest>,
) -> Answer<Edited> {
    let desk = desk(&operator, identity)?;
    answer(async move { desk.edit(request).await }).await
}

async fn plan(
    State(operator): State<Operator>,
    identity: Identity,
    Json(request): Json<PlanRequest>,
) -> Answer<Vec<Step>> {
    let desk = desk(&operator, identity)?;
    answer(async move { desk.plan_redrive(&request.subscription, &request.select).await }).await
}

/// One JSON object a line: progress, and in the end the report or the error. It stops when the client goes.
async fn redrive(
    State(operator): State<Operator>,
    identity: Identity,
    Json(request): Json<RedriveRequest>,
) -> Result<Response, Problem> {
    let desk = desk(&operator, identity)?;
    let (sender, receiver) = mpsc::channel(64);
    tokio::spawn(async move { desk.redrive(request, sender).await });
    let lines =
        stream::unfold(receiver, |mut receiver| async move { Some((json_line(&receiver.recv().await?), receiver)) });
    Ok(lines_response(Body::from_stream(lines)))
}

async fn drop_parked(
    State(operator): State<Operator>,
    identity: Identity,
    Json(request): Json<DropRequest>,
) -> Answer<Dropped> {
    let desk = desk(&operator, identity)?;
    answer(async move { desk.drop_parked(request).await }).await
}
