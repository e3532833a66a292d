//! The answer to a command: the events that it caused.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use fabric::{Event, EventId, Fabric, Published, http::Problem, identity::Identity};
use fabric_catalog::values::Id;
use serde::Serialize;

/// The events that a command caused, none when everything is as wanted already, and the id of what it made, if it made
/// something.
#[derive(Debug, Default, Serialize)]
pub struct Accepted {
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Id>,
    events: Vec<Caused>,
}

#[derive(Debug, Serialize)]
struct Caused {
    id: EventId,
    topic: &'static str,
    outcome: &'static str,
}

impl Accepted {
    /// The answer to a command that makes something of this id.
    pub fn creating(id: Id) -> Self {
        Self { created: Some(id), events: Vec::new() }
    }

    /// Publishes an event for whoever asks, and waits until it is confirmed.
    pub async fn publish<E: Event>(mut self, fabric: &Fabric, by: &Identity, event: E) -> Result<Self, Problem> {
        let (id, outcome) = match fabric.publish(event).on_behalf_of(by).await? {
            Published::Routed(id) => (id, "routed"),
            Published::Unrouted(id) => (id, "unrouted"),
        };
        self.events.push(Caused { id, topic: E::TOPIC, outcome });
        Ok(self)
    }

    /// The same for an event that may not be needed.
    pub async fn publish_if<E: Event>(self, fabric: &Fabric, by: &Identity, event: Option<E>) -> Result<Self, Problem> {
        match event {
            Some(event) => self.publish(fabric, by, event).await,
            None => Ok(self),
        }
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self)).into_response()
    }
}
