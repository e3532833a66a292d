//! Imports of whole rosters. A rejected record is named by its place in the file, never by what stands in it.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, vocabulary},
};

vocabulary! {
    /// What kind of files were imported.
    pub enum ImportFormat: "an import's format" {
        /// OneRoster 1.1, as CSV files.
        OneRoster11Csv = "oneroster_1_1_csv",
        /// OneRoster 1.2, as CSV files.
        OneRoster12Csv = "oneroster_1_2_csv",
    }

    /// Whether the files say all there is.
    pub enum ImportMode: "an import's mode" {
        /// They say everything.
        Bulk = "bulk",
        /// They say what changed.
        Delta = "delta",
    }
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct ImportedFile {
    /// The file's name, such as `users.csv`.
    #[garde(length(chars, min = 1, max = 255))]
    pub file: String,
    /// How many records were accepted.
    #[garde(range(max = MAX_RECORDS))]
    pub accepted_records: u64,
    /// How many records were rejected.
    #[garde(range(max = MAX_RECORDS))]
    pub rejected_records: u64,
}

/// The most records that an import counts.
const MAX_RECORDS: u64 = 1_000_000_000_000;

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An import of a roster started.
    #[event(topic = "rostering.import.started", owner = "academic")]
    #[event(key = "import_id", roles = "registrar admin operator")]
    pub struct ImportStarted {
        /// The import.
        pub import_id: Id,
        /// What kind of files it reads.
        pub format: ImportFormat,
        /// Whether the files say all there is: `delta` as soon as one of them does not.
        pub mode: ImportMode,
        /// The system that wrote the files, as their manifest names it.
        #[garde(length(chars, min = 1, max = 255))]
        pub source_system: Option<String>,
        /// The files, by name.
        #[serde(default)]
        #[garde(length(max = 50), inner(length(chars, min = 1, max = 255)))]
        pub files: Vec<String>,
        /// When it started.
        pub started_at: Timestamp,
    }
    example r#"{
        "importId": "i-1", "format": "oneroster_1_1_csv", "mode": "bulk", "sourceSystem": "OULAD",
        "files": ["orgs.csv", "users.csv"], "startedAt": "2026-09-01T06:00:00Z"
    }"#

    /// An import of a roster came to its end.
    #[event(topic = "rostering.import.completed", owner = "academic")]
    #[event(key = "import_id", roles = "registrar admin operator")]
    pub struct ImportCompleted {
        /// The import.
        pub import_id: Id,
        /// How many records were accepted.
        #[garde(range(max = MAX_RECORDS))]
        pub accepted_records: u64,
        /// How many records were rejected.
        #[garde(range(max = MAX_RECORDS))]
        pub rejected_records: u64,
        /// How many events were published for them.
        #[garde(range(max = MAX_RECORDS))]
        pub published_events: u64,
        /// How long it took, in milliseconds.
        #[garde(range(max = 1_000_000_000))]
        pub duration_ms: u64,
        /// The same by file.
        #[serde(default)]
        #[garde(length(max = 50), dive)]
        pub files: Vec<ImportedFile>,
        /// When it ended.
        pub completed_at: Timestamp,
    }
    example r#"{
        "importId": "i-1", "acceptedRecords": 235000, "rejectedRecords": 173, "publishedEvents": 235002,
        "durationMs": 41000,
        "files": [{"file": "results.csv", "acceptedRecords": 173739, "rejectedRecords": 173}],
        "completedAt": "2026-09-01T06:00:41Z"
    }"#

    /// A record of an import was rejected: it breaks the standard, or refers to something that is not there.
    #[event(topic = "rostering.import.record_rejected", owner = "academic")]
    #[event(key = "import_id", roles = "registrar admin operator")]
    pub struct ImportRecordRejected {
        /// The import.
        pub import_id: Id,
        /// The file's name, such as `results.csv`.
        #[garde(length(chars, min = 1, max = 255))]
        pub file: String,
        /// The line in the file, counted from 1.
        #[garde(range(min = 1, max = MAX_RECORDS))]
        pub line: u64,
        /// The name of the column, if it is about one.
        #[garde(length(chars, min = 1, max = 255))]
        pub column: Option<String>,
        /// Which rule the record breaks, such as `blank_score`.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub code: String,
    }
    example r#"{"importId": "i-1", "file": "results.csv", "line": 1205, "column": "score", "code": "blank_score"}"#
}
