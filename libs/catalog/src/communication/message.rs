//! Messages. Everything in one conversation stays in order.
//!
//! The student whom a message is about is the one of its conversation, so that each reading of it counts as access to
//! that student's record.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::ConversationKind;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    notification::{Channel, Urgency},
    values::{Id, PrivateText, without},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A message was sent to the others of a conversation.
    #[event(topic = "communication.message.sent", owner = "social")]
    #[event(key = "conversation_id", subject = "student_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar admin")]
    pub struct MessageSent {
        /// The message.
        pub message_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// Between whom the conversation is.
        pub conversation_kind: ConversationKind,
        /// The student whom it is about.
        pub student_id: Option<Id>,
        /// Who wrote it.
        pub sender_id: Id,
        /// Who gets it. Nobody writes to themselves.
        #[garde(length(min = 1, max = 500), custom(without(&self.sender_id)))]
        pub recipient_ids: BTreeSet<Id>,
        /// The message that it replies to.
        pub reply_to_message_id: Option<Id>,
        /// What it is about, in a few words.
        pub subject_line: Option<PrivateText<200>>,
        /// What it says.
        pub text: PrivateText<10_000>,
        /// Files that belong to it.
        #[serde(default)]
        #[garde(length(max = 20))]
        pub attachment_ids: BTreeSet<Id>,
        /// How soon it must be there.
        pub urgency: Urgency,
        /// When.
        pub sent_at: Timestamp,
    }
    example r#"{
        "messageId": "m-1", "conversationId": "cv-1", "conversationKind": "parent_teacher", "studentId": "u-11391",
        "senderId": "u-guardian", "recipientIds": ["u-counselor", "u-teacher"], "replyToMessageId": null,
        "subjectLine": "How Ada gets on in algebra", "text": "Ada was ill last week.\nWhat did she miss?",
        "attachmentIds": ["file-8"], "urgency": "normal", "sentAt": "2026-10-07T17:00:00Z"
    }"#

    /// A message reached one of those it was sent to.
    #[event(topic = "communication.message.delivered", owner = "social")]
    #[event(key = "conversation_id", subject = "student_id")]
    pub struct MessageDelivered {
        /// The message.
        pub message_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// The student whom it is about.
        pub student_id: Option<Id>,
        /// Who wrote it.
        pub sender_id: Id,
        /// Who got it.
        pub recipient_id: Id,
        /// On which channel.
        pub channel: Channel,
        /// When.
        pub delivered_at: Timestamp,
    }
    example r#"{
        "messageId": "m-1", "conversationId": "cv-1", "studentId": "u-11391", "senderId": "u-guardian",
        "recipientId": "u-teacher", "channel": "in_app", "deliveredAt": "2026-10-07T17:00:01Z"
    }"#

    /// A message was read by one of those it was sent to.
    #[event(topic = "communication.message.read", owner = "social")]
    #[event(key = "conversation_id", subject = "student_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar admin")]
    pub struct MessageRead {
        /// The message.
        pub message_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// The student whom it is about.
        pub student_id: Option<Id>,
        /// Who wrote it, and gets the receipt.
        pub sender_id: Id,
        /// Who read it.
        pub reader_id: Id,
        /// When.
        pub read_at: Timestamp,
    }
    example r#"{
        "messageId": "m-1", "conversationId": "cv-1", "studentId": "u-11391", "senderId": "u-guardian",
        "readerId": "u-teacher", "readAt": "2026-10-07T18:30:00Z"
    }"#

    /// A message was changed by who wrote it. The event carries all of it as it is now.
    #[event(topic = "communication.message.edited", owner = "social")]
    #[event(key = "conversation_id", subject = "student_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar admin")]
    pub struct MessageEdited {
        /// The message.
        pub message_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// The student whom it is about.
        pub student_id: Option<Id>,
        /// Who wrote it.
        pub sender_id: Id,
        /// What it is about now, in a few words.
        pub subject_line: Option<PrivateText<200>>,
        /// What it says now.
        pub text: PrivateText<10_000>,
        /// Files that belong to it now.
        #[serde(default)]
        #[garde(length(max = 20))]
        pub attachment_ids: BTreeSet<Id>,
        /// When.
        pub edited_at: Timestamp,
    }
    example r#"{
        "messageId": "m-1", "conversationId": "cv-1", "studentId": "u-11391", "senderId": "u-guardian",
        "subjectLine": "What Ada missed in algebra", "text": "Ada was ill for two weeks.\nWhat did she miss?",
        "attachmentIds": [], "editedAt": "2026-10-07T17:05:00Z"
    }"#

    /// A message was deleted for everybody in the conversation.
    #[event(topic = "communication.message.deleted", owner = "social")]
    #[event(key = "conversation_id", subject = "student_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor registrar admin")]
    pub struct MessageDeleted {
        /// The message.
        pub message_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// The student whom it was about.
        pub student_id: Option<Id>,
        /// Who wrote it.
        pub sender_id: Id,
        /// Who deleted it.
        pub deleted_by_id: Id,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// When.
        pub deleted_at: Timestamp,
    }
    example r#"{
        "messageId": "m-1", "conversationId": "cv-1", "studentId": "u-11391", "senderId": "u-guardian",
        "deletedById": "u-admin", "reason": "went to the wrong teacher", "deletedAt": "2026-10-08T07:00:00Z"
    }"#
}
