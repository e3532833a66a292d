//! What the service does when something happens. Each module is one subscription, or two that keep the same thing.

pub mod deactivation;
pub mod demographic_data;
pub mod enrollment;
pub mod family;
pub mod profile;
pub mod projection;
pub mod verified_role;

use fabric::{Context, Moment, ReadModel};

use crate::{State, model::Model};

/// Changes the model of the event's tenant.
fn update<R>(context: &Context<State>, change: impl FnOnce(&mut Model, Moment) -> R) -> R {
    let at = context.moment();
    context.state().update(context.tenant(), |model| change(model, at))
}
