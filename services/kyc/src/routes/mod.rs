//! HTTP: commands are decided on the tenant's model and answered with the events that they caused; queries read the
//! model.

mod identity;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State as Extract},
    routing::{get, post},
};
use fabric::{
    Fabric, ReadModel,
    http::{Accepted, Body, Problem, new_id, path_id},
    identity::Identity,
};
use jiff::Timestamp;

use crate::{
    State,
    commands::{self, RequestIdentityVerification, ReviewDocument, Reviewed, SubmitDocument},
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
        .route("/documents", post(submit))
        .route("/documents/{id}/review", post(review))
        .route("/identities", post(request_verification))
        .route("/identities/{person}", get(identity::identity))
        .with_state(App { fabric, state })
}

async fn submit(
    Extract(app): Extract<App>,
    by: Identity,
    Body(command): Body<SubmitDocument>,
) -> Result<Accepted, Problem> {
    let id = new_id(&app.fabric)?;
    let event = app.read(&by, |model| commands::submit(model, &by, command, id, app.now()))?;
    Accepted::creating(event.document_id.clone()).publish(&app.fabric, &by, event).await
}

async fn review(
    Extract(app): Extract<App>,
    by: Identity,
    Path(id): Path<String>,
    Body(command): Body<ReviewDocument>,
) -> Result<Accepted, Problem> {
    let (document, review) = (path_id(&id, "document")?, new_id(&app.fabric)?);
    let reviewed = app.read(&by, |model| commands::review(model, &by, document, command, review, app.now()))?;
    let answer = Accepted::default();
    match reviewed {
        Reviewed::Verified(event) => answer.publish(&app.fabric, &by, event).await,
        Reviewed::Rejected(event) => answer.publish(&app.fabric, &by, event).await,
        Reviewed::Escalated(event) => answer.publish(&app.fabric, &by, event).await,
    }
}

async fn request_verification(
    Extract(app): Extract<App>,
    by: Identity,
    Body(command): Body<RequestIdentityVerification>,
) -> Result<Accepted, Problem> {
    let id = new_id(&app.fabric)?;
    let event = app.read(&by, |model| commands::request_verification(model, &by, command, id, app.now()))?;
    Accepted::creating(event.identity_id.clone()).publish(&app.fabric, &by, event).await
}
