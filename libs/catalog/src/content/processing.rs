//! Processing: what programs find in an item. What they find is the uploader's, so none of it is printed.

use jiff::Timestamp;

use super::ProcessingOptions;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Language, Private, PrivateText, SentimentScore, Share, vocabulary},
};

vocabulary! {
    /// What a program does with an item.
    pub enum ProcessingType: "a type of processing" {
        /// All that was asked for.
        Full = "full",
        /// Reads or hears the text.
        TextExtraction = "text_extraction",
        /// Finds out how it sounds.
        SentimentAnalysis = "sentiment_analysis",
        /// Finds out whom and what it names.
        EntityExtraction = "entity_extraction",
        /// Writes a summary.
        Summary = "summary",
    }

    /// How much of a processing worked. One that failed has an event of its own.
    pub enum ProcessingStatus: "a status of processing" {
        /// All of it.
        Success = "success",
        /// Some of it.
        Partial = "partial",
    }

    /// How a text sounds.
    pub enum SentimentLabel: "a sentiment's label" {
        /// Glad.
        Positive = "positive",
        /// Neither.
        Neutral = "neutral",
        /// Sad or angry.
        Negative = "negative",
    }

    /// What kind of thing a text names.
    pub enum EntityKind: "an entity's kind" {
        /// A person.
        Person = "person",
        /// A place.
        Place = "place",
        /// An organization.
        Organization = "organization",
        /// A day or a time.
        Date = "date",
        /// Something else.
        Other = "other",
    }
}

/// How a text sounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct Sentiment {
    /// From -1 (negative) to 1 (positive).
    pub score: SentimentScore,
    /// The same in a word.
    pub label: Private<SentimentLabel>,
}

/// Whom or what a text names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct Entity {
    /// As the text has it.
    pub text: PrivateText<255>,
    /// What kind of thing it is.
    pub kind: Private<EntityKind>,
}

/// What was found, and how surely. What was not asked for, or not found, is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct ProcessingResults {
    /// The text, or as much of its beginning as fits.
    pub extracted_text: Option<PrivateText<20_000>>,
    /// All of the text, in the store of files.
    pub text_file_id: Option<Id>,
    /// The language that it is in.
    pub language: Option<Language>,
    /// How it sounds.
    pub sentiment: Option<Sentiment>,
    /// Whom and what it names.
    #[serde(default)]
    #[garde(length(max = 200))]
    pub entities: Vec<Entity>,
    /// What it is about.
    #[serde(default)]
    #[garde(length(max = 50))]
    pub topics: Vec<PrivateText<100>>,
    /// The same in short.
    pub summary: Option<PrivateText<4_000>>,
    /// Words that matter in it.
    #[serde(default)]
    #[garde(length(max = 100))]
    pub keywords: Vec<PrivateText<100>>,
    /// How sure the program is, from 0 to 1.
    pub confidence: Share,
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A program began to look at an item.
    #[event(topic = "content.processing.started", aggregate = "item", owner = "academic", scope = "local")]
    #[event(key = "content_id", subject = "user_id")]
    pub struct ProcessingStarted {
        /// The item.
        pub content_id: Id,
        /// Who had uploaded it.
        pub user_id: Id,
        /// What the program does.
        pub processing_type: ProcessingType,
        /// What was asked for.
        pub processing_options: ProcessingOptions,
        /// Which attempt it is, counted from 1.
        #[garde(range(min = 1, max = 100))]
        pub attempt: u8,
        /// When.
        pub started_at: Timestamp,
    }
    example r#"{
        "contentId": "item-1", "userId": "u-11391", "processingType": "full",
        "processingOptions": {"extractText": true, "analyzeSentiment": false, "extractEntities": true,
        "generateSummary": true}, "attempt": 1, "startedAt": "2026-10-12T18:00:01Z"
    }"#

    /// A program is done with an item: this is what it found.
    #[event(topic = "content.processing.completed", aggregate = "item", owner = "academic")]
    #[event(key = "content_id", subject = "user_id")]
    pub struct ProcessingCompleted {
        /// The item.
        pub content_id: Id,
        /// Who had uploaded it.
        pub user_id: Id,
        /// What the program did.
        pub processing_type: ProcessingType,
        /// How much of it worked.
        pub status: ProcessingStatus,
        /// What it found.
        #[garde(dive)]
        pub results: ProcessingResults,
        /// How long it took, in milliseconds.
        #[garde(range(max = 86_400_000))]
        pub processing_duration_ms: u64,
        /// When it was done.
        pub completed_at: Timestamp,
    }
    example r#"{
        "contentId": "item-1", "userId": "u-11391", "processingType": "full", "status": "partial",
        "results": {
            "extractedText": "The Analytical Engine weaves algebraical patterns.", "textFileId": "file-7",
            "language": "en", "sentiment": {"score": 0.375, "label": "positive"},
            "entities": [{"text": "Charles Babbage", "kind": "person"}], "topics": ["history of computing"],
            "summary": "An essay on Babbage's engine.", "keywords": ["Analytical Engine"], "confidence": 0.875
        },
        "processingDurationMs": 8450, "completedAt": "2026-10-12T18:00:10Z"
    }"#

    /// A program could not do what was asked for, and will not try again by itself.
    #[event(topic = "content.processing.failed", aggregate = "item", owner = "academic")]
    #[event(key = "content_id", subject = "user_id")]
    pub struct ProcessingFailed {
        /// The item.
        pub content_id: Id,
        /// Who had uploaded it.
        pub user_id: Id,
        /// What the program was to do.
        pub processing_type: ProcessingType,
        /// Why not, such as `unreadable_file`. Messages of programs may quote the item, so they are left out.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub code: String,
        /// Whether it may work later.
        pub is_retryable: bool,
        /// How often it was tried.
        #[garde(range(min = 1, max = 100))]
        pub attempts: u8,
        /// When it was given up.
        pub failed_at: Timestamp,
    }
    example r#"{
        "contentId": "item-1", "userId": "u-11391", "processingType": "text_extraction", "code": "unreadable_file",
        "isRetryable": false, "attempts": 3, "failedAt": "2026-10-12T18:02:10Z"
    }"#
}
