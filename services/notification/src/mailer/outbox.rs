//! A folder with a file for each mail.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use fabric::EventId;

use super::MailError;

/// A folder with a file for each mail.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// The folder. It is made with the first mail.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Writes a mail. The same event writes the same file again.
    pub async fn write(&self, cause: EventId, mail: Vec<u8>) -> Result<(), MailError> {
        let folder = self.folder.clone();
        let written = tokio::task::spawn_blocking(move || write(&folder, cause, &mail)).await;
        let written = written.unwrap_or_else(|_stopped| Err(io::Error::other("the runtime is stopping")));
        written.map_err(|error| MailError::Outbox(error.kind()))
    }
}

/// The file gets its name when it is complete, so whoever finds it finds the whole mail. It is not synced to the disk:
/// the event that asked for it comes again if this machine fails before it is acknowledged.
fn write(folder: &Path, cause: EventId, mail: &[u8]) -> io::Result<()> {
    // Mails are for their recipients: nobody else on this machine may read them.
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = folder.join(format!("{cause}.draft"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(mail)?;
    fs::rename(&draft, folder.join(format!("{cause}.eml")))
}
