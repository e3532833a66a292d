//! The seat of a `fabric up` in its data folder: there is one, and other commands find who has it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use fabric::config::Config;

use crate::{
    Outcome,
    exit::Failure,
    platform::{self, Running},
};

/// A data folder that is this process's own for as long as this value lives.
pub(super) struct Seat {
    /// Says where this process listens.
    file: PathBuf,
    /// Locked. The system unlocks it when the process ends, however that happens.
    _lock: File,
}

impl Seat {
    /// Takes the data folder. Fails when another `fabric up` has it.
    pub fn take(config: &Config) -> Outcome<Self> {
        let file = platform::running_file(config);
        let cannot = |error: io::Error| cannot_write(&file, &error);
        fs::create_dir_all(&config.data.folder).map_err(cannot)?;
        // A file of its own, which is never removed: whoever waits for a lock on a removed one would get it beside the next owner.
        let lock = File::options().create(true).append(true).open(file.with_extension("lock")).map_err(cannot)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { file, _lock: lock }),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
            Err(TryLockError::WouldBlock) => Err(Failure::Other(taken(config))),
        }
    }

    /// Says where this process listens.
    pub fn announce(&self, url: &str) -> Outcome {
        let running = Running { url: url.to_owned(), pid: std::process::id() };
        let json = serde_json::to_vec(&running).map_err(|error| Failure::Other(error.to_string()))?;
        fs::write(&self.file, json).map_err(|error| cannot_write(&self.file, &error))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the file by which commands find this process could not be removed");
            }
            Ok(()) | Err(_) => {}
        }
    }
}

fn cannot_write(file: &Path, error: &io::Error) -> Failure {
    Failure::Other(format!("data.folder: cannot write {}: {error}", file.display()))
}

/// Who has the folder, as far as it has said so already.
fn taken(config: &Config) -> String {
    let owner = platform::running(config).map(|Running { url, pid }| format!(", at {url} in the process {pid}"));
    format!(
        "another `fabric up` runs with the data folder {}{}: stop it, or give this one a folder of its own with \
         FABRIC__DATA__FOLDER",
        config.data.folder.display(),
        owner.unwrap_or_default()
    )
}
