//! `fabric schema write`: the schemas of this binary's events into their files.

use std::path::{Path, PathBuf};

use fabric::Descriptor;
use serde::Serialize;

use super::{
    args::Kept,
    check::{self, WAY_OUT},
    folder, of_binary,
};
use crate::{Outcome, args::Common, exit::Failure, output, platform};

/// What was written.
#[derive(Serialize)]
struct Written {
    written: Vec<PathBuf>,
    unchanged: usize,
}

/// Nothing is written when anything is refused.
pub fn run(common: &Common, arguments: &Kept) -> Outcome {
    let folder = &arguments.folder.dir;
    let (mut stale, mut unchanged, mut refused) = (Vec::new(), 0, Vec::new());
    for event in platform::catalogue().iter().filter(|event| arguments.pattern.matches(event.topic)) {
        match planned(folder, event)? {
            Plan::Keep => unchanged += 1,
            Plan::Write(path, text) => stale.push((path, text)),
            Plan::Refuse(reason) => refused.push(reason),
        }
    }
    if !refused.is_empty() {
        return Err(Failure::Broken(format!("nothing was written: {WAY_OUT}\n{}", refused.join("\n"))));
    }
    if stale.is_empty() && unchanged == 0 {
        return Err(Failure::Refused(format!("no event of the catalogue matches {}", arguments.pattern)));
    }
    let cannot =
        |path: &Path, error: &std::io::Error| Failure::Other(format!("cannot write {}: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(|error| cannot(folder, &error))?;
    for (path, text) in &stale {
        std::fs::write(path, text).map_err(|error| cannot(path, &error))?;
    }
    let written = Written { written: stale.into_iter().map(|(path, _)| path).collect(), unchanged };
    output::show(common.json, &written, |written| {
        let lines = written.written.iter().map(|path| format!("{}\n", path.display()));
        format!("{}{} written, {} unchanged", lines.collect::<String>(), written.written.len(), written.unchanged)
    })
}

enum Plan {
    Keep,
    Write(PathBuf, String),
    Refuse(String),
}

fn planned(folder: &Path, event: &Descriptor) -> Outcome<Plan> {
    let path = folder::path(folder, event.topic, event.version);
    let text = folder::text(&of_binary(event.topic)?)?;
    if !path.exists() {
        return Ok(Plan::Write(path, text));
    }
    if std::fs::read(&path).is_ok_and(|kept| kept == text.as_bytes()) {
        return Ok(Plan::Keep);
    }
    let changes = check::changes(event, &folder::read(&path)?)?;
    let breaking: Vec<String> = changes
        .iter()
        .filter(|change| change.breaks)
        .map(|change| format!("  {} v{} {}: {}", event.topic, event.version, change.path, change.reason))
        .collect();
    Ok(if breaking.is_empty() { Plan::Write(path, text) } else { Plan::Refuse(breaking.join("\n")) })
}
