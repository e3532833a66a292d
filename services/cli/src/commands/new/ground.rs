//! Where a new crate comes to stand: in a workspace that knows the fabric, or anywhere else beside a copy of its repository.

use std::path::{Path, PathBuf};

use crate::{Outcome, exit::Failure};

/// What a new crate's manifest takes the fabric from.
#[derive(Debug, PartialEq, Eq)]
pub enum Ground {
    /// From the workspace that it stands in.
    Workspace,
    /// From the copy of the fabric's repository in this folder.
    Copy(PathBuf),
}

/// The nearest workspace above a folder.
pub struct Workspace {
    folder: PathBuf,
    manifest: toml::Table,
}

/// What a crate takes from its workspace, as the keys below `workspace`.
const TAKEN_FROM_WORKSPACE: [&[&str]; 12] = [
    &["package", "version"],
    &["package", "edition"],
    &["package", "rust-version"],
    &["package", "license"],
    &["package", "publish"],
    &["lints"],
    &["dependencies", "fabric"],
    &["dependencies", "fabric-catalog"],
    &["dependencies", "fabric-testkit"],
    &["dependencies", "garde"],
    &["dependencies", "serde"],
    &["dependencies", "tokio"],
];

impl Ground {
    /// Where the crate will take the fabric from. Fails, and says what is needed, when neither a copy of the repository is given nor
    /// a workspace has what the crate would take from it.
    pub fn of(folder: &Path, workspace: Option<&Workspace>, fabric_path: Option<&Path>) -> Outcome<Self> {
        let needed = |why: String| {
            Failure::Usage(format!("{why}: say with --fabric-path where a copy of the event fabric's repository is"))
        };
        match (fabric_path, workspace) {
            (Some(given), _) => repository(given).map(Self::Copy),
            (None, None) => Err(needed(format!("no workspace is above {}", folder.display()))),
            (None, Some(workspace)) => match workspace.missing().as_slice() {
                [] => Ok(Self::Workspace),
                missing => {
                    let manifest = workspace.folder.join("Cargo.toml");
                    Err(needed(format!("{} does not have {}", manifest.display(), missing.join(", "))))
                }
            },
        }
    }
}

/// The repository to depend on, so that it is found from wherever the crate is.
fn repository(given: &Path) -> Outcome<PathBuf> {
    let whole = given.canonicalize().ok().filter(|path| path.join("libs/fabric/Cargo.toml").is_file());
    let not_there = || Failure::Usage(format!("--fabric-path: {} has no libs/fabric/Cargo.toml", given.display()));
    whole.ok_or_else(not_there)
}

impl Workspace {
    /// The nearest one above a folder, which need not be there; none when there is none.
    pub fn above(folder: &Path) -> Option<Self> {
        let folder = std::path::absolute(folder).ok()?;
        folder.ancestors().skip(1).find_map(|above| {
            let manifest: toml::Table = std::fs::read_to_string(above.join("Cargo.toml")).ok()?.parse().ok()?;
            manifest.contains_key("workspace").then(|| Self { folder: above.to_owned(), manifest })
        })
    }

    /// The path of a folder as the workspace's `members` has to say it; none when it does so already.
    pub fn member_to_add(&self, folder: &Path) -> Option<String> {
        let folder = std::path::absolute(folder).ok()?;
        let path = folder.strip_prefix(&self.folder).ok()?;
        let members = self.get(&["members"]).and_then(toml::Value::as_array);
        let is_member = members.into_iter().flatten().filter_map(toml::Value::as_str).any(|member| {
            let all_below = member.strip_suffix("/*").map(Path::new);
            Path::new(member) == path || all_below.is_some_and(|above| path.parent() == Some(above))
        });
        (!is_member).then(|| path.display().to_string())
    }

    fn missing(&self) -> Vec<String> {
        let missing = TAKEN_FROM_WORKSPACE.iter().filter(|keys| self.get(keys).is_none());
        missing.map(|keys| format!("workspace.{}", keys.join("."))).collect()
    }

    fn get(&self, keys: &[&str]) -> Option<&toml::Value> {
        keys.iter().try_fold(self.manifest.get("workspace")?, |value, key| value.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(manifest: &str) -> Workspace {
        Workspace { folder: PathBuf::from("/w"), manifest: manifest.parse().unwrap() }
    }

    #[test]
    fn members_are_added_only_where_they_are_not() {
        let own = workspace("[workspace]\nmembers = [\"services/*\", \"tools/a\"]");
        let table =
            [("/w/services/b", None), ("/w/tools/a", None), ("/w/tools/b", Some("tools/b")), ("/w/c", Some("c"))];
        for (folder, expected) in table {
            assert_eq!(own.member_to_add(Path::new(folder)).as_deref(), expected, "{folder}");
        }
        assert_eq!(workspace("[workspace]").member_to_add(Path::new("/w/c")).as_deref(), Some("c"));
    }

    #[test]
    fn a_workspace_must_have_what_a_crate_takes_from_it() {
        assert_eq!(workspace("[workspace]").missing().len(), TAKEN_FROM_WORKSPACE.len());
        let missing = workspace("[workspace.dependencies]\nfabric = { path = \"x\" }\nserde = \"1\"").missing();
        assert!(missing.contains(&"workspace.dependencies.garde".to_owned()), "{missing:?}");
        assert!(!missing.contains(&"workspace.dependencies.fabric".to_owned()), "{missing:?}");
    }
}
