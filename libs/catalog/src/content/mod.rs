//! Content: files that people upload, and what programs find in them.

mod item;
mod processing;

pub use item::{ContentMetadata, ContentType, ItemArchived, ItemUploaded, ProcessingOptions};
pub use processing::{
    Entity, EntityKind, ProcessingCompleted, ProcessingFailed, ProcessingResults, ProcessingStarted, ProcessingStatus,
    ProcessingType, Sentiment, SentimentLabel,
};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[item::EVENTS, processing::EVENTS];
