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

use fabric::Context;
use fabric_catalog::values::{Id, InvalidValue};

use crate::models::Models;

/// What every handler gets besides the event.
pub type Academic = Context<Models>;

/// A new id that follows from the event in hand.
fn id_because_of(context: &Academic, kind: &str) -> Result<Id, InvalidValue> {
    Id::try_new(format!("{kind}-{}", context.id_for(kind, "")))
}
