//! Messages, and who is writing one. Everything in one conversation stays in order.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::ChatKind;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, PrivateText, needed_if, without},
};

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A message was sent to the others of a chat.
    #[event(topic = "chat.message.sent", owner = "social")]
    #[event(key = "conversation_id", subject = "sender_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ChatMessageSent {
        /// The message.
        pub message_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// What kind of conversation it is.
        pub conversation_kind: ChatKind,
        /// Who wrote it.
        pub sender_id: Id,
        /// Who gets it: who took part when it was sent, without the sender.
        #[garde(length(min = 1, max = 500), custom(without(&self.sender_id)))]
        pub recipient_ids: BTreeSet<Id>,
        /// The message that it replies to.
        pub reply_to_message_id: Option<Id>,
        /// What it says; nothing if it is only a file.
        #[garde(custom(needed_if(self.attachment_ids.is_empty())))]
        pub text: Option<PrivateText<4_000>>,
        /// Files that belong to it.
        #[serde(default)]
        #[garde(length(max = 10))]
        pub attachment_ids: BTreeSet<Id>,
        /// When.
        pub sent_at: Timestamp,
    }
    example r#"{
        "messageId": "cm-1", "conversationId": "ch-1", "conversationKind": "lesson", "senderId": "u-11391",
        "recipientIds": ["u-tutor"], "replyToMessageId": "cm-0", "text": "Here is what I have so far. Ada",
        "attachmentIds": ["att-1"], "sentAt": "2026-10-12T16:05:00Z"
    }"#

    /// A message reached the screen or the device of one of those it was sent to.
    #[event(topic = "chat.message.delivered", owner = "social")]
    #[event(key = "conversation_id", subject = "sender_id")]
    pub struct ChatMessageDelivered {
        /// The message.
        pub message_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// Who wrote it.
        pub sender_id: Id,
        /// Who got it.
        pub recipient_id: Id,
        /// When.
        pub delivered_at: Timestamp,
    }
    example r#"{
        "messageId": "cm-1", "conversationId": "ch-1", "senderId": "u-11391", "recipientId": "u-tutor",
        "deliveredAt": "2026-10-12T16:05:01Z"
    }"#

    /// A message was read by one of those it was sent to, and with it all that came before.
    #[event(topic = "chat.message.read", owner = "social")]
    #[event(key = "conversation_id", subject = "sender_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ChatMessageRead {
        /// The message.
        pub message_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// Who wrote it, and gets the receipt.
        pub sender_id: Id,
        /// Who read it.
        pub reader_id: Id,
        /// When.
        pub read_at: Timestamp,
    }
    example r#"{
        "messageId": "cm-1", "conversationId": "ch-1", "senderId": "u-11391", "readerId": "u-tutor",
        "readAt": "2026-10-12T16:06:00Z"
    }"#

    /// Somebody is writing a message. It holds for some seconds, and nobody keeps it.
    #[event(topic = "chat.typing.started", aggregate = "conversation", owner = "social", scope = "local")]
    #[event(key = "conversation_id", subject = "member_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ChatTypingStarted {
        /// The conversation.
        pub conversation_id: Id,
        /// Who is writing.
        pub member_id: Id,
        /// For how long it holds, unless it is said again.
        #[garde(range(min = 1, max = 60))]
        pub expires_after_seconds: u16,
        /// When.
        pub started_at: Timestamp,
    }
    example r#"{
        "conversationId": "ch-1", "memberId": "u-tutor", "expiresAfterSeconds": 5, "startedAt": "2026-10-12T16:06:10Z"
    }"#
}
