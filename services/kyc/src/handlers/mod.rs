//! What the service does when something happens. Each module is one subscription.

pub mod document_verification;
pub mod identity_verification;

use fabric::{Context, Event, EventId, Fault, PublishFailure};

use crate::State;

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
    EventId::of_producer("kyc", &format!("{cause}/{topic}/{part}"))
}
