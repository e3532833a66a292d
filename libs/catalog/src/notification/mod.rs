//! Notification: what people are told, on which channel, and what became of it.

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
