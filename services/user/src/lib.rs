//! Who is who: people as the school knows them, their accounts, rosters, families and emergency contacts.
//!
//! | concept | module |
//! |---|---|
//! | what is remembered, and how events change it | [`model`] |
//! | what people may ask for, and why it is refused | [`commands`] |
//! | what the service does when something happens | `handlers` |
//! | HTTP | `routes` |

mod access;
pub mod commands;
mod handlers;
pub mod model;
mod routes;

use fabric::{InMemory, Service, Subscription};
use fabric_catalog::{
    demographics::{
        DemographicDataUpdated, EmergencyContactAdded, EnrollmentCreated, FamilyRelationshipCreated,
        FamilyRelationshipUpdated, UserCreated, UserDeactivated,
    },
    user::{AccountDeactivated, AccountRegistered, ProfileUpdated, RoleChanged},
};

use handlers::{deactivation, demographic_data, enrollment, family, profile, projection, verified_role};

/// The read models of all tenants.
pub type State = InMemory<model::Model>;

/// The service as a value.
pub fn service() -> Service<State> {
    Service::with_state("user", State::default())
        .publishes::<AccountDeactivated>()
        .publishes::<AccountRegistered>()
        .publishes::<DemographicDataUpdated>()
        .publishes::<EmergencyContactAdded>()
        .publishes::<EnrollmentCreated>()
        .publishes::<FamilyRelationshipCreated>()
        .publishes::<FamilyRelationshipUpdated>()
        .publishes::<ProfileUpdated>()
        .publishes::<RoleChanged>()
        .publishes::<UserCreated>()
        .publishes::<UserDeactivated>()
        .subscribe(
            Subscription::new("user_profile")
                .on(profile::created)
                .on(profile::updated)
                .on(profile::deactivated)
                .on(profile::changed_by_holder),
        )
        .subscribe(
            Subscription::new("enrollment").on(enrollment::created).on(enrollment::updated).on(enrollment::ended),
        )
        .subscribe(Subscription::new("family_relationship").on(family::linked).on(family::changed).on(family::removed))
        .subscribe(Subscription::new("emergency_contact").on(family::contact_added).on(family::contact_updated))
        .subscribe(Subscription::new("demographic_data").on(demographic_data::updated))
        .subscribe(
            Subscription::new("user_deactivation")
                .on(deactivation::person_deactivated)
                .on(deactivation::account_closed),
        )
        .subscribe(
            Subscription::new("user_projection")
                .on(projection::registered)
                .on(projection::created)
                .on(projection::profile_updated)
                .on(projection::deactivated)
                .on(projection::reactivated)
                .on(projection::role_changed),
        )
        .subscribe(
            Subscription::new("verified_role")
                .on(verified_role::verified)
                .on(verified_role::rejected)
                .on(verified_role::expired),
        )
        .routes(routes::router)
}
