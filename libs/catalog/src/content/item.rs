//! Items: what was uploaded. The events carry what an item is and where it is kept, never what is in it.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{HttpsUrl, Id, PrivateText, vocabulary},
};

vocabulary! {
    /// What kind of content it is.
    pub enum ContentType: "a content's type" {
        /// Text.
        Text = "text",
        /// A picture.
        Image = "image",
        /// Sound.
        Audio = "audio",
        /// A document with pages.
        Document = "document",
        /// Moving pictures.
        Video = "video",
    }
}

/// What the uploader says about an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct ContentMetadata {
    /// Its title.
    pub title: PrivateText<255>,
    /// What it is about.
    pub description: Option<PrivateText<4_000>>,
    /// Words to find it by.
    #[serde(default)]
    #[garde(length(max = 50))]
    pub tags: Vec<PrivateText<64>>,
}

/// What programs are to do with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own, and they stand so on the wire")]
pub struct ProcessingOptions {
    /// Whether to read or hear the text in it.
    pub extract_text: bool,
    /// Whether to find out how it sounds.
    pub analyze_sentiment: bool,
    /// Whether to find out whom and what it names.
    pub extract_entities: bool,
    /// Whether to write a summary.
    pub generate_summary: bool,
}

/// The largest file: 10 GiB.
const FILE_BYTES_MAX: u64 = 10 << 30;

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// Somebody uploaded a file.
    #[event(topic = "content.item.uploaded", owner = "academic")]
    #[event(key = "content_id", subject = "user_id", roles = "student teacher tutor verified_tutor admin")]
    pub struct ItemUploaded {
        /// The item.
        pub content_id: Id,
        /// Who uploaded it.
        pub user_id: Id,
        /// What kind of content it is.
        pub content_type: ContentType,
        /// The file's name, as the uploader has it.
        pub file_name: PrivateText<255>,
        /// The file's size in bytes, at most 10 GiB.
        #[garde(range(min = 1, max = FILE_BYTES_MAX))]
        pub file_size_bytes: u64,
        /// The file's media type, such as `image/jpeg`.
        #[garde(length(max = 100), pattern("^[a-z]+/[a-z0-9.+-]+$"))]
        pub mime_type: String,
        /// Where it is kept.
        pub file_url: HttpsUrl,
        /// What the uploader says about it.
        #[garde(dive)]
        pub metadata: ContentMetadata,
        /// What programs are to do with it.
        pub processing_options: ProcessingOptions,
        /// When.
        pub uploaded_at: Timestamp,
    }
    example r#"{
        "contentId": "item-1", "userId": "u-11391", "contentType": "document", "fileName": "Essay by Ada.pdf",
        "fileSizeBytes": 482133, "mimeType": "application/pdf", "fileUrl": "https://files.example.edu/item-1?sig=5f",
        "metadata": {"title": "My essay", "description": "On the Analytical Engine", "tags": ["history of machines"]},
        "processingOptions": {"extractText": true, "analyzeSentiment": false, "extractEntities": true,
        "generateSummary": true}, "uploadedAt": "2026-10-12T18:00:00Z"
    }"#

    /// An item was archived: it is kept, and no longer shown.
    #[event(topic = "content.item.archived", owner = "academic")]
    #[event(key = "content_id", subject = "user_id", roles = "student teacher tutor verified_tutor admin")]
    pub struct ItemArchived {
        /// The item.
        pub content_id: Id,
        /// Who had uploaded it.
        pub user_id: Id,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// Who archived it; nobody if a rule did.
        pub archived_by_id: Option<Id>,
        /// When.
        pub archived_at: Timestamp,
    }
    example r#"{
        "contentId": "item-1", "userId": "u-11391", "reason": "Ada handed in a better one.",
        "archivedById": "u-teacher", "archivedAt": "2027-02-15T08:00:00Z"
    }"#
}
