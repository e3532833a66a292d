//! The sample bundle, and real school data where it is at hand.

use std::{env, fs, ops::ControlFlow, path::PathBuf};

use super::{
    bundles::limits,
    fixture::{Rows, importer, read, tenant},
};
use crate::import::{
    bundle::{self, Source},
    file::File,
    reading::{self, Item, Outcome},
};

fn rows_of(source: &Source) -> Rows {
    read(bundle::open(source, &limits()).unwrap().as_mut())
}

#[test]
fn the_sample_has_three_bad_rows() {
    let rows = rows_of(&Source::sample());
    assert_eq!(
        rows.faults(),
        [
            "enrollments.csv:42 beginDate bad_date",
            "results.csv:62 score blank_score",
            "results.csv:152 studentSourcedId unknown_reference",
        ]
    );
    assert_eq!(rows.accepted, 392 - 3);
    assert_eq!(rows.events.len() as u64, rows.accepted);
}

#[test]
fn the_sample_is_worth_looking_at() {
    let rows = rows_of(&Source::sample());
    let grades = rows.payloads("gradebook.grade.posted");
    let below = grades.iter().filter(|grade| grade["scorePercent"].as_f64().unwrap() < 60.0).count();
    assert_eq!((grades.len(), below), (235, 36), "the README of the sample says so");
    let students = rows.payloads("demographics.user.created").iter().filter(|user| user["role"] == "student").count();
    assert_eq!(students, 30);
    assert_eq!(rows.payloads("demographics.demographic_data.updated").len(), 12);
}

#[test]
fn the_sample_in_the_program_is_the_one_in_the_folder() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/oneroster-sample");
    let Source::Embedded(files) = Source::sample() else { panic!("the sample is compiled in") };
    for (name, text) in files {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), *text, "{name}");
    }
    let in_folder = fs::read_dir(folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "csv"));
    assert_eq!(in_folder.count(), files.len());
}

/// Real school data is not part of this repository: where it is, the tests use it.
fn school_data(file: &str) -> Option<Source> {
    let folder = env::var_os("FABRIC_SCHOOL_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let path = folder.join(file);
    if path.exists() {
        return Some(Source::Path(path));
    }
    println!("skipped: no {file} in {} (set FABRIC_SCHOOL_DATA)", folder.display());
    None
}

/// Reads a bundle of real data, in which nothing is wrong but that some results have no score. Events are counted and dropped.
fn check(file: &str, accepted: u64, grades: u64, blank: u64) {
    let Some(source) = school_data(file) else { return };
    let mut files = bundle::open(&source, &limits()).unwrap();
    let survey = reading::survey(files.as_mut()).unwrap();
    let (mut counts, mut ids) = ([0, 0, 0], Vec::new());
    let mut take = |Item { file, outcome, .. }| {
        match outcome {
            Outcome::Accepted(event) => {
                let (id, event) = event.expect("in 1.1 every row has an event");
                counts[0] += 1;
                counts[1] += u64::from(event.payload.topic() == "gradebook.grade.posted");
                ids.push(id);
            }
            Outcome::Rejected(fault) => {
                assert_eq!((file, fault.code.as_ref()), (File::Results, "blank_score"));
                counts[2] += 1;
            }
        }
        ControlFlow::Continue(())
    };
    reading::read_rows(files.as_mut(), survey, &tenant(), &importer(), &mut take).unwrap();
    assert_eq!(counts, [accepted, grades, blank]);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len() as u64, accepted, "every event has an id of its own");
}

#[test]
fn one_module_of_a_university() {
    check("oulad-oneroster-v1p1-module-aaa.zip", 2 + 2 + 1 + 2 + 712 + 748 + 2 + 12 + 3_146, 3_146, 3);
}

#[test]
fn a_whole_university() {
    let accepted = 8 + 4 + 7 + 22 + 28_785 + 32_593 + 3 + 206 + 173_739;
    check("oulad-oneroster-v1p1.zip", accepted, 173_739, 173);
}
