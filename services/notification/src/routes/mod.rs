//! HTTP: commands are decided on the tenant's model and answered with the events that they caused; queries read the
//! model.

mod queries;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State as Extract},
    http::StatusCode,
    routing::{get, post, put},
};
use fabric::{
    Fabric, ReadModel,
    http::{Accepted, Body, Problem, new_id, path_id},
    identity::Identity,
};
use jiff::Timestamp;

use crate::{
    State, access,
    commands::{self, RequestNotification, TemplateWritten, UpdatePreference, UpdateTemplate},
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
        self.state.models.read(&by.tenant, reader)
    }

    fn now(&self) -> Timestamp {
        self.fabric.clock().now()
    }
}

/// The routes of the service.
pub fn router(fabric: Fabric, state: Arc<State>) -> Router {
    Router::new()
        .route("/notifications", post(request))
        .route("/notifications/{id}", get(queries::notification))
        .route("/templates/{name}", put(update_template))
        .route("/preferences/{person}", put(update_preference))
        .route("/inbox/{person}", get(queries::inbox))
        .route("/analytics/channels", get(queries::channels))
        .route("/analytics/engagement", get(queries::engagement))
        .with_state(App { fabric, state })
}

async fn request(
    Extract(app): Extract<App>,
    by: Identity,
    Body(command): Body<RequestNotification>,
) -> Result<Accepted, Problem> {
    let id = new_id(&app.fabric)?;
    let event = app.read(&by, |model| commands::request(model, command, id, app.now()))?;
    Accepted::creating(event.notification_id.clone()).publish(&app.fabric, &by, event).await
}

async fn update_template(
    Extract(app): Extract<App>,
    by: Identity,
    Path(name): Path<String>,
    Body(command): Body<UpdateTemplate>,
) -> Result<Accepted, Problem> {
    match app.read(&by, |model| commands::update_template(model, &name, command, app.now()))? {
        TemplateWritten::Created(event) => {
            Accepted::creating(event.template_id.clone()).publish(&app.fabric, &by, event).await
        }
        TemplateWritten::Updated(event) => Accepted::default().publish(&app.fabric, &by, event).await,
    }
}

async fn update_preference(
    Extract(app): Extract<App>,
    by: Identity,
    Path(person): Path<String>,
    Body(command): Body<UpdatePreference>,
) -> Result<StatusCode, Problem> {
    let person = path_id(&person, "person")?;
    if !access::is_self(&by, &person) {
        return Err(Problem::forbidden("only the person decides that"));
    }
    app.state.models.update(&by.tenant, |model| model.muted.insert(person, command.muted_channels));
    Ok(StatusCode::NO_CONTENT)
}
