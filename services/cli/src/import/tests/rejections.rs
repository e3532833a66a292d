//! Rows that break the standard, each with the column and the code that it is rejected with.

use super::fixture::Fixture;

/// Adds a row to a file of the good bundle, and says where it is rejected and why.
fn reject(file: &str, row: &str) -> String {
    let rows = Fixture::v1p1().and(file, row).rows();
    match rows.faults().as_slice() {
        [] => "accepted".to_owned(),
        [one] => one.split_once(' ').unwrap().1.to_owned(),
        several => panic!("{several:?}"),
    }
}

fn check(file: &str, table: &[(&str, &str)]) {
    for (row, expected) in table {
        assert_eq!(reject(file, row), *expected, "{file}: {row}");
    }
}

#[test]
fn organizations() {
    check(
        "orgs.csv",
        &[
            ("o2,active,2026-08-01T00:00:00.000Z,Second,department,,school", "accepted"),
            ("o2,,,Second,school,,o3\no3,,,Third,district,,", "accepted"),
            (",,,Second,school,,", "sourcedId blank_required"),
            ("o 2,,,Second,school,,", "sourcedId bad_format"),
            ("school,,,Second,school,,", "sourcedId duplicate_id"),
            ("o2,,,,school,,", "name blank_required"),
            ("o2,,,   ,school,,", "name blank_required"),
            ("o2,,,Second,,,", "type blank_required"),
            ("o2,,,Second,School,,", "type bad_enum"),
            ("o2,,,Second,ext:club,,", "type bad_enum"),
            ("o2,,,Second,school,,nobody", "parentSourcedId unknown_reference"),
            ("o2,,,Second,school,,o2", "parentSourcedId unknown_reference"),
            ("o2,deleted,,Second,school,,", "status bad_enum"),
            ("o2,tobedeleted,,Second,school,,", "status deletion_unsupported"),
            ("o2,,yesterday,Second,school,,", "dateLastModified bad_datetime"),
            ("o2,,2026-08-01,Second,school,,", "dateLastModified bad_datetime"),
            ("o2,,2026-02-30T00:00:00Z,Second,school,,", "dateLastModified bad_datetime"),
            ("o2,,2026-08-01T00:00:00,Second,school,,", "dateLastModified bad_datetime"),
            ("o2,,,Second,school,", "- wrong_columns"),
            ("o2,,,Second,school,,,", "- wrong_columns"),
            ("o2", "- wrong_columns"),
        ],
    );
}

#[test]
fn academic_sessions() {
    check(
        "academicSessions.csv",
        &[
            ("s2,,,Two,semester,2026-09-01,2027-01-31,term,2027", "accepted"),
            (
                "s2,,,Two,semester,2026-09-01,2027-01-31,s3,2027\ns3,,,Year,schoolYear,2026-09-01,2027-06-30,,2027",
                "accepted",
            ),
            ("s2,,,Two,quarter,2026-09-01,2027-01-31,,2027", "type bad_enum"),
            ("s2,,,Two,term,2026-9-1,2027-01-31,,2027", "startDate bad_date"),
            ("s2,,,Two,term,01.09.2026,2027-01-31,,2027", "startDate bad_date"),
            ("s2,,,Two,term,2026-02-30,2027-01-31,,2027", "startDate bad_date"),
            ("s2,,,Two,term,2026-09-01T00:00:00Z,2027-01-31,,2027", "startDate bad_date"),
            ("s2,,,Two,term,2026-09-01,,,2027", "endDate blank_required"),
            ("s2,,,Two,term,2026-09-01,2026-08-31,,2027", "endDate invalid"),
            ("s2,,,Two,term,2026-09-01,2027-01-31,,27", "schoolYear bad_number"),
            ("s2,,,Two,term,2026-09-01,2027-01-31,,1600", "schoolYear too_small"),
            ("s2,,,Two,term,2026-09-01,2027-01-31,s9,2027", "parentSourcedId unknown_reference"),
        ],
    );
}

#[test]
fn courses_and_classes() {
    let long = format!("c2,,,,{},,,school,,", "x".repeat(256));
    check(
        "courses.csv",
        &[
            ("c2,,,term,Two,X1,\"09, 10\",school,\"Art,Music\",\"1,2\"", "accepted"),
            ("c2,,,,Two,,,nowhere,,", "orgSourcedId unknown_reference"),
            ("c2,,,s9,Two,,,school,,", "schoolYearSourcedId unknown_reference"),
            (&long, "title too_long"),
        ],
    );
    check(
        "classes.csv",
        &[
            ("k2,,,Two,09,course,B,homeroom,Room 2,school,\"term,term\",Art,1,\"1,2\"", "accepted"),
            ("k2,,,Two,,nothing,,scheduled,,school,term,,,", "courseSourcedId unknown_reference"),
            ("k2,,,Two,,course,,lecture,,school,term,,,", "classType bad_enum"),
            ("k2,,,Two,,course,,scheduled,,nowhere,term,,,", "schoolSourcedId unknown_reference"),
            ("k2,,,Two,,course,,scheduled,,school,,,,", "termSourcedIds blank_required"),
            ("k2,,,Two,,course,,scheduled,,school,\"term,s9\",,,", "termSourcedIds unknown_reference"),
            ("k2,,,Two,,course,,scheduled,,school,\",\",,,", "termSourcedIds too_short"),
        ],
    );
}

