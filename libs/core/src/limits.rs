//! Limits on what goes over the wire. They are checked before anything is parsed.

/// The longest topic or routing key, in bytes: AMQP's own limit for a short string.
pub const TOPIC_BYTES_MAX: usize = 255;
/// The largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// How deep JSON may nest.
pub const JSON_DEPTH_MAX: usize = 64;
/// How many headers a message may have.
pub const HEADERS_MAX: usize = 64;
/// How many bytes all header names and values may have together.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// How many bytes of a fault's message are kept.
pub const FAULT_MESSAGE_BYTES_MAX: usize = 1024;

/// The most events in a batch.
pub const BATCH_EVENTS_MAX: usize = 1_000;
