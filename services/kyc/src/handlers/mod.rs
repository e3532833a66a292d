//! What the service does when something happens. Each module is one subscription.

pub mod document_verification;
pub mod identity_verification;

use fabric::EventId;

/// The id of a handler's reaction to an event, about one thing: the same however often the event comes, so that reacting twice is
/// reacting once.
fn reaction_id(handler: &str, cause: EventId, about: &str) -> EventId {
    EventId::of_producer(handler, &format!("reaction to {cause} about {about}"))
}
