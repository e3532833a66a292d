//! Writing a history.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use super::entry::{Entry, Fact, Phase};

/// Writes the facts of one process to the end of a file. Clones are the same recorder; it may be used from many threads.
///
/// What it wrote is with the kernel, so it outlives the process whatever becomes of it. It outlives the machine if it was
/// written durably.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Journal>);

#[derive(Debug)]
struct Journal {
    process: String,
    file: File,
    acts: AtomicU64,
    /// The wall clock may be set back; within a process time goes on.
    last_us: AtomicU64,
}

/// Something that has begun. It is ended once, or never if the process dies or the act is dropped.
#[derive(Debug)]
#[must_use = "an act that does not end counts as unknown"]
pub struct Act {
    recorder: Recorder,
    number: u64,
    fact: Fact,
}

impl Recorder {
    /// Writes to the end of `file`, creating it if need be. Other processes may do so at the same time.
    pub fn open(file: &Path, process: impl Into<String>) -> Result<Self> {
        let opened = OpenOptions::new().append(true).create(true).open(file);
        let opened = opened.with_context(|| format!("cannot open the history {}", file.display()))?;
        Ok(Self(Arc::new(Journal {
            process: process.into(),
            file: opened,
            acts: AtomicU64::new(0),
            last_us: AtomicU64::new(0),
        })))
    }

    /// Writes to the end of `{folder}/{process}.jsonl`, creating both if need be.
    pub fn in_folder(folder: &Path, process: &str) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Self::open(&folder.join(format!("{process}.jsonl")), process)
    }

    /// Records that something begins. To be called before it can have any effect.
    pub fn begin(&self, fact: Fact) -> Result<Act> {
        let number = self.0.acts.fetch_add(1, Ordering::Relaxed);
        self.write(number, Phase::Invoke, &fact)?;
        Ok(Act { recorder: self.clone(), number, fact })
    }

    /// Records something that takes no time, an effect or a parking, as done.
    pub fn done(&self, fact: &Fact) -> Result<()> {
        let number = self.0.acts.fetch_add(1, Ordering::Relaxed);
        self.write(number, Phase::Ok, fact)
    }

    fn write(&self, act: u64, phase: Phase, fact: &Fact) -> Result<()> {
        let journal = &*self.0;
        let now_us = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_micros();
        let now_us = u64::try_from(now_us)?;
        let at_us = journal.last_us.fetch_max(now_us, Ordering::Relaxed).max(now_us);
        let entry =
            Entry { at_us, process: journal.process.clone(), pid: std::process::id(), act, phase, fact: fact.clone() };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        // One call, or the lines of several processes would mix.
        let written = (&journal.file).write(&line).context("cannot write the history")?;
        ensure!(written == line.len(), "only {written} of {} bytes of the history were written", line.len());
        Ok(())
    }
}

impl Act {
    /// Ends it well.
    pub fn ok(self) -> Result<()> {
        self.end(Phase::Ok)
    }

    /// Ends it well, and returns when that is on disk (`fdatasync`). It blocks the thread for as long as the disk takes.
    pub fn ok_durably(self) -> Result<()> {
        let recorder = self.recorder.clone();
        self.end(Phase::Ok)?;
        recorder.0.file.sync_data().context("the history cannot be made durable")
    }

    /// Ends it with the certainty that it had no effect; for a handler, that it did not succeed.
    pub fn fail(self) -> Result<()> {
        self.end(Phase::Fail)
    }

    /// Ends it without knowing whether it had an effect.
    pub fn unknown(self) -> Result<()> {
        self.end(Phase::Unknown)
    }

    fn end(self, phase: Phase) -> Result<()> {
        self.recorder.write(self.number, phase, &self.fact)
    }
}
