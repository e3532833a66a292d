//! `fabric schema check`: the kept schemas against the events of this binary.

use std::{cmp::Ordering, path::Path};

use fabric::{
    Descriptor, Pattern, Topic,
    core::{
        codec::schema_uri,
        schema::{Compat, compare},
        upcast,
    },
};
use serde::Serialize;
use serde_json::Value;

use super::{args::Kept, folder, of_binary};
use crate::{
    Outcome,
    args::Common,
    exit::Failure,
    output::{self, Table},
    platform,
};

/// What to do about a breaking change.
pub const WAY_OUT: &str = "raise the version and write an upcaster";
/// What to do about a present version without a file.
const KEEP: &str = "run `fabric schema write`";

/// Something that is not as it should be.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The event's topic, or the file's name where that says none.
    pub topic: String,
    /// Which version.
    pub version: Option<u16>,
    /// What kind of thing.
    pub kind: Kind,
    /// What a change means.
    pub class: Option<Compat>,
    /// Where in the payload.
    pub path: String,
    /// What it is.
    pub reason: String,
    /// Whether a contract is broken.
    pub breaks: bool,
}

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The event's type says something else than the file.
    Changed,
    /// The file of the present version is missing: whoever changes the event next would break nothing.
    NotKept,
    /// The file of an older version is missing.
    Missing,
    /// An older version cannot be brought up to the present one.
    Older,
    /// A file is of a version that this binary does not know.
    Newer,
    /// A file is of an event that this binary does not know.
    Unknown,
    /// A file is no schema of what its name says.
    Unreadable,
}

pub fn run(common: &Common, arguments: &Kept) -> Outcome {
    let findings = findings(&arguments.folder.dir, &arguments.pattern)?;
    output::show(common.json, &findings, |findings| text(findings))?;
    ending(&findings)
}

/// How the command ends. A schema that is missing can be compared with nothing, so it never passes.
fn ending(findings: &[Finding]) -> Outcome {
    let count = |is: fn(&&Finding) -> bool| findings.iter().filter(is).count();
    let broken = count(|finding| finding.breaks);
    let missing = count(|finding| finding.kind == Kind::Missing);
    let not_kept = count(|finding| finding.kind == Kind::NotKept);
    if broken > 0 {
        let way_out = if broken == missing { "bring the files back" } else { WAY_OUT };
        return Err(Failure::Broken(format!("{broken} of these break a contract: {way_out}")));
    }
    match not_kept {
        0 => Ok(()),
        count => Err(Failure::Other(format!("{count} of these are not kept yet: {KEEP}"))),
    }
}

fn text(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "every kept schema is as its event is".to_owned();
    }
    let mut table = Table::new(&["TOPIC", "V", "CLASS", "PATH", "WHAT"]);
    for finding in findings {
        let version = finding.version.map(|version| version.to_string()).unwrap_or_default();
        let class = finding.class.map_or(if finding.breaks { "breaking" } else { "not kept" }, Compat::as_str);
        let path = if finding.path.is_empty() { "-" } else { &finding.path };
        table.row([&finding.topic, version.as_str(), class, path, &finding.reason]);
    }
    let is_changed_only = findings.iter().all(|finding| finding.kind == Kind::Changed && !finding.breaks);
    let hint = if is_changed_only { format!("\n{KEEP}") } else { String::new() };
    format!("{table}{hint}")
}

/// Everything that differs, of the topics that match.
fn findings(folder: &Path, pattern: &Pattern) -> Outcome<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in folder::list(folder)? {
        let Some((topic, version)) = file.event else {
            findings.push(broken(&file.name, None, Kind::Unreadable, "its name is not TOPIC.vVERSION.json"));
            continue;
        };
        if pattern.matches(topic.as_str()) {
            findings.extend(of_file(folder, &topic, version)?);
        }
    }
    for event in platform::catalogue().iter().filter(|event| pattern.matches(event.topic)) {
        findings.extend(missing(folder, event));
    }
    findings.sort_by(|left, right| (&left.topic, left.version).cmp(&(&right.topic, right.version)));
    Ok(findings)
}

/// The versions of an event that have no file.
fn missing(folder: &Path, event: &Descriptor) -> impl Iterator<Item = Finding> {
    let missing = (1..=event.version).filter(|version| !folder::path(folder, event.topic, *version).exists());
    missing.map(|version| {
        if version < event.version {
            let reason = "an older version has no schema: upcasters and old events need it";
            return broken(event.topic, Some(version), Kind::Missing, reason);
        }
        let reason = format!("not kept yet: {KEEP}");
        Finding { breaks: false, ..broken(event.topic, Some(version), Kind::NotKept, &reason) }
    })
}

