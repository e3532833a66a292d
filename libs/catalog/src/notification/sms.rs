//! Text messages: what the provider says became of them.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, PrivateText},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A text message was handed to the provider.
    #[event(topic = "notification.sms.sent", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct SmsSent {
        /// The notice.
        pub notification_id: Id,
        /// The message, as the provider knows it.
        pub message_id: Id,
        /// Whom it went to.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// Who carries it, such as `twilio`.
        #[garde(length(chars, min = 1, max = 64))]
        pub provider: String,
        /// How many messages it was cut into.
        #[garde(range(min = 1, max = 20))]
        pub segments: u8,
        /// When.
        pub sent_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "sm-1", "recipientId": "u-guardian", "subjectId": "u-11391",
        "provider": "twilio", "segments": 1,
        "sentAt": "2026-10-20T08:30:02Z"
    }"#

    /// A text message reached the phone.
    #[event(topic = "notification.sms.delivered", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct SmsDelivered {
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
        "notificationId": "n-1", "messageId": "sm-1", "recipientId": "u-guardian", "subjectId": "u-11391",
        "deliveredAt": "2026-10-20T08:30:04Z"
    }"#

    /// A text message was not taken by the provider.
    #[event(topic = "notification.sms.failed", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct SmsFailed
    /// A text message was taken by the provider and never reached the phone.
    #[event(topic = "notification.sms.delivery_failed", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct SmsDeliveryFailed {
        /// The notice.
        pub notification_id: Id,
        /// The message, if the provider took one.
        pub message_id: Option<Id>,
        /// Whom it was for.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// What failed, such as `unknown_number`.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub code: String,
        /// How many attempts were made.
        #[garde(range(min = 1, max = 100))]
        pub attempts: u16,
        /// When the last one failed.
        pub failed_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "sm-1", "recipientId": "u-guardian", "subjectId": "u-11391",
        "code": "unknown_number",
        "attempts": 1,
        "failedAt": "2026-10-20T08:31:00Z"
    }"#

    /// Somebody replied to a text message.
    #[event(topic = "notification.sms.replied", owner = "notification")]
    #[event(key = "notification_id", subject = "subject_id")]
    pub struct SmsReplied {
        /// The notice.
        pub notification_id: Id,
        /// The message that was replied to.
        pub message_id: Id,
        /// Who replied.
        pub recipient_id: Id,
        /// The student whom the notice is about, if it is about one.
        pub subject_id: Option<Id>,
        /// The reply.
        pub text: PrivateText<1_600>,
        /// When.
        pub replied_at: Timestamp,
    }
    example r#"{
        "notificationId": "n-1", "messageId": "sm-1", "recipientId": "u-guardian", "subjectId": "u-11391",
        "text": "Thank you, we will talk to Ada.",
        "repliedAt": "2026-10-20T10:00:00Z"
    }"#
}
