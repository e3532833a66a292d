//! HTTP: commands are decided on the tenant's model and answered with the events that they caused; queries read the
//! model.

mod queries;
mod views;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State as Extract},
    routing::{get, patch, post},
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
    commands::{
        self, AddEmergencyContact, ChangeRole, DeactivateUser, LinkFamily, Linked, RegisterUser, UpdateProfile,
    },
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
        .route("/users", post(register))
        .route("/users/{id}", patch(update_profile).get(queries::user))
        .route("/users/{id}/deactivation", post(deactivate))
        .route("/users/{id}/roles", post(change_role))
        .route("/users/{id}/relatives", post(link_family))
        .route("/users/{id}/emergency-contacts", post(add_contact))
        .route("/users/{id}/family", get(queries::family))
        .route("/users/{id}/demographics", get(queries::demographics))
        .route("/classes/{id}/roster", get(queries::roster))
        .with_state(App { fabric, state })
}

async fn register(
    Extract(app): Extract<App>,
    by: Identity,
    Body(command): Body<RegisterUser>,
) -> Result<Accepted, Problem> {
    let event = app.read(&by, |model| commands::register(model, &by, command, app.now()))?;
    Accepted::default().publish(&app.fabric, &by, event).await
}

async fn update_profile(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
    Body(command): Body<UpdateProfile>,
) -> Result<Accepted, Problem> {
    let person = path_id(&id, "person")?;
    let event = app.read(&by, |model| commands::update_profile(model, &by, person, command, app.now()))?;
    Accepted::default().publish_if(&app.fabric, &by, event).await
}

async fn deactivate(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
    Body(command): Body<DeactivateUser>,
) -> Result<Accepted, Problem> {
    let person = path_id(&id, "person")?;
    let event = app.read(&by, |model| commands::deactivate(model, &by, person, command, app.now()))?;
    Accepted::default().publish(&app.fabric, &by, event).await
}

async fn change_role(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
    Body(command): Body<ChangeRole>,
) -> Result<Accepted, Problem> {
    let person = path_id(&id, "person")?;
    let event = app.read(&by, |model| commands::change_role(model, &by, person, command, app.now()))?;
    Accepted::default().publish_if(&app.fabric, &by, event).await
}

async fn link_family(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
    Body(command): Body<LinkFamily>,
) -> Result<Accepted, Problem> {
    let student = path_id(&id, "person")?;
    match app.read(&by, |model| commands::link(model, student, command, app.now()))? {
        Linked::New(event) => Accepted::default().publish(&app.fabric, &by, event).await,
        Linked::Changed(event) => Accepted::default().publish(&app.fabric, &by, event).await,
        Linked::Same => Ok(Accepted::default()),
    }
}

async fn add_contact(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
    Body(command): Body<AddEmergencyContact>,
) -> Result<Accepted, Problem> {
    let (student, contact) = (path_id(&id, "person")?, new_id::<Id>(&app.fabric)?);
    let event = app.read(&by, |model| commands::add_contact(model, &by, student, contact.clone(), command))?;
    Accepted::creating(contact).publish(&app.fabric, &by, event).await
}
