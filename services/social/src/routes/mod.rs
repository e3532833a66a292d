//! HTTP: commands are decided on the tenant's model and answered with the events that they caused; queries read the
//! model.

mod queries;
mod views;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State as Extract},
    routing::{delete, get, post},
};
use fabric::{
    Fabric, ReadModel,
    http::{Accepted, Body, Problem, new_id, path_id},
    identity::Identity,
};
use fabric_catalog::values::Id;
use jiff::Timestamp;

use crate::{
    State,
    commands::{self, AddComment, CreatePost, RequestConnection},
    model::Model,
};

/// What every route works with.
#[derive(Clone)]
struct App {
    fabric: Fabric,
    state: Arc<State>,
}

impl App {
    fn read<R>(&self, by: &Identity, reader: impl FnOnce(&Model) -> R) -> R {
        self.state.read(&by.tenant, reader)
    }

    fn now(&self) -> Timestamp {
        self.fabric.clock().now()
    }
}

/// The routes of the service.
pub fn router(fabric: Fabric, state: Arc<State>) -> Router {
    Router::new()
        .route("/posts", post(create_post))
        .route("/posts/{id}", delete(delete_post))
        .route("/posts/{id}/comments", post(add_comment))
        .route("/connections", post(request_connection))
        .route("/connections/{id}/acceptance", post(accept_connection))
        .route("/members/{id}/feed", get(queries::feed))
        .route("/members/{id}/connections", get(queries::connections))
        .with_state(App { fabric, state })
}

async fn create_post(
    Extract(app): Extract<App>,
    by: Identity,
    Body(command): Body<CreatePost>,
) -> Result<Accepted, Problem> {
    let (author, id) = (member(&by)?, new_id::<Id>(&app.fabric)?);
    let event = app.read(&by, |model| commands::create_post(model, &by, author, id.clone(), command, app.now()))?;
    Accepted::creating(id).publish(&app.fabric, &by, event).await
}

async fn delete_post(Extract(app): Extract<App>, by: Identity, Path(id): Path<String>) -> Result<Accepted, Problem> {
    let (deleter, post) = (member(&by)?, path_id(&id, "post")?);
    let event = app.read(&by, |model| commands::delete_post(model, &by, deleter, post, app.now()))?;
    Accepted::default().publish(&app.fabric, &by, event).await
}

async fn add_comment(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
    Body(command): Body<AddComment>,
) -> Result<Accepted, Problem> {
    let (author, post, id) = (member(&by)?, path_id(&id, "post")?, new_id::<Id>(&app.fabric)?);
    let event =
        app.read(&by, |model| commands::add_comment(model, &by, author, post, id.clone(), command, app.now()))?;
    Accepted::creating(id).publish(&app.fabric, &by, event).await
}

async fn request_connection(
    Extract(app): Extract<App>,
    by: Identity,
    Body(command): Body<RequestConnection>,
) -> Result<Accepted, Problem> {
    let (requester, id) = (member(&by)?, new_id::<Id>(&app.fabric)?);
    let event =
        app.read(&by, |model| commands::request_connection(model, requester, id.clone(), command, app.now()))?;
    Accepted::creating(id).publish(&app.fabric, &by, event).await
}

async fn accept_connection(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
) -> Result<Accepted, Problem> {
    let (addressee, connection) = (member(&by)?, path_id(&id, "connection")?);
    let event = app.read(&by, |model| commands::accept_connection(model, &addressee, connection, app.now()))?;
    Accepted::default().publish(&app.fabric, &by, event).await
}

/// Whoever asks, as a member. An actor's id always is an id.
fn member(by: &Identity) -> Result<Id, Problem> {
    Id::try_new(by.actor.id.as_str()).map_err(|_| Problem::forbidden("whoever asks is not a member"))
}
