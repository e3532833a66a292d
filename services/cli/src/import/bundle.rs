//! Where a bundle's files are: in a folder, in a zip file, or in this program.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use fabric::config::ImportSection;

use super::{archive::Archive, error::Refusal, manifest::MANIFEST};

/// A bundle that is to be imported.
#[derive(Debug, Clone)]
pub enum Source {
    /// A zip file, or a folder with the files in it.
    Path(PathBuf),
    /// Files that are compiled into this program: names and texts.
    Embedded(&'static [(&'static str, &'static str)]),
}

/// The files of a bundle whose manifest has been found. Nothing of it is ever unpacked to disk.
pub trait Files: Send {
    /// Whether there is a file of this name.
    fn has(&self, file: &str) -> bool;

    /// Reads a file from its beginning.
    fn read(&mut self, file: &'static str) -> Result<Box<dyn Read + '_>, Refusal>;
}

/// Finds the files of a bundle: they lie at the top, or all of them in one folder below it.
pub fn open(source: &Source, limits: &ImportSection) -> Result<Box<dyn Files>, Refusal> {
    let path = match source {
        Source::Embedded(files) => return Ok(Box::new(Embedded(files))),
        Source::Path(path) => path,
    };
    let metadata = fs::metadata(path).map_err(|reason| Refusal::unreadable(path, reason))?;
    if metadata.is_dir() {
        return Ok(Box::new(Folder(folder_of(path)?)));
    }
    let file = fs::File::open(path).map_err(|reason| Refusal::unreadable(path, reason))?;
    Ok(Box::new(Archive::open(BufReader::new(file), metadata.len(), limits, path)?))
}

struct Folder(PathBuf);

impl Files for Folder {
    fn has(&self, file: &str) -> bool {
        self.0.join(file).is_file()
    }

    fn read(&mut self, file: &'static str) -> Result<Box<dyn Read + '_>, Refusal> {
        let path = self.0.join(file);
        let opened = fs::File::open(&path).map_err(|reason| Refusal::unreadable(&path, reason))?;
        Ok(Box::new(opened))
    }
}

struct Embedded(&'static [(&'static str, &'static str)]);

impl Files for Embedded {
    fn has(&self, file: &str) -> bool {
        self.0.iter().any(|(name, _)| *name == file)
    }

    fn read(&mut self, file: &'static str) -> Result<Box<dyn Read + '_>, Refusal> {
        let found = self.0.iter().find(|(name, _)| *name == file);
        let (_, text) = found.ok_or_else(|| Refusal::missing(file))?;
        Ok(Box::new(text.as_bytes()))
    }
}

/// The place of the manifest among the paths of a bundle, as the folder before it, which is empty or ends in `/`.
pub(super) fn root_of<'p>(paths: impl Iterator<Item = &'p str>) -> Option<String> {
    let mut below = BTreeSet::new();
    for path in paths {
        match path.strip_suffix(MANIFEST) {
            Some("") => return Some(String::new()),
            Some(folder) if folder.ends_with('/') && folder.matches('/').count() == 1 => {
                below.insert(folder);
            }
            _ => {}
        }
    }
    // Two bundles in one are none: there is no telling which one is meant.
    if below.len() == 1 { below.pop_first().map(str::to_owned) } else { None }
}

fn folder_of(path: &Path) -> Result<PathBuf, Refusal> {
    if path.join(MANIFEST).is_file() {
        return Ok(path.to_owned());
    }
    let unreadable = |reason: io::Error| Refusal::unreadable(path, reason);
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let below = entry.map_err(unreadable)?.path();
        if below.join(MANIFEST).is_file() {
            found.push(below);
        }
    }
    match found.pop() {
        Some(folder) if found.is_empty() => Ok(folder),
        _ => Err(Refusal::NoManifest),
    }
}
