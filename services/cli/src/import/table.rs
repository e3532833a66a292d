//! One CSV file as a stream of rows: header, line numbers, UTF-8, and a limit on how long a record may be.

use std::{
    error::Error,
    io::{self, Read},
    mem,
};

use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator};

use super::error::Refusal;

/// The most bytes of one record. A quote that is left open would otherwise read the rest of the file into memory.
const RECORD_BYTES_MAX: usize = 256 * 1024;

/// A CSV file with a header. A byte order mark is passed over.
pub struct Table<R> {
    file: &'static str,
    columns: Vec<String>,
    reader: csv::Reader<Metered<R>>,
    record: StringRecord,
}

/// One row of a file.
#[derive(Debug, Clone, Copy)]
pub struct Record<'t> {
    /// The line on which it starts, counted from 1.
    pub line: u64,
    columns: &'t [String],
    cells: &'t StringRecord,
}

impl<R: Read> Table<R> {
    /// Reads the header. Fails when one of the required columns is missing, or there twice.
    pub fn open(file: &'static str, input: R, required: &[&'static str]) -> Result<Self, Refusal> {
        // With `\n` alone as the end of a record lines can be counted: the reader's own mode for `\r\n` is late by one line.
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(Metered::new(input));
        let mut table = Self { file, columns: Vec::new(), reader, record: StringRecord::new() };
        let columns = table.next_record()?.map(|header| header.cells().map(|name| name.trim().to_owned()).collect());
        table.columns = columns.unwrap_or_default();
        let count = |wanted: &&str| table.columns.iter().filter(|column| column == wanted).count();
        let missing: Vec<&str> = required.iter().copied().filter(|column| count(column) == 0).collect();
        if !missing.is_empty() {
            return Err(Refusal::MissingColumns { file, columns: missing });
        }
        match required.iter().copied().find(|column| count(column) > 1) {
            Some(column) => Err(Refusal::DuplicateColumn { file, column }),
            None => Ok(table),
        }
    }

    /// The next row that is not blank. It may have more or fewer cells than there are columns.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, Refusal> {
        loop {
            self.reader.get_mut().left = RECORD_BYTES_MAX;
            let mut raw = mem::take(&mut self.record).into_byte_record();
            let start = self.reader.position().line();
            let read = self.reader.read_byte_record(&mut raw).map_err(|error| refusal(self.file, start, error))?;
            if !read {
                return Ok(None);
            }
            let line = self.line_of(raw.as_slice());
            self.record =
                StringRecord::from_byte_record(raw).map_err(|_| Refusal::NotUtf8 { file: self.file, line })?;
            let blank = self.record.len() == 1 && matches!(self.record.get(0), Some("" | "\r"));
            if !blank {
                return Ok(Some(Record { line, columns: &self.columns, cells: &self.record }));
            }
        }
    }

    /// The line on which the record that was read just now starts, with this text in its cells. The reader stands behind it.
    fn line_of(&self, text: &[u8]) -> u64 {
        let lines = text.split(|byte| *byte == b'\n').count() as u64;
        let (position, input) = (self.reader.position(), self.reader.get_ref());
        let cut_off = position.byte() == input.total && input.last != Some(b'\n');
        (position.line() + u64::from(cut_off)).saturating_sub(lines)
    }
}

fn refusal(file: &'static str, line: u64, error: csv::Error) -> Refusal {
    match error.into_kind() {
        ErrorKind::Io(error) if error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<TooLong>) => {
            Refusal::RecordTooLong { file, line, bytes_max: RECORD_BYTES_MAX as u64 }
        }
        ErrorKind::Io(error) => Refusal::Damaged { file: file.to_owned(), reason: error.to_string() },
        // The other kinds come from what is not used here: seeking, and rows of equal length.
        _ => Refusal::Damaged { file: file.to_owned(), reason: "not a CSV file".to_owned() },
    }
}

impl<'t> Record<'t> {
    /// Whether there is a cell for every column, and no more.
    pub fn is_whole(&self) -> bool {
        self.cells.len() == self.columns.len()
    }

    /// The text in a column: none when the file has no such column, or the row no such cell.
    pub fn cell(&self, column: &str) -> Option<&'t str> {
        let index = self.columns.iter().position(|name| name == column)?;
        self.at(index)
    }

    /// The columns with their texts.
    pub fn pairs(&self) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.columns.iter().map(String::as_str).zip(self.cells())
    }

    fn cells(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        let record = *self;
        (0..record.cells.len()).filter_map(move |index| record.at(index))
    }

    fn at(&self, index: usize) -> Option<&'t str> {
        let cell = self.cells.get(index)?;
        let is_last = index + 1 == self.cells.len();
        Some(if is_last { cell.strip_suffix('\r').unwrap_or(cell) } else { cell })
    }
}

/// Counts what is read, and stops a record that has no end.
struct Metered<R> {
    inner: R,
    /// How many bytes the current record may still have.
    left: usize,
    total: u64,
    last: Option<u8>,
}

#[derive(Debug, thiserror::Error)]
#[error("the record is too long")]
struct TooLong;

impl<R> Metered<R> {
    fn new(inner: R) -> Self {
        Self { inner, left: RECORD_BYTES_MAX, total: 0, last: None }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(self.left);
        if room == 0 && !buffer.is_empty() {
            return Err(io::Error::other(TooLong));
        }
        let read = (&mut self.inner).take(room as u64).read(buffer)?;
        self.left -= read;
        self.total += read as u64;
        self.last = buffer.get(..read).and_then(<[u8]>::last).copied().or(self.last);
        Ok(read)
    }
}
