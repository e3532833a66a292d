//! The record of what operators changed: one JSON object a line, only ever appended to, in the data folder of the process that acts.
//!
//! An act is written down, and on the disk, before it begins, and once more with its outcome when it has ended. So a begun act without
//! an outcome is one that was cut off. No payload ever stands here.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use fabric::{Clock, config::Config, core::parked::Select};
use jiff::Timestamp;
use serde::Serialize;
use tokio::task;

use crate::{Outcome, exit::Failure};

/// The most ids that a record lists; the count says how many there were.
const IDS_MAX: usize = 1_000;

/// Where acts are recorded.
#[derive(Debug, Clone)]
pub struct Audit {
    file: PathBuf,
    clock: Clock,
}

/// What somebody does.
#[expect(clippy::struct_field_names, reason = "the names are those of the record")]
#[derive(Debug, Clone, Serialize)]
pub struct Act {
    /// An id for the act: the redrive's id, if it is one.
    pub act_id: String,
    /// Who does it.
    pub actor: String,
    /// What: `edit`, `redrive`, `drop`, `pause`, `resume`, `topology apply` or `topology migrate`.
    pub act: &'static str,
    /// To which subscription; empty for an act on the topology.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subscription: String,
    /// To which of its events.
    pub selection: String,
    /// How many these are.
    pub count: usize,
    /// Their message ids, or the names of resources; the first thousand of them.
    pub ids: Vec<String>,
    /// Why, if the actor said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The redrive, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redrive_id: Option<String>,
}

/// One line.
#[derive(Serialize)]
struct Record<'a> {
    at: Timestamp,
    /// `begun` or `ended`.
    phase: &'static str,
    #[serde(flatten)]
    act: &'a Act,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
}

impl Act {
    /// An act on selected events.
    pub fn new(
        act_id: String,
        actor: &fabric::Actor,
        act: &'static str,
        subscription: &fabric::SubscriptionName,
        select: &Select,
        ids: Vec<String>,
    ) -> Self {
        Self {
            act_id,
            actor: actor.id.to_string(),
            act,
            subscription: subscription.to_string(),
            selection: select.to_string(),
            count: ids.len(),
            ids: ids.into_iter().take(IDS_MAX).collect(),
            reason: None,
            redrive_id: None,
        }
    }
}

impl Act {
    /// An act on a whole subscription.
    pub fn on_subscription(
        act_id: String,
        actor: &fabric::Actor,
        act: &'static str,
        subscription: &fabric::SubscriptionName,
    ) -> Self {
        Self { selection: String::new(), ..Self::new(act_id, actor, act, subscription, &Select::All, Vec::new()) }
    }
}

impl Act {
    /// An act on what stands on the broker: `selection` says on what, `resources` what is to be changed.
    pub fn on_topology(
        act_id: String,
        actor: &fabric::Actor,
        act: &'static str,
        selection: String,
        resources: Vec<String>,
    ) -> Self {
        Self {
            act_id,
            actor: actor.id.to_string(),
            act,
            subscription: String::new(),
            selection,
            count: resources.len(),
            ids: resources.into_iter().take(IDS_MAX).collect(),
            reason: None,
            redrive_id: None,
        }
    }
}

impl Audit {
    /// The record of a process with this configuration.
    pub fn new(config: &Config, clock: Clock) -> Self {
        Self { file: config.data.folder.join("audit.jsonl"), clock }
    }

    /// Writes down that an act begins. Without this having worked, nothing may be done.
    pub async fn begin(&self, act: &Act) -> Outcome {
        self.write(act, "begun", None).await
    }

    /// Writes down how an act ended.
    pub async fn end(&self, act: &Act, outcome: &str) -> Outcome {
        self.write(act, "ended", Some(outcome)).await
    }

    async fn write(&self, act: &Act, phase: &'static str, outcome: Option<&str>) -> Outcome {
        let record = Record { at: self.clock.now(), phase, act, outcome };
        let line = serde_json::to_vec(&record).map_err(|error| Failure::Other(error.to_string()))?;
        let file = self.file.clone();
        let written = task::spawn_blocking(move || append(&file, line)).await;
        let written = written.map_err(|error| Failure::Other(error.to_string()))?;
        written
            .map_err(|error| Failure::Other(format!("the act cannot be recorded in {}: {error}", self.file.display())))
    }
}

/// Appends a line and waits until it is on the disk. What a crash has left of an earlier line is closed first.
fn append(path: &Path, mut line: Vec<u8>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    if !ends_with_a_line(&mut file)? {
        line.insert(0, b'\n');
    }
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()
}

fn ends_with_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_only_appended_and_a_torn_one_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data/audit.jsonl");
        append(&file, b"1".to_vec()).unwrap();
        append(&file, b"2".to_vec()).unwrap();
        std::fs::write(&file, "1\n2\n{\"torn").unwrap();
        append(&file, b"3".to_vec()).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "1\n2\n{\"torn\n3\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let other = folder.path().join("other.jsonl");
            append(&other, b"1".to_vec()).unwrap();
            assert_eq!(std::fs::metadata(&other).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