#[test]
fn users() {
    check(
        "users.csv",
        &[
            (
                "u2,,,false,school,teacher,bo,\"{LDAP:1},{Fed:2}\",Bo,Wu,Li,7,bo@example.edu,+44 20 79,020 79,student,\"09,10\",secret",
                "accepted",
            ),
            ("u2,,,true,school,student,bo,,Bo,Wu,,,,,,u3,,\nu3,,,true,school,guardian,cy,,Cy,Wu,,,,,,,,", "accepted"),
            ("u2,,,yes,school,student,bo,,Bo,Wu,,,,,,,,", "enabledUser bad_enum"),
            ("u2,,,,school,student,bo,,Bo,Wu,,,,,,,,", "enabledUser blank_required"),
            ("u2,,,true,,student,bo,,Bo,Wu,,,,,,,,", "orgSourcedIds blank_required"),
            ("u2,,,true,\"school,nowhere\",student,bo,,Bo,Wu,,,,,,,,", "orgSourcedIds unknown_reference"),
            ("u2,,,true,school,pupil,bo,,Bo,Wu,,,,,,,,", "role bad_enum"),
            ("u2,,,true,school,student,,,Bo,Wu,,,,,,,,", "username blank_required"),
            ("u2,,,true,school,student,bo,LDAP,Bo,Wu,,,,,,,,", "userIds bad_format"),
            ("u2,,,true,school,student,bo,,Bo,,,,,,,,,", "familyName blank_required"),
            ("u2,,,true,school,student,bo,,Bo,Wu,,,bo at home,,,,,", "email bad_format"),
            ("u2,,,true,school,student,bo,,Bo,Wu,,,,home,,,,", "sms bad_format"),
            ("u2,,,true,school,student,bo,,Bo,Wu,,,,,,nobody,,", "agentSourcedIds unknown_reference"),
            ("u2,,,true,school,student,bo,,Bo,Wu,,,,,,u2,,", "agentSourcedIds unknown_reference"),
        ],
    );
}

#[test]
fn enrollments() {
    check(
        "enrollments.csv",
        &[
            ("e2,,,class,school,student,student,true,2026-09-01,2026-10-01", "accepted"),
            ("e2,,,nothing,school,student,student,,,", "classSourcedId unknown_reference"),
            ("e2,,,class,nowhere,student,student,,,", "schoolSourcedId unknown_reference"),
            ("e2,,,class,school,nobody,student,,,", "userSourcedId unknown_reference"),
            ("e2,,,class,school,student,parent,,,", "role bad_enum"),
            ("e2,,,class,school,student,student,1,,", "primary bad_enum"),
            ("e2,,,class,school,student,student,,2026-13-01,", "beginDate bad_date"),
            ("e2,,,class,school,student,student,,2026-09-02,2026-09-01", "endDate contradiction"),
        ],
    );
}

#[test]
fn categories_and_line_items() {
    check("categories.csv", &[("c2,,,Tests", "accepted"), ("c2,,,", "title blank_required")]);
    check(
        "lineItems.csv",
        &[
            ("i2,,,Two,More,2026-09-07,2026-09-14,class,category,term,-5.5,1e2", "accepted"),
            ("i2,,,Two,,2026-09-07,2026-09-14,nothing,category,term,0,40", "classSourcedId unknown_reference"),
            ("i2,,,Two,,2026-09-07,2026-09-14,class,nothing,term,0,40", "categorySourcedId unknown_reference"),
            ("i2,,,Two,,2026-09-07,2026-09-14,class,category,,0,40", "gradingPeriodSourcedId blank_required"),
            ("i2,,,Two,,2026-09-07,2026-09-14,class,category,s9,0,40", "gradingPeriodSourcedId unknown_reference"),
            ("i2,,,Two,,soon,2026-09-14,class,category,term,0,40", "assignDate bad_date"),
            ("i2,,,Two,,2026-09-07,2026-09-01,class,category,term,0,40", "dueDate invalid"),
            ("i2,,,Two,,2026-09-07,2026-09-14,class,category,term,,40", "resultValueMin blank_required"),
            ("i2,,,Two,,2026-09-07,2026-09-14,class,category,term,0,inf", "resultValueMax bad_number"),
            ("i2,,,Two,,2026-09-07,2026-09-14,class,category,term,0,1e9", "resultValueMax too_large"),
            ("i2,,,Two,,2026-09-07,2026-09-14,class,category,term,40,40", "resultValueMax invalid"),
        ],
    );
}

