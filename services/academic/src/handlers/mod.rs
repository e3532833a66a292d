//! The handlers: each takes in what an event says, asks a model what follows, and publishes that.
//!
//! A reaction is published first and remembered as published afterwards. When publishing fails the handler fails, the event comes
//! again, and the model still says that the reaction is due. The reaction's id follows from the event that caused it, so what was
//! published although it seemed to fail is recognised by whoever handles it.

pub mod analytics;
pub mod audit;
pub mod averages;
pub mod grades;
pub mod interventions;
pub mod rostering;

use fabric::{Context, Event, EventId, Fault, PublishFailure};
use fabric_catalog::values::{Id, InvalidValue};
use jiff::Timestamp;

use crate::models::Models;

/// What every handler gets besides the event.
pub type Academic = Context<Models>;

/// Publishes a reaction to the event in hand, as it was at a time. `part` tells apart several reactions of one topic.
async fn react<E: Event>(context: &Academic, event: E, part: &str, at: Timestamp) -> Result<(), Fault> {
    let id = reaction_id(context.metadata().id, E::TOPIC, part);
    match context.publish(event).id(id).at(at).await {
        Ok(_routed_or_kept) => Ok(()),
        Err(PublishFailure::Rejected(rejected)) => Err(Fault::permanent(rejected)),
        Err(unconfirmed @ PublishFailure::Unconfirmed(_)) => Err(unconfirmed.into()),
    }
}

/// The id of a reaction. The text given is not a UUID, which would be taken as the id itself.
fn reaction_id(cause: EventId, topic: &str, part: &str) -> EventId {
    EventId::of_producer("academic", &format!("{cause}/{topic}/{part}"))
}

/// A new id that follows from the event that caused it.
fn id_because_of(cause: EventId, kind: &str) -> Result<Id, InvalidValue> {
    Id::try_new(format!("{kind}-{}", reaction_id(cause, kind, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_has_an_id_of_its_own_and_the_same_every_time() {
        let cause = EventId::from_parts(1, [7; 10]);
        let id = reaction_id(cause, "gradebook.average.calculated", "k-1");
        assert_eq!(id, reaction_id(cause, "gradebook.average.calculated", "k-1"));
        assert_ne!(id, cause);
        assert_ne!(id, reaction_id(cause, "gradebook.average.calculated", "k-2"));
        assert_ne!(id, reaction_id(cause, "gradebook.gpa.updated", "k-1"));
    }
}
