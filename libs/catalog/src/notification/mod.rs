//! Notification: what people are told, on which channel, and what became of it.
//!
//! Everything about one notice stays in order, from the request to the last answer: the key is the notice, as its handlers look up what
//! they know of it and of nothing else. Its recipient would be a key as well, but then a notice that waits for its hour, or is parked,
//! would hold back all others to the same person. A digest is of many notices, and its key is who gets it.

mod dispatch;
mod email;
mod push;
mod sms;
mod template;

use crate::values::vocabulary;

pub use dispatch::{DeliveryCompleted, DeliveryPartiallyCompleted, DigestSent, NotificationDispatchRequested, Urgency};
pub use email::{BounceKind, EmailBounced, EmailClicked, EmailDelivered, EmailDeliveryFailed, EmailOpened, EmailSent};
pub use push::{PushClicked, PushDelivered, PushDeliveryFailed, PushFailed, PushSent};
pub use sms::{SmsDelivered, SmsDeliveryFailed, SmsFailed, SmsReplied, SmsSent};
pub use template::{TemplateArchived, TemplateCreated, TemplateUpdated};

vocabulary! {
    /// How a notice reaches a person.
    pub enum Channel: "a channel" {
        /// By e-mail.
        Email = "email",
        /// By text message.
        Sms = "sms",
        /// On a phone or in a browser.
        Push = "push",
        /// In the application itself.
        InApp = "in_app",
    }
}

pub(crate) const EVENTS: &[&[crate::declare::Entry]] =
    &[dispatch::EVENTS, email::EVENTS, push::EVENTS, sms::EVENTS, template::EVENTS];
