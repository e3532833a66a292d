//! The academic service: gradebook, rosters, interventions, and live counters of everything that happens.
//!
//! It is a value, [`service`]. What it remembers are the [`models`], changed by [`handlers`] with the pure functions of [`model`];
//! what people ask of it over HTTP are [`commands`], decided by pure functions too, which the OneRoster import uses as well.
//!
//! Feedback is cut in two places: a reaction is published only when it differs from what was published last, and no subscription
//! hears of what its own handler publishes, but the ones that only count.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod commands;
pub mod handlers;
pub mod model;
pub mod models;
mod routes;
mod subscriptions;

use fabric::{Descriptor, Service};

pub use models::Models;

/// The academic service.
pub fn service() -> Service<Models> {
    let service = Service::with_state("academic", Models::default()).publishes_all(published()).routes(routes::router);
    subscriptions::all().into_iter().fold(service, Service::subscribe)
}

/// The events of the catalogue that this service may publish.
fn published() -> impl Iterator<Item = Descriptor> {
    fabric_catalog::all().iter().copied().filter(|event| event.may_be_published_by("academic"))
}
