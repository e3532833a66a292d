//! The service `canteen`.
//!
//! | concept | module |
//! |---|---|
//! | what can happen | [`events`] |
//! | what the service does when something happens | [`handlers`] |
//! | what it remembers | [`model`] |

pub mod events;
pub mod handlers;
pub mod model;

use fabric::{InMemory, Service};

/// What the service remembers, for each tenant on its own.
pub type State = InMemory<model::Model>;

/// The service as a value: what it publishes and what it listens to. Its queues and its permissions follow from that.
pub fn service() -> Service<State> {
    Service::with_state("canteen", State::default())
        .publishes_all(events::ALL.iter().copied())
        // One line for each subscription.
        .subscribe(handlers::accounts::subscription())
        .subscribe(handlers::books::subscription())
        .subscribe(handlers::grades::subscription())
        .subscribe(handlers::kitchen_plan::subscription())
        .subscribe(handlers::lunch_log::subscription())
}
