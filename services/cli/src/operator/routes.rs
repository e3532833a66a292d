//! The operator's routes of a running `fabric up`.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use fabric::{
    Actor, ActorId, Adapters, Descriptor, EventId, Fabric, Pattern, Role, ServiceName, Topic,
    config::Config,
    core::{name::CorrelationId, topology::Topology},
    host::Host,
    http::Problem,
    identity::Identity,
    runtime::{activity::Activity, observer::Watched},
};
use futures_util::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{Of, ROLE, Seen, Told, parked, pauses};
use crate::{
    Outcome,
    commands::import::{ImportLine, import_into},
    exit::Failure,
    platform,
};

/// What the routes work on.
#[derive(Clone)]
pub struct Operator {
    /// The services' handles.
    pub fabrics: Arc<BTreeMap<ServiceName, Fabric>>,
    /// The broker and the cache.
    pub adapters: Adapters,
    /// What is going on.
    pub activity: Arc<Activity>,
    /// The handle of the service that the fabric's own events belong to.
    pub platform: Fabric,
    /// What the services need on the broker.
    pub topology: Arc<Topology>,
    /// Every subscription that runs here, with its queues.
    pub watched: Arc<[Watched]>,
    /// The limits of an import.
    pub config: Arc<Config>,
}

impl Operator {
    /// What an operator can do with services that run in this process.
    pub fn of(host: &Host, config: &Arc<Config>) -> Outcome<Self> {
        Ok(Self {
            platform: platform::platform_of(host)?,
            topology: Arc::new(host.topology().clone()),
            fabrics: Arc::new(host.fabrics()),
            adapters: host.adapters().clone(),
            activity: Arc::clone(host.activity()),
            watched: host.watched().into(),
            config: Arc::clone(config),
        })
    }

    /// The handle of the service that owns an event.
    pub fn owner(&self, descriptor: &Descriptor) -> Outcome<&Fabric> {
        self.service(descriptor.owner)
    }

    /// The handle of a service that runs here.
    pub fn service(&self, name: &str) -> Outcome<&Fabric> {
        let fabric = self.fabrics.iter().find(|(other, _)| other.as_str() == name).map(|(_, fabric)| fabric);
        fabric.ok_or_else(|| Failure::Refused(format!("the service {name} does not run here")))
    }
}

/// What an import is asked to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportRequest {
    /// The bundle, as an absolute path on the machine that `fabric up` runs on.
    pub path: PathBuf,
    /// Where rejected rows go, likewise.
    pub rejects: PathBuf,
}

/// The operator's routes.
pub fn router(operator: Operator) -> Router {
    Router::new()
        .route("/operator/publish", post(publish))
        .route("/operator/last", get(last))
        .route("/operator/tail", get(tail))
        .route("/operator/import", post(import))
        .merge(parked::router())
        .merge(pauses::router())
        .with_state(operator)
}

#[derive(Deserialize)]
struct PublishQuery {
    topic: String,
    /// For whom the operator acts, and in which role. Without a role the service that owns the event publishes by itself.
    actor: Option<ActorId>,
    role: Option<Role>,
    id: Option<EventId>,
    time: Option<Timestamp>,
    correlation: Option<CorrelationId>,
}

#[derive(Deserialize)]
struct EventsQuery {
    pattern: String,
    recent: Option<usize>,
    #[serde(default)]
    reveal: bool,
}

async fn publish(
    State(operator): State<Operator>,
    identity: Identity,
    Query(query): Query<PublishQuery>,
    body: Bytes,
) -> Result<Json<super::PublishReply>, Problem> {
    require_operator(&identity)?;
    let topic = Topic::try_new(&query.topic).map_err(|error| problem(&Failure::Refused(error.to_string())))?;
    let descriptor = super::descriptor(&topic).map_err(|failure| problem(&failure))?;
    let fabric = operator.owner(descriptor).map_err(|failure| problem(&failure))?;
    let Identity { tenant, actor: operator } = identity;
    let actor = query.role.map(|role| Actor { id: query.actor.unwrap_or(operator.id), role });
    let told = Told { id: query.id, time: query.time, correlation: query.correlation };
    super::publish(fabric, descriptor, body, Of { tenant, actor, told })
        .await
        .map(Json)
        .map_err(|failure| problem(&failure))
}

async fn last(
    State(operator): State<Operator>,
    identity: Identity,
    Query(query): Query<EventsQuery>,
) -> Result<Json<Vec<Seen>>, Problem> {
    require_operator(&identity)?;
    let pattern = pattern(&query.pattern)?;
    super::last(operator.adapters.cache.as_ref(), identity.tenant, pattern, query.recent, query.reveal)
        .await
        .map(Json)
        .map_err(|failure| problem(&failure))
}

/// One JSON object a line, for as long as the client reads.
async fn tail(
    State(operator): State<Operator>,
    identity: Identity,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Problem> {
    require_operator(&identity)?;
    let tap = super::tap(operator.adapters.broker.as_ref(), &pattern(&query.pattern)?)
        .await
        .map_err(|failure| problem(&failure))?;
    let lines = stream::unfold((tap, identity.tenant), move |(mut tap, tenant)| async move {
        let seen = super::next_seen(tap.as_mut(), &tenant, query.reveal).await?;
        Some((json_line(&seen), (tap, tenant)))
    });
    Ok(lines_response(Body::from_stream(lines)))
}

/// One JSON object a line: progress, and in the end the report or the error.
async fn import(
    State(operator): State<Operator>,
    identity: Identity,
    Json(request): Json<ImportRequest>,
) -> Result<Response, Problem> {
    require_operator(&identity)?;
    let (sender, receiver) = mpsc::channel::<ImportLine>(64);
    tokio::spawn(async move { import_into(&operator, &identity.tenant, request, sender).await });
    let lines =
        stream::unfold(receiver, |mut receiver| async move { Some((json_line(&receiver.recv().await?), receiver)) });
    Ok(lines_response(Body::from_stream(lines)))
}

pub(super) fn json_line(value: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line.into())
}

pub(super) fn lines_response(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

fn pattern(text: &str) -> Result<Pattern, Problem> {
    Pattern::try_new(text).map_err(|error| problem(&Failure::Refused(error.to_string())))
}

pub(super) fn require_operator(identity: &Identity) -> Result<(), Problem> {
    if identity.actor.role.as_str() == ROLE { Ok(()) } else { Err(Problem::forbidden("only an operator may do this")) }
}

/// A failure as HTTP says it; [`super::Client`] turns it back.
pub(super) fn problem(failure: &Failure) -> Problem {
    let (status, code) = match failure {
        Failure::Refused(_) | Failure::Usage(_) => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
        Failure::Unreachable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unreachable"),
        Failure::Unknown(_) => (StatusCode::GATEWAY_TIMEOUT, "unknown"),
        Failure::NotReady(_) => (StatusCode::CONFLICT, "not_ready"),
        Failure::Drifted(_) => (StatusCode::FAILED_DEPENDENCY, "drifted"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
    };
    Problem::new(status, code, failure.to_string())
}
