//! Where a bundle's files are: in a folder, in a zip file, or in this program.

use std::{
    collections::BTreeMap,
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

/// A bundle whose manifest has been found. Nothing of it is ever unpacked to disk.
pub enum Bundle {
    /// A folder.
    Folder(PathBuf),
    /// A zip file.
    Zip(Archive<BufReader<fs::File>>),
    /// Files in this program.
    Embedded(&'static [(&'static str, &'static str)]),
}

impl Bundle {
    /// Finds the bundle: its files lie at the top, or all of them in one folder below it.
    pub fn open(source: &Source, limits: &ImportSection) -> Result<Self, Refusal> {
        match source {
            Source::Embedded(files) => Ok(Self::Embedded(files)),
            Source::Path(path) => {
                let metadata = fs::metadata(path).map_err(|reason| Refusal::unreadable(path, reason))?;
                if metadata.is_dir() {
                    return folder_of(path).map(Self::Folder);
                }
                let file = fs::File::open(path).map_err(|reason| Refusal::unreadable(path, reason))?;
                Archive::open(BufReader::new(file), metadata.len(), limits, path).map(Self::Zip)
            }
        }
    }

    /// Whether there is a file of this name.
    pub fn has(&self, file: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.join(file).is_file(),
            Self::Zip(archive) => archive.has(file),
            Self::Embedded(files) => files.iter().any(|(name, _)| *name == file),
        }
    }

    /// Reads a file from its beginning.
    pub fn read(&mut self, file: &'static str) -> Result<Box<dyn Read + '_>, Refusal> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(file);
                let opened = fs::File::open(&path).map_err(|reason| Refusal::unreadable(&path, reason))?;
                Ok(Box::new(opened))
            }
            Self::Zip(archive) => Ok(Box::new(archive.read(file)?)),
            Self::Embedded(files) => match files.iter().find(|(name, _)| *name == file) {
                Some((_, text)) => Ok(Box::new(text.as_bytes())),
                None => Err(Refusal::missing(file)),
            },
        }
    }
}

/// The place of the manifest among the paths of a bundle, as the folder before it, which is empty or ends in `/`.
pub(super) fn root_of<'p>(paths: impl Iterator<Item = &'p str>) -> Option<String> {
    let mut below = BTreeMap::new();
    for path in paths {
        match path.strip_suffix(MANIFEST) {
            Some("") => return Some(String::new()),
            Some(folder) if folder.ends_with('/') && folder.matches('/').count() == 1 => {
                below.insert(folder, ());
            }
            _ => {}
        }
    }
    // Two bundles in one are none: there is no telling which one is meant.
    if below.len() == 1 { below.into_keys().next().map(str::to_owned) } else { None }
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
