//! Attachments. The events carry what a file is and where it is kept, never what is in it.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, PrivateText, Sha256, vocabulary},
};

vocabulary! {
    /// What came of looking at an attachment.
    pub enum AttachmentOutcome: "an attachment's outcome" {
        /// It may be opened.
        Ready = "ready",
        /// It does harm, and is shut away.
        Infected = "infected",
        /// It is of a kind that is not accepted.
        Unsupported = "unsupported",
        /// Nobody could look at it.
        Unreadable = "unreadable",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A file was uploaded for a chat. Nobody else may open it before it was processed.
    #[event(topic = "chat.attachment.uploaded", owner = "social", scope = "local")]
    #[event(key = "conversation_id", subject = "uploaded_by_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ChatAttachmentUploaded {
        /// The attachment.
        pub attachment_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// Who uploaded it.
        pub uploaded_by_id: Id,
        /// The file, in the store of files.
        pub file_id: Id,
        /// What the file is called.
        pub file_name: PrivateText<255>,
        /// The file's SHA-256, by which a change would be noticed.
        pub file_sha256: Sha256,
        /// The file's size in bytes, at most 25 MiB.
        #[garde(range(min = 1, max = 26_214_400))]
        pub file_size_bytes: u64,
        /// The file's media type, such as `image/jpeg`.
        #[garde(length(max = 100), pattern("^[a-z]+/[a-z0-9.+-]+$"))]
        pub media_type: String,
        /// When.
        pub uploaded_at: Timestamp,
    }
    example r#"{
        "attachmentId": "att-1", "conversationId": "ch-1", "uploadedById": "u-11391", "fileId": "file-11",
        "fileName": "Ada's homework.pdf",
        "fileSha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "fileSizeBytes": 120512,
        "mediaType": "application/pdf", "uploadedAt": "2026-10-12T16:04:50Z"
    }"#

    /// An attachment was processed: it may be opened, or it is shut away.
    #[event(topic = "chat.attachment.processed", owner = "social", scope = "local")]
    #[event(key = "conversation_id", subject = "uploaded_by_id")]
    pub struct ChatAttachmentProcessed {
        /// The attachment.
        pub attachment_id: Id,
        /// The conversation.
        pub conversation_id: Id,
        /// Who uploaded it.
        pub uploaded_by_id: Id,
        /// The file, in the store of files.
        pub file_id: Id,
        /// What came of it.
        pub outcome: AttachmentOutcome,
        /// A small picture of it, in the store of files.
        pub preview_file_id: Option<Id>,
        /// How long it took.
        #[garde(range(max = 3_600_000))]
        pub processing_ms: u32,
        /// When.
        pub processed_at: Timestamp,
    }
    example r#"{
        "attachmentId": "att-1", "conversationId": "ch-1", "uploadedById": "u-11391", "fileId": "file-11",
        "outcome": "ready", "previewFileId": "file-12", "processingMs": 412, "processedAt": "2026-10-12T16:04:51Z"
    }"#
}
