//! Rules of style that no lint knows.

use std::path::{Path, PathBuf};

const LONGEST_FILE_LINES: usize = 400;

/// What the pure core may not say outside its tests and its documentation.
const IMPURE: &[&str] = &[
    ".unwrap()",
    ".expect(",
    "panic!",
    "std::fs",
    "std::net",
    "std::env",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The Rust files below a folder, without those of tests and benchmarks.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && !["tests", "benches", "target"].iter().any(|skipped| name == *skipped) {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The numbered lines of a source that run in production: no comments and no `#[cfg(test)]` modules. It relies on
/// rustfmt, which ends a module in the column where it begins.
fn production_lines(source: &str) -> Vec<(usize, &str)> {
    let mut lines = source.lines().zip(1..).map(|(line, number)| (number, line));
    let mut kept = Vec::new();
    while let Some((number, line)) = lines.next() {
        let code = line.trim_start();
        if code == "#[cfg(test)]" {
            let column = line.len() - code.len();
            let first = lines.by_ref().map(|(_, line)| line).find(|line| !line.trim_start().starts_with("#["));
            if first.is_some_and(|first| !first.ends_with(';') && !first.ends_with('}')) {
                lines.by_ref().find(|(_, line)| line.trim_end() == format!("{}}}", " ".repeat(column)));
            }
        } else if !code.starts_with("//") {
            kept.push((number, line));
        }
    }
    kept
}

#[test]
fn files_are_short() {
    let root = workspace();
    let too_long: Vec<String> = ["libs", "services"]
        .iter()
        .flat_map(|folder| sources(&root.join(folder)))
        .filter_map(|path| {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            let shown = path.strip_prefix(&root).unwrap_or(&path).display();
            (lines > LONGEST_FILE_LINES).then(|| format!("{shown}: {lines} lines"))
        })
        .collect();
    assert!(too_long.is_empty(), "longer than {LONGEST_FILE_LINES} lines:\n{}", too_long.join("\n"));
}

#[test]
fn the_core_neither_panics_nor_looks_around() {
    let root = workspace();
    let mut found = Vec::new();
    // `mod tests;` in a file of its own is a test module too.
    let is_production = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem != "tests");
    for path in sources(&root.join("libs/core/src")).into_iter().filter(is_production) {
        let source = std::fs::read_to_string(&path).unwrap();
        for (number, line) in production_lines(&source) {
            for word in IMPURE.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{}:{number}: {word}", path.strip_prefix(&root).unwrap_or(&path).display()));
            }
        }
    }
    assert!(found.is_empty(), "the core must be total and pure:\n{}", found.join("\n"));
}

#[test]
fn production_lines_are_told_from_the_rest() {
    let source = "\
/// x.unwrap()
fn a() {
    // x.unwrap()
    b()
}
#[cfg(test)]
use x;
mod inner {
    #[cfg(test)]
    #[allow(unused)]
    mod tests {
        fn t() {
            x.unwrap()
        }
    }
    c()
}
#[cfg(test)]
mod tests {
    x.unwrap()
}
fn d() {}
";
    let numbers: Vec<_> = production_lines(source).into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, [2, 4, 5, 8, 16, 17, 22]);
}
