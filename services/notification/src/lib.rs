//! Tells people what happened: other services' events become notices, notices become e-mails, and what became of those
//! is kept.
//!
//! The way of a notice: `notification.dispatch.requested` asks for it, by the name of a template and what fills it in;
//! [`plan`] says where it goes; the [`Mailer`] sends the e-mail; events say what came of it. When an e-mail cannot be
//! delivered, the notice goes into the application itself.
//!
//! | concept | module |
//! |---|---|
//! | e-mails, by SMTP or into a folder | [`mailer`] |
//! | where a notice goes, and what it says | [`plan`] |
//! | what is remembered: addresses, templates, preferences, notices, counts | [`model`] |
//! | what people may ask for, and why it is refused | [`commands`] |
//! | what the service does when something happens | `handlers` |
//! | HTTP | `routes` |

mod access;
pub mod commands;
mod handlers;
pub mod mailer;
pub mod model;
pub mod plan;
mod routes;

use fabric::{InMemory, Service, Subscription};
use fabric_catalog::notification::{
    DeliveryCompleted, DeliveryPartiallyCompleted, EmailDeliveryFailed, EmailSent, NotificationDispatchRequested,
    TemplateCreated, TemplateUpdated,
};

use handlers::{
    analytics, delivery_failure, directory, dispatch, email_delivery, engagement, grade_posting, kyc_notice,
    push_notification, sms_delivery, social_notice, template,
};
pub use mailer::Mailer;

/// What handlers and routes share.
#[derive(Debug)]
pub struct State {
    /// The read models of all tenants.
    pub models: InMemory<model::Model>,
    /// Sends e-mails.
    pub mailer: Mailer,
}

/// The service as a value, with what sends its e-mails.
pub fn service(mailer: Mailer) -> Service<State> {
    let service = Service::with_state("notification", State { models: InMemory::default(), mailer })
        .publishes::<DeliveryCompleted>()
        .publishes::<DeliveryPartiallyCompleted>()
        .publishes::<EmailDeliveryFailed>()
        .publishes::<EmailSent>()
        .publishes::<NotificationDispatchRequested>()
        .publishes::<TemplateCreated>()
        .publishes::<TemplateUpdated>()
        .routes(routes::router);
    following_outcomes(asking_for_notices(service))
        .subscribe(Subscription::new("dispatch").on(dispatch::requested))
        .subscribe(
            Subscription::new("directory")
                .on(directory::created)
                .on(directory::updated)
                .on(directory::registered)
                .on(directory::profile_updated)
                .on(directory::assignment_created)
                .on(directory::assignment_updated),
        )
        .subscribe(Subscription::new("template").on(template::created).on(template::updated).on(template::archived))
}

/// What others do, of which people are told.
fn asking_for_notices(service: Service<State>) -> Service<State> {
    service
        .subscribe(Subscription::new("grade_posting_notification").on(grade_posting::posted))
        .subscribe(
            Subscription::new("social_notice").on(social_notice::comment_added).on(social_notice::connection_requested),
        )
        .subscribe(
            Subscription::new("kyc_notice")
                .on(kyc_notice::identity_requested)
                .on(kyc_notice::identity_verified)
                .on(kyc_notice::identity_rejected)
                .on(kyc_notice::identity_expired)
                .on(kyc_notice::document_rejected),
        )
}

/// What becomes of notices.
fn following_outcomes(service: Service<State>) -> Service<State> {
    service
        .subscribe(Subscription::new("notification_delivery_analytics").on_any("notification.#", analytics::count))
        .subscribe(
            Subscription::new("email_delivery")
                .on(email_delivery::sent)
                .on(email_delivery::delivered)
                .on(email_delivery::bounced)
                .on(email_delivery::opened)
                .on(email_delivery::clicked)
                .on(email_delivery::failed),
        )
        .subscribe(
            Subscription::new("sms_delivery")
                .on(sms_delivery::sent)
                .on(sms_delivery::delivered)
                .on(sms_delivery::failed)
                .on(sms_delivery::delivery_failed)
                .on(sms_delivery::replied),
        )
        .subscribe(
            Subscription::new("push_notification")
                .on(push_notification::sent)
                .on(push_notification::delivered)
                .on(push_notification::clicked)
                .on(push_notification::failed)
                .on(push_notification::delivery_failed),
        )
        .subscribe(
            Subscription::new("notification_engagement")
                .on(engagement::email_opened)
                .on(engagement::email_clicked)
                .on(engagement::push_clicked)
                .on(engagement::sms_replied),
        )
        .subscribe(
            Subscription::new("delivery_failure")
                .on(delivery_failure::email_failed)
                .on(delivery_failure::email_bounced)
                .on(delivery_failure::sms_failed)
                .on(delivery_failure::sms_delivery_failed)
                .on(delivery_failure::push_failed)
                .on(delivery_failure::push_delivery_failed),
        )
}
