//! Chat: short messages at once, in conversations that people open themselves or that a lesson gets.
//!
//! What a message says is its writer's, so the writer is its subject: who gets or reads it has access to that.

mod attachment;
mod conversation;
mod message;

pub use attachment::{AttachmentOutcome, ChatAttachmentProcessed, ChatAttachmentUploaded};
pub use conversation::{
    ChatConversationCreated, ChatKind, ChatParticipantAdded, ChatParticipantRemoved, ChatSessionCreated,
};
pub use message::{ChatMessageDelivered, ChatMessageRead, ChatMessageSent, ChatTypingStarted};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[attachment::EVENTS, conversation::EVENTS, message::EVENTS];