#[test]
fn results() {
    check(
        "results.csv",
        &[
            ("r2,,,item,student,fully graded,40,2026-09-14,Good.", "accepted"),
            ("r2,,,item,student,exempt,0.0,2026-09-14,", "accepted"),
            ("r2,,,item,student,fully graded,,2026-09-14,", "score blank_score"),
            ("r2,,,item,student,fully graded,A+,2026-09-14,", "score bad_number"),
            ("r2,,,item,student,fully graded,NaN,2026-09-14,", "score bad_number"),
            ("r2,,,item,student,fully graded,40.5,2026-09-14,", "score score_out_of_range"),
            ("r2,,,item,student,fully graded,-1,2026-09-14,", "score score_out_of_range"),
            ("r2,,,nothing,student,fully graded,30,2026-09-14,", "lineItemSourcedId unknown_reference"),
            ("r2,,,item,nobody,fully graded,30,2026-09-14,", "studentSourcedId unknown_reference"),
            ("r2,,,item,student,graded,30,2026-09-14,", "scoreStatus bad_enum"),
            ("r2,,,item,student,fully graded,30,,", "scoreDate blank_required"),
            ("r2,,,item,student,fully graded,30,14/09/2026,", "scoreDate bad_date"),
            ("result,,,item,student,fully graded,30,2026-09-14,", "sourcedId duplicate_id"),
        ],
    );
}

#[test]
fn demographics() {
    check(
        "demographics.csv",
        &[
            ("student,,,2012-04-15,female,false,true,,,,,true,GB,ENG,London,01652", "accepted"),
            ("nobody,,,,,,,,,,,,,,,", "sourcedId unknown_reference"),
            ("student,,,15.4.2012,,,,,,,,,,,,", "birthDate bad_date"),
            ("student,,,2112-04-15,,,,,,,,,,,,", "birthDate contradiction"),
            ("student,,,,girl,,,,,,,,,,,", "sex bad_enum"),
            ("student,,,,,,yes,,,,,,,,,", "asian bad_enum"),
            ("student,,,,,,,,,,,,England,,,", "countryOfBirthCode too_long"),
        ],
    );
}

#[test]
fn what_hangs_on_a_rejected_row_is_rejected_with_it() {
    let rows = Fixture::v1p1().edit("classes.csv", |text| text.replace("scheduled", "unheard of")).rows();
    assert_eq!(
        rows.faults(),
        [
            "classes.csv:2 classType bad_enum",
            "enrollments.csv:2 classSourcedId unknown_reference",
            "lineItems.csv:2 classSourcedId unknown_reference",
            "results.csv:2 lineItemSourcedId unknown_reference",
        ]
    );
    assert_eq!(rows.accepted, 5);
}

#[test]
fn a_good_row_may_have_the_id_of_a_rejected_one() {
    let rows = Fixture::v1p1().and("categories.csv", "c2,,,\nc2,,,Tests").rows();
    assert_eq!(rows.faults(), ["categories.csv:3 title blank_required"]);
}

#[test]
fn a_reason_never_says_what_stands_in_the_row() {
    let table = [
        ("orgs.csv", "X secret,,,Second,school,,"),
        ("orgs.csv", "o2,Xsecret,,Second,school,,"),
        ("orgs.csv", "o2,,Xsecret,Second,school,,"),
        ("orgs.csv", "o2,,,Second,Xsecret,,"),
        ("orgs.csv", "o2,,,Second,school,,Xsecret"),
        ("academicSessions.csv", "s2,,,Two,term,Xsecret,2027-01-31,,2027"),
        ("academicSessions.csv", "s2,,,Two,term,2026-09-01,2027-01-31,,Xsecret"),
        ("users.csv", "u2,,,Xsecret,school,student,bo,,Bo,Wu,,,,,,,,"),
        ("users.csv", "u2,,,true,school,student,bo,Xsecret,Bo,Wu,,,,,,,,"),
        ("users.csv", "u2,,,true,school,student,bo,,Bo,Wu,,,Xsecret,,,,,"),
        ("results.csv", "r2,,,item,student,fully graded,Xsecret,2026-09-14,"),
        ("results.csv", "r2,,,item,student,fully graded,98765,2026-09-14,"),
    ];
    for (file, row) in table {
        let rows = Fixture::v1p1().and(file, row).rows();
        assert_eq!(rows.rejected.len(), 1, "{file}: {row}");
        let said = format!("{:?}", rows.rejected);
        assert!(!said.contains("secret") && !said.contains("98765"), "{said}");
    }
}
