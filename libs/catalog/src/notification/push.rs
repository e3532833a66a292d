//! Notices on phones and in browsers: what the provider says became of them.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::Id,
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A push notice was handed to the provider.
    #[event(topic = "notification.push.sent", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct PushSent {
        /// The notice.
        pub notification_id: Id,
        /// The message, as the provider knows it.
        pub message_id: Id,
        /// Whom it went to.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// Who carries it, such as `fcm`.
        #[garde(length(chars, min = 1, max = 64))]
        pub provider: String,
        /// To how many of the person's devices it went.
        #[garde(range(min = 1, max = 100))]
        pub devices: u16,
        /// When.
        pub sent_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "p-1", "recipientId": "u-guardian", "subjectId": "u-11391",
        "provider": "fcm", "devices": 2,
        "sentAt": "2026-10-20T08:30:02Z"
    }"#

    /// A push notice reached a device.
    #[event(topic = "notification.push.delivered", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct PushDelivered {
        /// The notice.
        pub notification_id: Id,
        /// The message, as the provider knows it.
        pub message_id: Id,
        /// Whom it went to.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// When.
        pub delivered_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "p-1", "recipientId": "u-guardian", "subjectId": "u-11391",
        "deliveredAt": "2026-10-20T08:30:03Z"
    }"#

    /// A push notice was clicked.
    #[event(topic = "notification.push.clicked", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct PushClicked {
        /// The notice.
        pub notification_id: Id,
        /// The message, as the provider knows it.
        pub message_id: Id,
        /// Who clicked.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// When.
        pub clicked_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "p-1", "recipientId": "u-guardian", "subjectId": "u-11391",
        "clickedAt": "2026-10-20T08:32:00Z"
    }"#

    /// A push notice was not taken by the provider.
    #[event(topic = "notification.push.failed", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct PushFailed
    /// A push notice was taken by the provider and never reached a device.
    #[event(topic = "notification.push.delivery_failed", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct PushDeliveryFailed {
        /// The notice.
        pub notification_id: Id,
        /// The message, if the provider took one.
        pub message_id: Option<Id>,
        /// Whom it was for.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// What failed, such as `device_gone`.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub code: String,
        /// How many attempts were made.
        #[garde(range(min = 1, max = 100))]
        pub attempts: u16,
        /// When the last one failed.
        pub failed_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": null, "recipientId": "u-guardian", "subjectId": "u-11391",
        "code": "device_gone", "attempts": 1,
        "failedAt": "2026-10-20T08:30:03Z"
    }"#
}
