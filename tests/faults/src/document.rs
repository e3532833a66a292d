//! The page with the figures: each command writes its own section and leaves the others as they are.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use jiff::Zoned;

use crate::lab::Lab;

/// What comes before the sections of a new page.
const INTRODUCTION: &str = "\
# Faults

What the fabric promises, held against real faults: real processes, real brokers, real signals and sockets. Generated, not written:
the command stands with each table.

A *driver* publishes through the fabric, one event at a time for each key, and publishes again, with the same id, until an event is
confirmed. *Workers* are processes of their own, two unless the fault needs one, with three subscriptions: `faults.loose` promises
completeness, `faults.strict` (four partitions) order per key, `faults.held` also that later events of a key wait behind a parked one.
One event in twenty fails once or twice, one key a second is doomed to have a poisoned event, and one message a second is no event at
all. Everybody writes down what happens, outside of the system under test. After the fault the workers are stopped in good order
until every queue is empty; then the checker holds the history against the promises.

- *unknown*: publishes that ended without anybody knowing how; each was done again.
- *handled*, *lost*, *duplicates*, *parked*, *poison* count pairs of event and subscription. Duplicates are events that a handler
  finished more than once, which at-least-once delivery allows; the effects of handlers with an inbox are not doubled by them.
- *reordered*: events of ordered subscriptions handled after a later one of their key, or beside another of it. When a worker has lost its
  connection it finishes what it is handling while another worker gets the same event again: that is a duplicate, not a reordering.
- *held*: events that are parked behind a parked one of their key, as they must be.
- *recovery*: the longest time from the end of a fault to the first confirm and the first handled event after it.
- *gap*: times between two confirms from the first fault on.

The broker offers dead letters that nobody took again every 4 s instead of every 180 s, and looks for consumers that take too long
every second instead of every minute, so that a cell does not take as long.
";

/// Puts a section into the page, in the place of the one with the same name.
pub fn write(path: &Path, name: &str, section: &str) -> Result<()> {
    let page = if path.exists() { std::fs::read_to_string(path)? } else { INTRODUCTION.to_owned() };
    std::fs::write(path, replaced(&page, name, section)).with_context(|| format!("cannot write {}", path.display()))
}

fn replaced(page: &str, name: &str, section: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: generated -->"), format!("<!-- {name}: end -->"));
    let section = format!("{begin}\n{}\n{end}\n", section.trim_end());
    let old = page.find(&begin).and_then(|from| Some((from, from + page.get(from..)?.find(&end)? + end.len() + 1)));
    match old {
        Some((from, to)) => [page.get(..from), Some(section.as_str()), page.get(to..)].into_iter().flatten().collect(),
        None => format!("{}\n\n{section}", page.trim_end()),
    }
}

/// When, with what, on what and how this was measured.
pub async fn circumstances(lab: &mut Lab, command: &str) -> Result<String> {
    let versions =
        "io:format(\"RabbitMQ ~s, Erlang/OTP ~s\", [rabbit_misc:version(), rabbit_misc:otp_release()]), done.";
    let broker = lab.node().await?.ctl(&["eval", versions]).await?;
    let broker = broker.strip_suffix("done").unwrap_or(&broker).trim();
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let date = Zoned::now().date();
    Ok(format!(
        "{date}; {broker}; {}; fabric {}, lapin {}, tokio {}, a {profile} build; {} cores, {} GiB of memory.\n\n    {command}\n",
        rustc(),
        env!("CARGO_PKG_VERSION"),
        locked("lapin"),
        locked("tokio"),
        std::thread::available_parallelism().map_or(0, usize::from),
        memory_gib(),
    ))
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let version = output.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let words: Vec<&str> = version.split_whitespace().take(2).collect();
    if words.is_empty() { "rustc of an unknown version".to_owned() } else { words.join(" ") }
}

/// The version of a dependency.
fn locked(name: &str) -> &'static str {
    const LOCK: &str = include_str!("../../../Cargo.lock");
    let entry = LOCK.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{name}\"\n")));
    entry.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next()).unwrap_or("?")
}

fn memory_gib() -> u64 {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total =
        info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    total.unwrap_or_default() / 1024 / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_the_one_before() {
        let page = replaced(&replaced("# Page\n", "cells", "one"), "mutants", "two");
        let again = replaced(&page, "cells", "three");
        assert_eq!(again, page.replace("one", "three"));
        assert!(again.starts_with("# Page\n\n<!-- cells: generated -->\nthree\n"), "{again}");
        assert!(again.contains("two"));
    }

    #[test]
    fn the_versions_of_dependencies_are_known() {
        assert!(locked("lapin").starts_with("4."), "{}", locked("lapin"));
    }
}
