//! Reading histories back.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::error::Category;

use super::entry::Entry;

/// How every line begins. Inside a line it cannot occur, since JSON escapes the quotation marks of strings.
const LINE_START: &[u8] = br#"{"at_us":"#;

/// What all processes wrote, in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The facts; of the same microsecond in the order of their file.
    pub entries: Vec<Entry>,
    /// Lines that were begun and not finished, because the process was killed while the kernel wrote them. What such a line
    /// would have said does not count as having happened.
    pub torn_lines: usize,
}

impl History {
    /// Reads all files `*.jsonl` of a folder. Fails for a folder or file that cannot be read, and for a line that is no
    /// entry, unless it is torn.
    pub fn read_folder(folder: &Path) -> Result<Self> {
        let unreadable = || format!("cannot read {}", folder.display());
        let mut files = Vec::new();
        for file in std::fs::read_dir(folder).with_context(unreadable)? {
            let file = file.with_context(unreadable)?.path();
            if file.extension().is_some_and(|extension| extension == "jsonl") {
                files.push(file);
            }
        }
        files.sort();
        Self::read_files(&files)
    }

    /// Reads one file, like [`History::read_folder`].
    pub fn read_file(file: &Path) -> Result<Self> {
        Self::read_files(&[file.to_owned()])
    }

    fn read_files(files: &[PathBuf]) -> Result<Self> {
        let mut history = Self::default();
        for file in files {
            let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            history.append(&text).with_context(|| format!("in {}", file.display()))?;
        }
        history.entries.sort_by_key(|entry| entry.at_us);
        Ok(history)
    }

    fn append(&mut self, text: &[u8]) -> Result<()> {
        for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
            for piece in pieces(line) {
                match serde_json::from_slice(piece) {
                    Ok(entry) => self.entries.push(entry),
                    Err(error) if error.classify() == Category::Eof => self.torn_lines += 1,
                    Err(error) => return Err(error).with_context(|| format!("line {number} is no entry")),
                }
            }
        }
        Ok(())
    }
}

/// A line, or what it consists of: after a torn line the next process's goes on in the same one.
fn pieces(line: &[u8]) -> Vec<&[u8]> {
    let later_starts = (1..line.len()).filter(|start| line[*start..].starts_with(LINE_START));
    let mut pieces = Vec::new();
    let mut rest = 0;
    for start in later_starts.chain([line.len()]) {
        if start > rest {
            pieces.push(&line[rest..start]);
        }
        rest = start;
    }
    pieces
}
