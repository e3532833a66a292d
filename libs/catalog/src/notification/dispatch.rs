//! Notices as a whole: asked for, and delivered on their channels.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Channel;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{
        EmailAddress, Id, Language, PhoneNumber, Private, PrivateText, apart_from, name_schema, names_fit, not_before,
        vocabulary,
    },
};

vocabulary! {
    /// How soon a notice must be there.
    pub enum Urgency: "an urgency" {
        /// May wait for a digest.
        Low = "low",
        /// As usual.
        Normal = "normal",
        /// Before others.
        High = "high",
        /// At once, whatever the person's preferences say.
        Emergency = "emergency",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A notice to somebody was asked for.
    ///
    /// The template says what is written, the variables fill it in. Where it goes is known to the notification service;
    /// an address in the event takes precedence.
    #[event(topic = "notification.dispatch.requested", aggregate = "notification", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id", publishers = "academic user social kyc")]
    #[event(roles = "teacher counselor registrar admin")]
    pub struct NotificationDispatchRequested {
        /// The notice. Asking twice with the same id is asking once.
        pub notification_id: Id,
        /// Who gets it.
        pub recipient_id: Id,
        /// The student whom it is about.
        pub subject_id: Option<Id>,
        /// What is written, such as `grade_posted`.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub template: String,
        /// What fills in the template, by name.
        #[serde(default)]
        #[garde(length(max = 50), custom(names_fit))]
        #[schemars(extend("maxProperties" = 50, "propertyNames" = name_schema()))]
        pub variables: BTreeMap<String, PrivateText<1_000>>,
        /// On which channels; the person's preferences decide if none is named.
        #[serde(default)]
        #[garde(length(max = 4))]
        pub channels: BTreeSet<Channel>,
        /// How soon it must be there.
        pub urgency: Urgency,
        /// In which language; the person's own if none is named.
        pub language: Option<Private<Language>>,
        /// Where an e-mail goes.
        pub email: Option<EmailAddress>,
        /// Where a text message goes.
        pub phone: Option<PhoneNumber>,
        /// Not before this time.
        pub deliver_after_at: Option<Timestamp>,
        /// Of no use after this time.
        pub expires_at: Option<Timestamp>,
        /// When it was asked for.
        pub requested_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "recipientId": "u-guardian", "subjectId": "u-11391", "template": "grade_posted",
        "variables": {"studentName": "Ada Noel", "assignment": "Linear equations by Ada"}, "channels": ["email",
        "push"],
        "urgency": "normal", "language": "en-GB", "email": "annabella@example.edu", "phone": "+44 20 7946 0999",
        "deliverAfterAt": null, "expiresAt": "2026-10-27T08:30:00Z", "requestedAt": "2026-10-20T08:30:01Z"
    }"#

    /// A notice was delivered on at least one channel, and failed on none.
    #[event(topic = "notification.delivery.completed", aggregate = "notification", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct DeliveryCompleted {
        /// The notice.
        pub notification_id: Id,
        /// Who got it.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// On which channels.
        #[garde(length(min = 1, max = 4))]
        pub channels: BTreeSet<Channel>,
        /// How many attempts it took, on all channels together.
        #[garde(range(min = 1, max = 1_000))]
        pub attempts: u32,
        /// When the last channel was done.
        pub delivered_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "recipientId": "u-guardian", "subjectId": "u-11391",
        "channels": ["email", "push"], "attempts": 2,
        "deliveredAt": "2026-10-20T08:30:09Z"
    }"#

    /// A notice was delivered on some channels and failed on others.
    #[event(topic = "notification.delivery.partially_completed", aggregate = "notification", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct DeliveryPartiallyCompleted {
        /// The notice.
        pub notification_id: Id,
        /// Who got it.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// On which channels it was delivered.
        #[garde(length(min = 1, max = 4))]
        pub delivered_channels: BTreeSet<Channel>,
        /// On which channels it failed.
        #[garde(length(min = 1, max = 4), custom(apart_from(&self.delivered_channels)))]
        pub failed_channels: BTreeSet<Channel>,
        /// How many attempts it took, on all channels together.
        #[garde(range(min = 1, max = 1_000))]
        pub attempts: u32,
        /// When the last channel was done.
        pub delivered_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "recipientId": "u-guardian", "subjectId": "u-11391",
        "deliveredChannels": ["email"], "failedChannels": ["sms"],
        "attempts": 6, "deliveredAt": "2026-10-20T08:35:09Z"
    }"#

    /// A digest of several notices was sent.
    #[event(topic = "notification.digest.sent", owner = "notification")]
    #[event(key = "recipient_id")]
    pub struct DigestSent {
        /// The digest.
        pub digest_id: Id,
        /// Who got it.
        pub recipient_id: Id,
        /// On which channel.
        pub channel: Channel,
        /// The notices in it.
        #[garde(length(min = 1, max = 500))]
        pub notification_ids: Vec<Id>,
        /// From when on notices are in it.
        pub period_started_at: Timestamp,
        /// Up to when.
        #[garde(custom(not_before(self.period_started_at)))]
        pub period_ended_at: Timestamp,
        /// When it was sent.
        pub sent_at: Timestamp,
    }
    example r#"{
        "digestId": "d-1", "recipientId": "u-guardian", "channel": "email", "notificationIds": ["n-1", "n-2"],
        "periodStartedAt": "2026-10-19T17:00:00Z", "periodEndedAt": "2026-10-20T17:00:00Z",
        "sentAt": "2026-10-20T17:00:02Z"
    }"#
}
