//! Where bundles are found: in folders, and under paths of archives.

use std::{fs, path::Path};

use fabric::config::{Config, ImportSection};

use super::fixture::Fixture;
use crate::import::{
    bundle::{self, Source, root_of},
    reading,
};

/// The limits as they are by default.
pub fn limits() -> ImportSection {
    Config::load(None, []).unwrap().import
}

fn write(folder: &Path, fixture: &Fixture) {
    fs::create_dir_all(folder).unwrap();
    for (name, content) in fixture.files() {
        fs::write(folder.join(name), content).unwrap();
    }
}

/// How many rows there are in a bundle at a path, or why it is refused.
fn rows_at(path: &Path) -> Result<u64, String> {
    let opened = bundle::open(&Source::Path(path.to_owned()), &limits());
    let survey = opened.and_then(|mut files| reading::survey(files.as_mut()));
    survey.map(|survey| survey.files.iter().map(|(_, rows)| rows).sum()).map_err(|refusal| refusal.to_string())
}

#[test]
fn a_folder_has_the_files_in_it_or_in_the_one_folder_with_a_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let (below, beside) = (folder.path().join("bundle"), folder.path().join("other"));
    write(&below, &Fixture::v1p1());
    fs::create_dir(&beside).unwrap();
    assert_eq!(rows_at(&below), Ok(9));
    assert_eq!(rows_at(folder.path()), Ok(9));
    assert!(rows_at(&beside).unwrap_err().starts_with("there is no manifest.csv"));
    write(&beside, &Fixture::v1p1());
    assert!(rows_at(folder.path()).unwrap_err().starts_with("there is no manifest.csv"), "which of the two?");
}

#[test]
fn what_is_not_there_or_not_a_zip_is_said_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle.zip");
    assert!(rows_at(&file).unwrap_err().contains("bundle.zip: cannot be read"));
    for content in ["", "PK", "propertyName,value\n"] {
        fs::write(&file, content).unwrap();
        assert!(rows_at(&file).unwrap_err().ends_with("bundle.zip: not a zip file"), "{content:?}");
    }
}

#[test]
fn the_manifest_is_at_the_top_or_in_one_folder() {
    let table: [(&[&str], Option<&str>); 7] = [
        (&["manifest.csv", "orgs.csv"], Some("")),
        (&["a/manifest.csv", "a/orgs.csv"], Some("a/")),
        (&["a/manifest.csv", "manifest.csv"], Some("")),
        (&["a/manifest.csv", "__MACOSX/a/._manifest.csv"], Some("a/")),
        (&["a/manifest.csv", "b/manifest.csv"], None),
        (&["a/b/manifest.csv"], None),
        (&["orgs.csv", "my-manifest.csv"], None),
    ];
    for (paths, expected) in table {
        assert_eq!(root_of(paths.iter().copied()).as_deref(), expected, "{paths:?}");
    }
}
