//! The folder with the kept schemas: one file for each version of each event.

use std::path::{Path, PathBuf};

use fabric::Topic;
use serde_json::Value;

use crate::{Outcome, exit::Failure};

/// A file of the folder.
pub struct KeptFile {
    /// Its name.
    pub name: String,
    /// The topic and the version that the name says; none if it says something else.
    pub event: Option<(Topic, u16)>,
}

/// The file of a topic's version.
pub fn path(folder: &Path, topic: &str, version: u16) -> PathBuf {
    folder.join(format!("{topic}.v{version}.json"))
}

/// A schema as it stands in its file.
pub fn text(schema: &Value) -> Outcome<String> {
    let text = serde_json::to_string_pretty(schema).map_err(|error| Failure::Other(error.to_string()))?;
    Ok(text + "\n")
}

/// Reads a schema.
pub fn read(path: &Path) -> Outcome<Value> {
    let cannot = |error: &dyn std::fmt::Display| Failure::Refused(format!("cannot read {}: {error}", path.display()));
    let text = std::fs::read(path).map_err(|error| cannot(&error))?;
    serde_json::from_slice(&text).map_err(|error| cannot(&error))
}

/// The JSON files of the folder, sorted by topic and version.
pub fn list(folder: &Path) -> Outcome<Vec<KeptFile>> {
    let cannot = |error: std::io::Error| Failure::Usage(format!("--dir: cannot read {}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let name = entry.map_err(cannot)?.file_name().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".json") {
            files.push(KeptFile { event: event_of(stem), name });
        }
    }
    files.sort_by(|left, right| (&left.event, &left.name).cmp(&(&right.event, &right.name)));
    Ok(files)
}

fn event_of(stem: &str) -> Option<(Topic, u16)> {
    let (topic, version) = stem.rsplit_once(".v")?;
    let number = version.parse().ok().filter(|number: &u16| *number > 0 && number.to_string() == version)?;
    Some((Topic::try_new(topic).ok()?, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_says_topic_and_version() {
        let table = [
            ("gradebook.grade.posted.v1", Some(("gradebook.grade.posted", 1))),
            ("gradebook.grade.posted.v12", Some(("gradebook.grade.posted", 12))),
            ("gradebook.grade.posted.v0", None),
            ("gradebook.grade.posted.v01", None),
            ("gradebook.grade.posted", None),
            ("grade.v1", None),
        ];
        for (stem, expected) in table {
            let found = event_of(stem);
            assert_eq!(found.as_ref().map(|(topic, version)| (topic.as_str(), *version)), expected, "{stem}");
        }
    }
}
