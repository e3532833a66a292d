//! Whether people are who they say they are: documents are handed in, checked, reviewed, and decide a verification.
//!
//! The way of a verification: somebody asks to be verified for a role; hands in documents; each is checked by rules
//! ([`checks`]), which verify it, reject it or leave it to a person; once every document that the role needs is
//! verified, so is the identity ([`model::decide`]). What an identity rests on may be rejected or end later: then so
//! does the identity.
//!
//! | concept | module |
//! |---|---|
//! | the rules that a program can check | [`checks`] |
//! | what is remembered, and when an identity is verified | [`model`] |
//! | what people may ask for, and why it is refused | [`commands`] |
//! | what the service does when something happens | `handlers` |
//! | HTTP | `routes` |

mod access;
pub mod checks;
pub mod commands;
mod handlers;
pub mod model;
mod routes;

use fabric::{InMemory, Service, Subscription};
use fabric_catalog::kyc::{
    DocumentRejected, DocumentSubmitted, DocumentVerified, IdentityExpired, IdentityRejected,
    IdentityVerificationRequested, IdentityVerified, ReviewEscalated,
};

use handlers::{document_verification, identity_verification};

/// The read models of all tenants.
pub type State = InMemory<model::Model>;

/// The service as a value.
pub fn service() -> Service<State> {
    Service::with_state("kyc", State::default())
        .publishes::<DocumentRejected>()
        .publishes::<DocumentSubmitted>()
        .publishes::<DocumentVerified>()
        .publishes::<IdentityExpired>()
        .publishes::<IdentityRejected>()
        .publishes::<IdentityVerificationRequested>()
        .publishes::<IdentityVerified>()
        .publishes::<ReviewEscalated>()
        // A decision about a document must not overtake another, and not go on without one that is parked.
        .subscribe(
            Subscription::new("document_verification")
                .hold_key_on_park()
                .on(document_verification::submitted)
                .on(document_verification::escalated),
        )
        .subscribe(
            Subscription::new("identity_verification")
                .hold_key_on_park()
                .on(identity_verification::requested)
                .on(identity_verification::document_verified)
                .on(identity_verification::document_rejected)
                .on(identity_verification::document_expired),
        )
        .routes(routes::router)
}