fn of_file(folder: &Path, topic: &Topic, version: u16) -> Outcome<Vec<Finding>> {
    let Some(event) = fabric_catalog::find(topic.as_str()) else {
        return Ok(vec![broken(topic.as_str(), Some(version), Kind::Unknown, "this binary does not know the event")]);
    };
    let kept = match folder::read(&folder::path(folder, topic.as_str(), version)) {
        Ok(kept) => kept,
        Err(error) => {
            return Ok(vec![broken(event.topic, Some(version), Kind::Unreadable, &error.to_string())]);
        }
    };
    let mut found = Vec::new();
    if kept["$id"] != schema_uri(topic, version) {
        found.push(broken(event.topic, Some(version), Kind::Unreadable, "its $id is not of its topic and version"));
    }
    match version.cmp(&event.version) {
        Ordering::Equal => found.extend(changes(event, &kept)?),
        Ordering::Less => found.extend(unreadable_examples(event, version, &kept)),
        Ordering::Greater => {
            let known = format!("this binary knows version {} at most", event.version);
            found.push(broken(event.topic, Some(version), Kind::Newer, &known));
        }
    }
    Ok(found)
}

/// What changed since the schema of the present version was written.
pub fn changes(event: &Descriptor, kept: &Value) -> Outcome<Vec<Finding>> {
    let changes = compare(kept, &of_binary(event.topic)?);
    let finding = changes.into_iter().map(|change| Finding {
        topic: event.topic.to_owned(),
        version: Some(event.version),
        kind: Kind::Changed,
        class: Some(change.class),
        breaks: change.class == Compat::Breaking,
        path: change.path,
        reason: change.reason,
    });
    Ok(finding.collect())
}

/// The examples of an older version that the event's upcasters do not make a valid payload of.
fn unreadable_examples(event: &Descriptor, version: u16, kept: &Value) -> Vec<Finding> {
    let examples = kept["examples"].as_array().map_or(&[][..], Vec::as_slice);
    if examples.is_empty() {
        return vec![broken(event.topic, Some(version), Kind::Older, "it has no example to try the upcasters with")];
    }
    let brought_up = |example: &Value| {
        let body = example.to_string().into_bytes();
        let body =
            upcast::to_version(version, event.version, event.upcasters, &body).map_err(|error| error.to_string())?;
        (event.check)(&body).map_err(|error| error.to_string())
    };
    let said = examples.iter().filter_map(|example| brought_up(example).err());
    said.map(|said| {
        broken(event.topic, Some(version), Kind::Older, &format!("its example cannot be brought up: {said}"))
    })
    .collect()
}

fn broken(topic: &str, version: Option<u16>, kind: Kind, reason: &str) -> Finding {
    Finding {
        topic: topic.to_owned(),
        version,
        kind,
        class: None,
        path: String::new(),
        reason: reason.to_owned(),
        breaks: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_a_file_fails_the_check() -> Outcome {
        let folder = tempfile::tempdir()?;
        let known = fabric_catalog::find("gradebook.grade.posted").expect("it is in the catalogue");
        let event = Descriptor { version: 2, ..*known };
        let keep = |version| std::fs::write(folder::path(folder.path(), event.topic, version), "{}");
        let ends =
            |findings: &[Finding]| ending(findings).map_or_else(|error| error.to_string(), |()| "passes".to_owned());
        let found = || -> Vec<Finding> { missing(folder.path(), &event).collect() };
        let said =
            |found: &[Finding]| -> Vec<_> { found.iter().map(|one| (one.version, one.kind, one.breaks)).collect() };

        let none_kept = found();
        assert_eq!(said(&none_kept), [(Some(1), Kind::Missing, true), (Some(2), Kind::NotKept, false)]);
        assert_eq!(ends(&none_kept), "1 of these break a contract: bring the files back");
        keep(2)?;
        assert!(found()[0].reason.starts_with("an older version has no schema"), "{:?}", found());
        assert!(matches!(ending(&found()), Err(Failure::Broken(_))));
        keep(1)?;
        assert_eq!(ends(&found()), "passes");
        std::fs::remove_file(folder::path(folder.path(), event.topic, 2))?;
        assert_eq!(ends(&found()), "1 of these are not kept yet: run `fabric schema write`");
        Ok(())
    }
}
