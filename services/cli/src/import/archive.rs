//! A zip file as a set of files that can be read, within limits: what lies about its size is a bomb.

use std::{
    collections::BTreeMap,
    io::{self, Read, Seek},
    path::Path,
};

use fabric::config::ImportSection;
use zip::{ZipArchive, result::ZipError};

use super::{
    bundle::{Files, root_of},
    error::Refusal,
};

/// A zip file with a bundle in it.
pub struct Archive<R> {
    zip: ZipArchive<R>,
    /// The bundle's files by name, with their place in the archive.
    files: BTreeMap<String, usize>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory of a zip file of `bytes` bytes, and checks the sizes that it declares; `path` is what errors call it.
    pub fn open(input: R, bytes: u64, limits: &ImportSection, path: &Path) -> Result<Self, Refusal> {
        let zip = ZipArchive::new(input).map_err(|error| match error {
            ZipError::Io(reason) if reason.kind() != io::ErrorKind::UnexpectedEof => Refusal::unreadable(path, reason),
            _ => Refusal::NotAZip { path: path.to_owned() },
        })?;
        if zip.has_duplicate_names() {
            let reason = "two files in it have the same name".to_owned();
            return Err(Refusal::Damaged { file: path.display().to_string(), reason });
        }
        let mut declared: u64 = 0;
        let mut paths = BTreeMap::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index).map_err(|error| damaged(&path.display().to_string(), &error))?;
            declared = declared.saturating_add(entry.size());
            // A name that is not text is not the name of a file of the standard.
            let Ok(name) = entry.name() else { continue };
            if entry.is_file() {
                paths.insert(name.replace('\\', "/"), index);
            }
        }
        if declared > limits.zip_bytes_max {
            return Err(Refusal::TooLarge { bytes_max: limits.zip_bytes_max });
        }
        if declared > bytes.saturating_mul(limits.zip_ratio_max) {
            return Err(Refusal::Bomb { ratio_max: limits.zip_ratio_max });
        }
        let root = root_of(paths.keys().map(String::as_str)).ok_or(Refusal::NoManifest)?;
        let below = |(path, index): (String, usize)| Some((path.strip_prefix(&root)?.to_owned(), index));
        Ok(Self { zip, files: paths.into_iter().filter_map(below).collect() })
    }
}

impl<R: Read + Seek + Send> Files for Archive<R> {
    fn has(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// Unpacks a file as far as the reader is read. The reader fails beyond the size that was declared, so what has been checked
    /// when the archive was opened bounds everything.
    fn read(&mut self, file: &'static str) -> Result<Box<dyn Read + '_>, Refusal> {
        let index = *self.files.get(file).ok_or_else(|| Refusal::missing(file))?;
        if self.zip.by_index_data(index).is_ok_and(|entry| entry.encrypted()) {
            return Err(Refusal::Encrypted { file: file.to_owned() });
        }
        let unpacked = self.zip.by_index(index).map_err(|error| damaged(file, &error))?;
        Ok(Box::new(unpacked))
    }
}

fn damaged(file: &str, error: &ZipError) -> Refusal {
    Refusal::Damaged { file: file.to_owned(), reason: error.to_string() }
}
