//! What the service does when something happens. Each module is one subscription, or two that keep the same thing.

pub mod deactivation;
pub mod demographic_data;
pub mod enrollment;
pub mod family;
pub mod profile;
pub mod projection;
pub mod verified_role;

use fabric::{Context, EventId, ReadModel};
use jiff::Timestamp;

use crate::{State, model::Model};

/// Changes the model of the event's tenant.
fn update(context: &Context<State>, change: impl FnOnce(&mut Model, Timestamp)) {
    let at = context.metadata().time;
    context.state().update(context.tenant(), |model| change(model, at));
}

/// The id of a handler's reaction to an event: the same however often the event comes, so that reacting twice is reacting once.
fn reaction_id(handler: &str, cause: EventId) -> EventId {
    EventId::of_producer(handler, &format!("reaction to {cause}"))
}
