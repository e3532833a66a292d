//! The answer to a command: the events that it caused.

use std::fmt::Display;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use fabric_core::{Event, EventId};
use fabric_runtime::publisher::Published;
use serde::Serialize;

use super::Problem;
use crate::{handle::Fabric, identity::Identity};

/// The events that a command caused, none when everything is as wanted already, and the id of what it made, if it made something.
/// As a response it has the status 202: the events are confirmed, what follows from them comes a moment later.
///
/// ```json
/// { "created": "c-1", "events": [{ "id": "0197…", "topic": "library.card.issued", "outcome": "routed" }] }
/// ```
///
/// A route that answers with it:
///
/// ```
/// use fabric::{Event, Fabric, http::{Accepted, Problem}, identity::Identity};
/// # use garde::Validate;
/// # use serde::{Deserialize, Serialize};
/// # /// A pupil got a card.
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, Event)]
/// # #[event(topic = "library.card.issued", key = "card")]
/// # #[garde(allow_unvalidated)]
/// # struct CardIssued { card: String }
///
/// async fn issue_card(fabric: Fabric, by: Identity, card: String) -> Result<Accepted, Problem> {
///     Accepted::creating(&card).publish(&fabric, &by, CardIssued { card }).await
/// }
/// ```
#[derive(Debug, Default, Serialize)]
pub struct Accepted {
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
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
    pub fn creating(id: impl Display) -> Self {
        Self { created: Some(id.to_string()), events: Vec::new() }
    }

    /// Publishes an event for whoever asks, and waits until it is confirmed. Fails as publishing does.
    pub async fn publish<E: Event>(self, fabric: &Fabric, by: &Identity, event: E) -> Result<Self, Problem> {
        Ok(self.with(E::TOPIC, fabric.publish(event).on_behalf_of(by).await?))
    }

    /// The same for an event that may not be needed.
    pub async fn publish_if<E: Event>(self, fabric: &Fabric, by: &Identity, event: Option<E>) -> Result<Self, Problem> {
        match event {
            Some(event) => self.publish(fabric, by, event).await,
            None => Ok(self),
        }
    }

    fn with(mut self, topic: &'static str, published: Published) -> Self {
        let outcome = match published {
            Published::Routed(_) => "routed",
            Published::Unrouted(_) => "unrouted",
        };
        self.events.push(Caused { id: published.id(), topic, outcome });
        self
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_answer_names_what_was_made_and_what_was_published() {
        let id = EventId::from_parts(1, [7; 10]);
        let events = json!([
            { "id": id, "topic": "a.b.c", "outcome": "routed" },
            { "id": id, "topic": "d.e.f", "outcome": "unrouted" },
        ]);
        let published =
            |answer: Accepted| answer.with("a.b.c", Published::Routed(id)).with("d.e.f", Published::Unrouted(id));
        let table = [
            (Accepted::default(), json!({ "events": [] })),
            (published(Accepted::default()), json!({ "events": events })),
            (published(Accepted::creating("c-1")), json!({ "created": "c-1", "events": events })),
        ];
        for (answer, expected) in table {
            assert_eq!(serde_json::to_value(&answer).unwrap(), expected);
            assert_eq!(answer.into_response().status(), StatusCode::ACCEPTED);
        }
    }
}
