//! What is to be written into a folder. Nothing is, when anything of it is there already.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{Outcome, exit::Failure};

/// Files to write and to change.
pub struct Draft {
    folder: PathBuf,
    created: Vec<(PathBuf, String)>,
    changed: Vec<(PathBuf, String)>,
    next: Vec<String>,
}

/// What was written.
#[derive(Serialize)]
pub struct Written {
    created: Vec<PathBuf>,
    changed: Vec<PathBuf>,
    next: Vec<String>,
}

impl Draft {
    /// Nothing yet, for this folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), created: Vec::new(), changed: Vec::new(), next: Vec::new() }
    }

    /// A new file, with its path inside the folder.
    pub fn create(&mut self, path: &str, text: String) {
        self.created.push((self.folder.join(path), text));
    }

    /// A line for a file that is there, among those that begin alike. Where there is none of these, whoever has changed the file is told
    /// to add the line.
    pub fn insert(&mut self, path: &str, prefix: &str, line: &str) -> Outcome {
        let path = self.folder.join(path);
        let changed = self.changed.iter().position(|(known, _)| *known == path);
        let text = match changed.and_then(|index| self.changed.get(index)) {
            Some((_, text)) => text.clone(),
            None => std::fs::read_to_string(&path)
                .map_err(|error| Failure::Refused(format!("cannot read {}: {error}", path.display())))?,
        };
        match (with_line(&text, prefix, line), changed.and_then(|index| self.changed.get_mut(index))) {
            (Some(text), Some(known)) => known.1 = text,
            (Some(text), None) => self.changed.push((path, text)),
            (None, _) => self.next.push(format!("add this to {}: {line}", path.display())),
        }
        Ok(())
    }

    /// What is to be done next.
    pub fn then(&mut self, step: String) {
        self.next.push(step);
    }

    /// Writes everything. Fails, and writes nothing, when a file that is to be new is there.
    pub fn write(self) -> Outcome<Written> {
        if let Some((path, _)) = self.created.iter().find(|(path, _)| path.exists()) {
            return Err(Failure::Refused(format!("{} is there already: nothing was written", path.display())));
        }
        for (path, text) in self.created.iter().chain(&self.changed) {
            let cannot = |error| Failure::Other(format!("cannot write {}: {error}", path.display()));
            path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(cannot)?;
            std::fs::write(path, text).map_err(cannot)?;
        }
        let paths = |files: Vec<(PathBuf, String)>| files.into_iter().map(|(path, _)| path).collect();
        Ok(Written { created: paths(self.created), changed: paths(self.changed), next: self.next })
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, paths) in [("new", &self.created), ("changed", &self.changed)] {
            paths.iter().try_for_each(|path| writeln!(f, "{what:<9}{}", path.display()))?;
        }
        writeln!(f, "\nNext:")?;
        self.next.iter().try_for_each(|step| writeln!(f, "  {step}"))
    }
}

/// The text with a line more, in the order of the alphabet among the lines that begin like it, and as far to the right as they. None when
/// there are none, or when it cannot be told where the last of them ends.
fn with_line(text: &str, prefix: &str, line: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let alike: Vec<(usize, &str)> = lines
        .iter()
        .enumerate()
        .filter(|(_, known)| known.trim_start().starts_with(prefix))
        .map(|(at, one)| (at, *one))
        .collect();
    let (last, known) = *alike.last()?;
    let at = match alike.iter().find(|(_, known)| known.trim_start() > line) {
        Some((at, _)) => *at,
        None if is_whole(known) && known.chars().next_back() == line.chars().next_back() => last + 1,
        None => return None,
    };
    let indent = known.strip_suffix(known.trim_start())?;
    let (before, after) = lines.split_at_checked(at)?;
    let line = format!("{indent}{line}");
    let lines: Vec<&str> = before.iter().copied().chain([line.as_str()]).chain(after.iter().copied()).collect();
    Some(lines.join("\n") + "\n")
}

/// Whether what begins on a line ends on it.
fn is_whole(line: &str) -> bool {
    let count = |sign: char| line.matches(sign).count();
    count('(') == count(')') && count('{') == count('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_among_those_that_are_like_it() {
        let table = [
            ("mod a;\nmod c;\n\nfn f() {}\n", "mod ", "mod b;", Some("mod a;\nmod b;\nmod c;\n\nfn f() {}\n")),
            ("mod a;\n", "mod ", "mod b;", Some("mod a;\nmod b;\n")),
            ("mod b;\n", "mod ", "mod a;", Some("mod a;\nmod b;\n")),
            ("x\n    .f(b)\n    .g()\n", ".f(", ".f(c)", Some("x\n    .f(b)\n    .f(c)\n    .g()\n")),
            // What goes on over several lines can only be preceded.
            ("x\n    .f(\n        b,\n    )\n", ".f(", ".f(a)", None),
            ("x\n    .f(b(\n    ))\n", ".f(", ".f(a)", Some("x\n    .f(a)\n    .f(b(\n    ))\n")),
            ("x\n    .f(b);\n}\n", ".f(", ".f(c)", None),
            ("", "mod ", "mod a;", None),
        ];
        for (text, prefix, line, expected) in table {
            assert_eq!(with_line(text, prefix, line).as_deref(), expected, "{text}");
        }
    }
}
