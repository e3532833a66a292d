//! What the service does when something happens. Each module is one subscription, or two that keep the same thing.

pub mod deactivation;
pub mod demographic_data;
pub mod enrollment;
pub mod family;
pub mod profile;
pub mod projection;
pub mod verified_role;

use fabric::{Context, Event, EventId, Fault, PublishFailure, ReadModel};
use jiff::Timestamp;

use crate::{State, model::Model};

/// Changes the model of the event's tenant.
fn update(context: &Context<State>, change: impl FnOnce(&mut Model, Timestamp)) {
    let at = context.metadata().time;
    context.state().update(context.tenant(), |model| change(model, at));
}

/// Publishes a reaction to the event in hand. `part` tells apart several reactions of one topic.
async fn react<E: Event>(context: &Context<State>, event: E, part: &str) -> Result<(), Fault> {
    let id = reaction_id(context.metadata().id, E::TOPIC, part);
    match context.publish(event).id(id).await {
        Ok(_routed_or_kept) => Ok(()),
        Err(PublishFailure::Rejected(rejected)) => Err(Fault::permanent(rejected)),
        Err(unconfirmed @ PublishFailure::Unconfirmed(_)) => Err(unconfirmed.into()),
    }
}

/// The id of a reaction: the same however often the event comes, so that reacting twice is reacting once. The text
/// given is not a UUID, which would be taken as the id itself.
fn reaction_id(cause: EventId, topic: &str, part: &str) -> EventId {
    EventId::of_producer("user", &format!("{cause}/{topic}/{part}"))
}
