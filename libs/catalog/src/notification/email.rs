//! E-mails: what the provider says became of them. Ids of messages are the provider's.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, vocabulary},
};

vocabulary! {
    /// Whether an address will ever work.
    pub enum BounceKind: "a kind of bounce" {
        /// It does not exist.
        Hard = "hard",
        /// It did not take the message this time.
        Soft = "soft",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An e-mail was handed to the provider.
    #[event(topic = "notification.email.sent", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct EmailSent {
        /// The notice.
        pub notification_id: Id,
        /// The message, as the provider knows it.
        pub message_id: Id,
        /// Whom it went to.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// Who carries it, such as `smtp` or `sendgrid`.
        #[garde(length(chars, min = 1, max = 64))]
        pub provider: String,
        /// Which attempt it was, from 1.
        #[garde(range(min = 1, max = 100))]
        pub attempt: u16,
        /// When.
        pub sent_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "m-1@smtp", "recipientId": "u-guardian", "subjectId": "u-11391",
        "provider": "smtp", "attempt": 1,
        "sentAt": "2026-10-20T08:30:02Z"
    }"#

    /// An e-mail was taken by the recipient's server.
    #[event(topic = "notification.email.delivered", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct EmailDelivered {
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
        "notificationId": "n-1", "messageId": "m-1@smtp", "recipientId": "u-guardian", "subjectId": "u-11391",
        "deliveredAt": "2026-10-20T08:30:05Z"
    }"#

    /// An e-mail bounced.
    #[event(topic = "notification.email.bounced", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct EmailBounced {
        /// The notice.
        pub notification_id: Id,
        /// The message, as the provider knows it.
        pub message_id: Id,
        /// Whom it went to.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// Whether the address will ever work.
        pub bounce_kind: BounceKind,
        /// The code that the recipient's server gave, such as `5.1.1`.
        #[garde(length(chars, min = 1, max = 32))]
        pub status_code: Option<String>,
        /// When.
        pub bounced_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "m-1@smtp", "recipientId": "u-guardian", "subjectId": "u-11391",
        "bounceKind": "hard",
        "statusCode": "5.1.1", "bouncedAt": "2026-10-20T08:31:00Z"
    }"#

    /// An e-mail was opened.
    #[event(topic = "notification.email.opened", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct EmailOpened {
        /// The notice.
        pub notification_id: Id,
        /// The message, as the provider knows it.
        pub message_id: Id,
        /// Who opened it.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// When.
        pub opened_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "m-1@smtp", "recipientId": "u-guardian", "subjectId": "u-11391",
        "openedAt": "2026-10-20T09:02:00Z"
    }"#

    /// A link in an e-mail was clicked.
    #[event(topic = "notification.email.clicked", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct EmailClicked {
        /// The notice.
        pub notification_id: Id,
        /// The message, as the provider knows it.
        pub message_id: Id,
        /// Who clicked.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// The link, by its name in the template: addresses may carry secrets.
        #[garde(length(chars, min = 1, max = 64))]
        pub link: String,
        /// When.
        pub clicked_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "m-1@smtp", "recipientId": "u-guardian", "subjectId": "u-11391",
        "link": "see_grade",
        "clickedAt": "2026-10-20T09:02:30Z"
    }"#

    /// An e-mail could not be delivered, and will not be tried again.
    #[event(topic = "notification.email.delivery_failed", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct EmailDeliveryFailed {
        /// The notice.
        pub notification_id: Id,
        /// The message, if the provider took one.
        pub message_id: Option<Id>,
        /// Whom it was for.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// What failed, such as `connection_refused`.
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
        "code": "connection_refused",
        "attempts": 5,
        "failedAt": "2026-10-20T08:40:00Z"
    }"#
}
