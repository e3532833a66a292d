//! Zip files, and what pretends to be one.

use std::{
    io::{Cursor, Write},
    path::Path,
};

use fabric::config::ImportSection;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{bundles::limits, fixture::Fixture};
use crate::import::{archive::Archive, error::Refusal, reading};

fn zip_of(prefix: &str, fixture: &Fixture) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in fixture.files() {
        zip.start_file(format!("{prefix}{name}"), SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn open(zip: Vec<u8>, limits: &ImportSection) -> Result<Archive<Cursor<Vec<u8>>>, Refusal> {
    let bytes = zip.len() as u64;
    Archive::open(Cursor::new(zip), bytes, limits, Path::new("bundle.zip"))
}

/// How many rows are in a zip file, or why it is refused.
fn rows_in(zip: Vec<u8>, limits: &ImportSection) -> Result<u64, String> {
    let survey = open(zip, limits).and_then(|mut archive| reading::survey(&mut archive));
    survey.map(|survey| survey.files.iter().map(|(_, rows)| rows).sum()).map_err(|refusal| refusal.to_string())
}

/// Two bytes of every header of the archive, changed: `at` counts from the header's signature.
fn patch(mut zip: Vec<u8>, signature: [u8; 4], at: usize, bytes: &[u8]) -> Vec<u8> {
    let headers: Vec<usize> =
        zip.windows(4).enumerate().filter(|(_, four)| *four == signature.as_slice()).map(|(at, _)| at).collect();
    for header in headers {
        zip[header + at..header + at + bytes.len()].copy_from_slice(bytes);
    }
    zip
}

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";

#[test]
fn the_files_are_at_the_top_or_in_a_folder() {
    for prefix in ["", "bundle/", "bundle\\"] {
        assert_eq!(rows_in(zip_of(prefix, &Fixture::v1p1()), &limits()), Ok(9), "{prefix:?}");
    }
    assert!(rows_in(zip_of("a/b/", &Fixture::v1p1()), &limits()).unwrap_err().starts_with("there is no manifest.csv"));
    assert!(rows_in(zip_of("", &Fixture::of(&[])), &limits()).unwrap_err().starts_with("there is no manifest.csv"));
}

#[test]
fn a_zip_that_unpacks_to_too_much_is_refused_unread() {
    let small = ImportSection { zip_bytes_max: 1_000, ..limits() };
    let refused = rows_in(zip_of("", &Fixture::v1p1()), &small).unwrap_err();
    assert_eq!(refused, "the zip file unpacks to more than 1000 bytes (import.zip_bytes_max)");

    let bomb = Fixture::v1p1().with("notes.csv", vec![b'0'; 8 << 20]);
    let refused = rows_in(zip_of("", &bomb), &limits()).unwrap_err();
    assert_eq!(refused, "the zip file unpacks to more than 200 times its size (import.zip_ratio_max): a zip bomb");
}

#[test]
fn a_zip_that_lies_about_its_sizes_is_found_out_while_it_is_read() {
    let rows = "c2,,,\"".to_owned() + &"0".repeat(100_000) + "\"";
    let lying = patch(zip_of("", &Fixture::v1p1().and("categories.csv", &rows)), CENTRAL, 24, &1_000_u32.to_le_bytes());
    let refused = rows_in(lying, &limits()).unwrap_err();
    assert_eq!(refused, "categories.csv: damaged: File is larger than its declared uncompressed size");
}

#[test]
fn encrypted_and_damaged_parts_are_named() {
    let zip = zip_of("", &Fixture::v1p1());
    let encrypted = patch(patch(zip.clone(), LOCAL, 6, &[1, 0]), CENTRAL, 8, &[1, 0]);
    assert_eq!(rows_in(encrypted, &limits()).unwrap_err(), "manifest.csv: encrypted");

    let wrong_sum = patch(patch(zip.clone(), LOCAL, 14, &[1, 2, 3, 4]), CENTRAL, 16, &[1, 2, 3, 4]);
    assert!(rows_in(wrong_sum, &limits()).unwrap_err().starts_with("manifest.csv: damaged: "));

    let unknown_method = patch(patch(zip.clone(), LOCAL, 8, &[99, 0]), CENTRAL, 10, &[99, 0]);
    assert!(rows_in(unknown_method, &limits()).unwrap_err().starts_with("manifest.csv: "));

    let cut = zip[..zip.len() / 2].to_vec();
    assert_eq!(rows_in(cut, &limits()).unwrap_err(), "bundle.zip: not a zip file");
}

#[test]
fn two_files_of_the_same_name_are_one_too_many() {
    let zip = zip_of("", &Fixture::v1p1().with("orgs.cs2", "sourcedId"));
    let text =
        zip.windows(8).enumerate().filter(|(_, name)| *name == b"orgs.cs2").map(|(at, _)| at).collect::<Vec<_>>();
    let twice = text.into_iter().fold(zip, |mut zip, at| {
        zip[at..at + 8].copy_from_slice(b"orgs.csv");
        zip
    });
    assert_eq!(rows_in(twice, &limits()).unwrap_err(), "bundle.zip: damaged: two files in it have the same name");
}

#[test]
fn nonsense_never_panics() {
    let zip = zip_of("", &Fixture::v1p1());
    // A linear congruence is chance enough to hit every kind of byte.
    let mut chance: u32 = 20;
    for _ in 0..500 {
        let mut broken = zip.clone();
        for _ in 0..4 {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = chance as usize % broken.len();
            broken[at] = chance.to_be_bytes()[0];
        }
        if let Ok(mut archive) = open(broken, &limits()) {
            drop(reading::survey(&mut archive));
        }
    }
}

#[test]
fn stored_files_are_read_too() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in Fixture::v1p1().files() {
        zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
        zip.write_all(content).unwrap();
    }
    assert_eq!(rows_in(zip.finish().unwrap().into_inner(), &limits()), Ok(9));
}
