//! Members post, comment and connect; each has a feed that follows from it.
//!
//! | concept | module |
//! |---|---|
//! | what is remembered, how events change it, and what a feed is | [`model`] |
//! | what members may ask for, and why it is refused | [`commands`] |
//! | what the service does when something happens | `handlers` |
//! | HTTP | `routes` |

mod access;
pub mod commands;
mod handlers;
pub mod model;
mod routes;

use fabric::{InMemory, Service, Subscription};
use fabric_catalog::social::{CommentAdded, ConnectionAccepted, ConnectionRequested, PostCreated, PostDeleted};

use handlers::{class_membership, feed};

/// The read models of all tenants.
pub type State = InMemory<model::Model>;

/// The service as a value.
pub fn service() -> Service<State> {
    Service::with_state("social", State::default())
        .publishes::<CommentAdded>()
        .publishes::<ConnectionAccepted>()
        .publishes::<ConnectionRequested>()
        .publishes::<PostCreated>()
        .publishes::<PostDeleted>()
        .subscribe(
            Subscription::new("feed_projection")
                .on(feed::post_created)
                .on(feed::post_edited)
                .on(feed::post_deleted)
                .on(feed::comment_added)
                .on(feed::comment_edited)
                .on(feed::comment_deleted)
                .on(feed::connection_requested)
                .on(feed::connection_accepted)
                .on(feed::connection_declined)
                .on(feed::connection_removed),
        )
        .subscribe(
            Subscription::new("class_membership")
                .on(class_membership::joined)
                .on(class_membership::changed)
                .on(class_membership::left),
        )
        .routes(routes::router)
}
