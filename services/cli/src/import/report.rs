//! How far an import is, and what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::file::File;

/// How far an import is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The file that is being read.
    pub file: String,
    /// How many rows of the bundle have been read.
    pub rows_read: u64,
    /// How many there are.
    pub rows_total: u64,
    /// How many of those that were read were accepted.
    pub accepted: u64,
    /// How many were rejected.
    pub rejected: u64,
    /// How many events were published and confirmed.
    pub published: u64,
}

/// What came of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    /// The file's name.
    pub file: String,
    /// How many rows it has.
    pub rows: u64,
    /// How many of them were accepted.
    pub accepted: u64,
    /// How many were rejected.
    pub rejected: u64,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The import's id, which its events and all that follows from them have as correlation id.
    pub import_id: String,
    /// The files, in the order in which they were imported.
    pub files: Vec<FileReport>,
    /// Files of the bundle that were not imported.
    pub ignored: Vec<String>,
    /// How many rows were accepted, in all.
    pub accepted: u64,
    /// How many were rejected, in all.
    pub rejected: u64,
    /// The same by the code of the rule that they break.
    pub rejects: BTreeMap<String, u64>,
    /// How many events were published and confirmed: one for each accepted row (a row of `roles.csv` is a part of its person's),
    /// one for each rejected row that is written down, and two for the import's start and end.
    pub published: u64,
    /// How many of them no subscription wants.
    pub unrouted: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

/// Counts what becomes of rows.
#[derive(Debug, Default)]
pub struct Tally {
    files: Vec<FileReport>,
    rejects: BTreeMap<String, u64>,
    /// How many events were confirmed.
    pub published: u64,
    /// How many of them were events of rows.
    pub published_of_rows: u64,
    /// How many of them no subscription wants.
    pub unrouted: u64,
}

impl Tally {
    /// Starts to count for these files.
    pub fn of(files: &[(File, u64)]) -> Self {
        let none =
            |(file, _): &(File, u64)| FileReport { file: file.name().to_owned(), rows: 0, accepted: 0, rejected: 0 };
        Self { files: files.iter().map(none).collect(), ..Self::default() }
    }

    /// Counts an accepted row.
    pub fn accept(&mut self, file: File) {
        if let Some(report) = self.file(file) {
            report.rows += 1;
            report.accepted += 1;
        }
    }

    /// Counts a rejected row.
    pub fn reject(&mut self, file: File, code: &str) {
        if let Some(report) = self.file(file) {
            report.rows += 1;
            report.rejected += 1;
        }
        *self.rejects.entry(code.to_owned()).or_default() += 1;
    }

    /// Takes back that a row was accepted: it turned out later that its event may not go out.
    pub fn take_back(&mut self, file: File) {
        if let Some(report) = self.file(file) {
            report.rows -= 1;
            report.accepted -= 1;
        }
    }

    /// How many rows there were.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// How many rows were accepted.
    pub fn accepted(&self) -> u64 {
        self.files.iter().map(|file| file.accepted).sum()
    }

    /// How many rows were rejected.
    pub fn rejected(&self) -> u64 {
        self.files.iter().map(|file| file.rejected).sum()
    }

    /// What came of each file.
    pub fn files(&self) -> &[FileReport] {
        &self.files
    }

    /// How far the import is.
    pub fn progress(&self, file: File, rows_total: u64) -> Progress {
        let (accepted, rejected) = (self.accepted(), self.rejected());
        let file = file.name().to_owned();
        Progress { file, rows_read: self.rows(), rows_total, accepted, rejected, published: self.published }
    }

    /// What came of the import.
    pub fn into_report(self, import_id: String, ignored: Vec<String>, elapsed_ms: u64) -> Report {
        let (accepted, rejected) = (self.accepted(), self.rejected());
        let Self { files, rejects, published, unrouted, .. } = self;
        Report { import_id, files, ignored, accepted, rejected, rejects, published, unrouted, elapsed_ms }
    }

    fn file(&mut self, file: File) -> Option<&mut FileReport> {
        self.files.iter_mut().find(|report| report.file == file.name())
    }
}
