//! Why an import was refused or stopped.

use std::{
    io,
    path::{Path, PathBuf},
};

use fabric::{core::publication::Rejected, runtime::ports::PublishError};

/// Why an import did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The bundle is not one, or not one that this import reads. Nothing was published: mend the bundle.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Whoever asked for the import may not publish what is in it. Nothing was published.
    #[error("the import may not be published: {0}")]
    NotAllowed(Rejected),
    /// Whoever imports has an id that no event can carry. Nothing was published.
    #[error("the import cannot be told from others: {reason}")]
    Unnamed {
        /// What is wrong.
        reason: String,
    },
    /// The file for rejected rows cannot be written.
    #[error("{}: rejected rows cannot be written: {reason}", path.display())]
    Rejects {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The broker did not confirm an event for too long. Import the bundle again: every event keeps its id, so what was published
    /// already is not handled twice.
    #[error(
        "stopped at {at} after {published} published events: the broker did not confirm for {waited_s} s ({reason}). \
         Import the bundle again: what was published already is not handled twice"
    )]
    Interrupted {
        /// The first row whose event was not confirmed, as `file:line`.
        at: String,
        /// How many events were confirmed until then.
        published: u64,
        /// For how long the import tried, in seconds.
        waited_s: u64,
        /// What the broker said last.
        reason: PublishError,
    },
    /// The bundle changed, or could no longer be read, while its rows were published.
    #[error("stopped after {published} published events: {reason}")]
    Lost {
        /// How many events were confirmed until then.
        published: u64,
        /// What was found.
        reason: Refusal,
    },
}

/// Why a bundle is not one. No text of the bundle's rows is ever in it.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read at all.
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// The file is not a zip file.
    #[error("{}: not a zip file", path.display())]
    NotAZip {
        /// The file.
        path: PathBuf,
    },
    /// A part of the zip file, or of the folder, cannot be read.
    #[error("{file}: damaged: {reason}")]
    Damaged {
        /// The part.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A part of the zip file is encrypted.
    #[error("{file}: encrypted")]
    Encrypted {
        /// The part.
        file: String,
    },
    /// The zip file unpacks to more than the limit.
    #[error("the zip file unpacks to more than {bytes_max} bytes (import.zip_bytes_max)")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// The zip file grows by more than the limit when it is unpacked.
    #[error("the zip file unpacks to more than {ratio_max} times its size (import.zip_ratio_max): a zip bomb")]
    Bomb {
        /// The limit.
        ratio_max: u64,
    },
    /// There is no manifest, neither at the top nor in a single folder below it.
    #[error("there is no manifest.csv, neither at the top nor in a single folder below it: not a OneRoster bundle")]
    NoManifest,
    /// The manifest says something that the standard does not allow, or does not say what it must.
    #[error("manifest.csv: {property}: {reason}")]
    Manifest {
        /// The property.
        property: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file says only what changed.
    #[error("manifest.csv: {file} is a delta; only bulk files are supported")]
    Delta {
        /// The file.
        file: String,
    },
    /// A file that the manifest lists, or that another one cannot do without, is not there.
    #[error("{file}: missing, though {needed_by}")]
    MissingFile {
        /// The file.
        file: String,
        /// What needs it.
        needed_by: &'static str,
    },
    /// A file has no header, or not the columns that the standard requires.
    #[error("{file}: required columns are missing: {}", columns.join(", "))]
    MissingColumns {
        /// The file.
        file: &'static str,
        /// The columns.
        columns: Vec<&'static str>,
    },
    /// A file names a required column twice.
    #[error("{file}: the column {column} is there twice")]
    DuplicateColumn {
        /// The file.
        file: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A file is not UTF-8.
    #[error("{file}: line {line} is not UTF-8")]
    NotUtf8 {
        /// The file.
        file: &'static str,
        /// The line.
        line: u64,
    },
    /// A record is so long that a quote must have been left open.
    #[error("{file}: the record that starts in line {line} has more than {bytes_max} bytes: is a quote left open?")]
    RecordTooLong {
        /// The file.
        file: &'static str,
        /// The line in which it starts.
        line: u64,
        /// The limit.
        bytes_max: u64,
    },
}

impl Refusal {
    pub(super) fn unreadable(path: &Path, reason: io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), reason }
    }

    /// A file that the manifest lists is not there.
    pub(super) fn missing(file: &str) -> Self {
        Self::MissingFile { file: file.to_owned(), needed_by: "the manifest lists it" }
    }
}
