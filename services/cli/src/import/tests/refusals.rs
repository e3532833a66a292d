//! What is refused before anything is published.

use super::fixture::Fixture;

/// What the refusal says.
fn refusal(fixture: &Fixture) -> String {
    fixture.survey().err().expect("refused").to_string()
}

#[test]
fn a_bundle_with_one_good_row_in_each_file_is_one() {
    let survey = Fixture::v1p1().survey().unwrap();
    let rows: Vec<u64> = survey.files.iter().map(|(_, rows)| *rows).collect();
    assert_eq!(rows, [1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
    assert_eq!(survey.ignored, [""; 0]);
}

#[test]
fn a_manifest_says_what_the_standard_asks_for() {
    let edit = |from: &str, to: &str| Fixture::v1p1().edit("manifest.csv", |text| text.replace(from, to));
    let table = [
        (edit("manifest.version,1.0\n", ""), "manifest.csv: manifest.version: missing"),
        (edit("manifest.version,1.0", "manifest.version,2.0"), "manifest.csv: manifest.version: must be 1.0"),
        (edit("oneroster.version,1.1\n", ""), "manifest.csv: oneroster.version: missing"),
        (edit("oneroster.version,1.1", "oneroster.version,1.0"), "manifest.csv: oneroster.version: must be 1.1 or 1.2"),
        (
            edit("file.users,bulk", "file.users,delta"),
            "manifest.csv: users.csv is a delta; only bulk files are supported",
        ),
        (edit("file.users,bulk", "file.users,all"), "manifest.csv: file.users: must be bulk, delta or absent"),
        (edit("resources,absent", "resources,bulk"), "resources.csv: missing, though the manifest lists it"),
        (edit("propertyName,value", "a,b"), "manifest.csv: required columns are missing: propertyName, value"),
        (Fixture::v1p1().with("manifest.csv", ""), "manifest.csv: required columns are missing: propertyName, value"),
        (Fixture::v1p1().without("users.csv"), "users.csv: missing, though the manifest lists it"),
        (
            Fixture::v1p2().edit("manifest.csv", |text| text.replace("file.roles,bulk\n", "")),
            "roles.csv: missing, though users.csv of OneRoster 1.2 needs it",
        ),
    ];
    for (fixture, expected) in table {
        assert_eq!(refusal(&fixture), expected);
    }
}

#[test]
fn a_file_has_the_columns_that_the_standard_requires() {
    let edit = |file: &str, from: &str, to: &str| Fixture::v1p1().edit(file, |text| text.replace(from, to));
    let table = [
        (edit("orgs.csv", "name,type", "title,kind"), "orgs.csv: required columns are missing: name, type"),
        (edit("results.csv", "score,", "Score,"), "results.csv: required columns are missing: score"),
        (edit("orgs.csv", "identifier", "name"), "orgs.csv: the column name is there twice"),
        (Fixture::v1p1().with("orgs.csv", ""), "orgs.csv: required columns are missing: sourcedId, name, type"),
        (edit("users.csv", "orgSourcedIds,role,", ""), "users.csv: required columns are missing: orgSourcedIds, role"),
    ];
    for (fixture, expected) in table {
        assert_eq!(refusal(&fixture), expected);
    }
}

#[test]
fn optional_columns_may_be_left_out_and_stand_anywhere() {
    let orgs = "type,metadata.size,name,sourcedId\nschool,large,School,school\n";
    let rows = Fixture::v1p1().with("orgs.csv", orgs).rows();
    assert_eq!(rows.faults(), [""; 0]);
    assert_eq!(rows.accepted, 9);
}

#[test]
fn text_that_is_not_utf_8_is_refused_wherever_it_stands() {
    let mut users = Fixture::v1p1().files().find(|(name, _)| *name == "users.csv").unwrap().1.to_vec();
    users.extend(b"s2,,,true,school,student,jos\xe9,,Jos,Moss,,,,,,,,\n");
    assert_eq!(refusal(&Fixture::v1p1().with("users.csv", users)), "users.csv: line 3 is not UTF-8");
}

#[test]
fn a_quote_that_is_left_open_does_not_read_the_rest_into_memory() {
    let rows = format!("\"open{}", "\nanother,,,line".repeat(30_000));
    let said = refusal(&Fixture::v1p1().and("categories.csv", &rows));
    assert_eq!(
        said,
        "categories.csv: the record that starts in line 3 has more than 262144 bytes: is a quote left open?"
    );
}

#[test]
fn a_byte_order_mark_and_other_line_ends_make_no_difference() {
    let plain = Fixture::v1p1().and("categories.csv", "c2,,,\n\n\nc3,,,Tests\nc4,,,");
    let dressed = plain.files().fold(Fixture::of(&[]), |dressed, (name, content)| {
        let text = String::from_utf8(content.to_vec()).unwrap().replace('\n', "\r\n");
        dressed.with(name, format!("\u{feff}{text}"))
    });
    for fixture in [plain, dressed] {
        let rows = fixture.rows();
        assert_eq!(rows.faults(), ["categories.csv:3 title blank_required", "categories.csv:7 title blank_required"]);
        assert_eq!(rows.accepted, 10);
    }
}

#[test]
fn a_row_that_spans_lines_counts_from_its_first_one() {
    let rows = "\"c2\",,,\"two\nlines\"\nc3,,,\n\"c4\",,,\"\r\n\r\n\"";
    let rows = Fixture::v1p1().and("categories.csv", rows).rows();
    assert_eq!(rows.faults(), ["categories.csv:5 title blank_required", "categories.csv:6 title blank_required"]);
}

#[test]
fn the_last_line_may_have_no_end() {
    let categories = "sourcedId,status,dateLastModified,title\ncategory,,,Homework\nc2,,,";
    let rows = Fixture::v1p1().with("categories.csv", categories).rows();
    assert_eq!(rows.faults(), ["categories.csv:3 title blank_required"]);
}

#[test]
fn files_that_are_not_imported_are_named() {
    let fixture = Fixture::v1p1()
        .edit("manifest.csv", |text| {
            text.replace("resources,absent", "resources,bulk").replace("file.demographics,bulk\n", "")
        })
        .with("resources.csv", "anything")
        .with("notes.txt", "anything");
    assert_eq!(fixture.survey().unwrap().ignored, ["demographics.csv", "resources.csv"]);
}
