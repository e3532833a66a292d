//! What is different in version 1.2, and rows that are to be deleted in either version.

use serde_json::json;

use super::fixture::Fixture;

#[test]
fn what_people_are_comes_from_a_file_of_its_own() {
    let rows = Fixture::v1p2()
        .and("orgs.csv", "club,,,Club,department,,school")
        .and(
            "roles.csv",
            "r2,,,student,secondary,aide,,2026-12-20,club,\nr3,tobedeleted,,student,secondary,proctor,,,club,",
        )
        .rows();
    assert_eq!(rows.faults(), [""; 0]);
    let user = &rows.payloads("demographics.user.created")[0];
    assert_eq!(user["role"], "student");
    assert_eq!(
        user["roles"],
        json!([
            {"orgId": "school", "role": "student", "isPrimary": true, "beginDate": "2026-09-01", "endDate": null},
            {"orgId": "club", "role": "aide", "isPrimary": false, "beginDate": null, "endDate": "2026-12-20"},
        ])
    );
    assert_eq!(user["orgIds"], json!(["club", "school"]));
    assert_eq!(user["primaryOrgId"], "school");
    assert_eq!(user["masterIdentifier"], "master-1");
    assert_eq!(user["preferredGivenName"], "Addie");
    assert_eq!(user["pronouns"], "she/her");
}

#[test]
fn a_row_of_roles_gives_no_event_of_its_own() {
    let rows = Fixture::v1p2().rows();
    assert_eq!(rows.accepted, 10);
    assert_eq!(rows.events.len(), 9);
}

#[test]
fn roles_are_checked_like_everything_else() {
    let table = [
        ("r2,,,nobody,primary,student,,,school,", "roles.csv:3 userSourcedId unknown_reference"),
        ("r2,,,student,main,student,,,school,", "roles.csv:3 roleType bad_enum"),
        ("r2,,,student,primary,pupil,,,school,", "roles.csv:3 role bad_enum"),
        ("r2,,,student,primary,student,,,nowhere,", "roles.csv:3 orgSourcedId unknown_reference"),
        ("r2,,,student,primary,student,today,,school,", "roles.csv:3 beginDate bad_date"),
        ("role,,,student,primary,student,,,school,", "roles.csv:3 sourcedId duplicate_id"),
    ];
    for (row, expected) in table {
        assert_eq!(Fixture::v1p2().and("roles.csv", row).rows().faults(), [expected]);
    }
}

#[test]
fn a_person_without_a_role_is_rejected() {
    let user = "u2,,,true,bo,,Bo,Wu,,,,,,,,,,,,,,,";
    assert_eq!(Fixture::v1p2().and("users.csv", user).rows().faults(), ["users.csv:3 sourcedId no_role"]);
}

#[test]
fn weights_sessions_and_flags_are_taken_over() {
    let rows = Fixture::v1p2().rows();
    assert_eq!(rows.payloads("gradebook.category_weight.changed")[0]["weightPercent"], 30.0);
    let item = &rows.payloads("gradebook.assignment.created")[0];
    assert_eq!((&item["gradingPeriodId"], &item["academicSessionId"]), (&json!(null), &json!("term")));
    let grade = &rows.payloads("gradebook.grade.posted")[0];
    assert_eq!(grade["flags"], json!(["late"]));
    assert_eq!(grade["scoreStatus"], "partially graded");
    assert_eq!((&grade["scorePercent"], &grade["letterGrade"]), (&json!(75.0), &json!("C")));
}

#[test]
fn a_flag_is_true_or_false() {
    let row = "r2,,,item,student,submitted,30,2026-09-14,,,class,,,often,";
    assert_eq!(Fixture::v1p2().and("results.csv", row).rows().faults(), ["results.csv:3 late bad_enum"]);
}

#[test]
fn rows_that_are_to_be_deleted_give_events_that_say_so() {
    let delete = |file: &str, id: &str| {
        let edit = |text: String| text.replace(&format!("\n{id},,,"), &format!("\n{id},tobedeleted,,"));
        Fixture::v1p1().edit(file, edit).rows()
    };
    let table = [
        ("users.csv", "student", "demographics.user.deactivated"),
        ("enrollments.csv", "enrollment", "demographics.enrollment.ended"),
        ("lineItems.csv", "item", "gradebook.assignment.deleted"),
        ("results.csv", "result", "gradebook.grade.withdrawn"),
    ];
    for (file, id, topic) in table {
        let rows = delete(file, id);
        assert_eq!((rows.faults(), rows.accepted, rows.payloads(topic).len()), (vec![], 9, 1), "{file}");
    }
    // What is still in a class that is no longer taught has no place.
    let rows = delete("classes.csv", "class");
    assert_eq!(rows.payloads("rostering.class.archived").len(), 1);
    assert_eq!(rows.faults()[0], "lineItems.csv:2 classSourcedId closed");
}

#[test]
fn a_grade_that_is_to_be_deleted_needs_no_score() {
    let row = "r2,inactive,2026-10-01T00:00:00Z,item,student,fully graded,,2026-09-14,";
    let rows = Fixture::v1p1().and("results.csv", row).rows();
    assert_eq!(rows.faults(), [""; 0]);
    assert_eq!(rows.payloads("gradebook.grade.withdrawn")[0]["withdrawnAt"], "2026-10-01T00:00:00Z");
}

#[test]
fn ids_of_events_follow_from_the_rows() {
    let ids = |fixture: Fixture| fixture.rows().events.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let first = ids(Fixture::v1p1());
    assert_eq!(first, ids(Fixture::v1p1()));
    let with_column = Fixture::v1p1()
        .edit("orgs.csv", |text| text.replace(",name", ",metadata.size,name").replace(",,,School", ",,,,School"));
    assert_eq!(first, ids(with_column), "a column without anything in it changes nothing");
    let changed = ids(Fixture::v1p1().edit("results.csv", |text| text.replace(",30,", ",31,")));
    let same = first.iter().zip(&changed).filter(|(one, other)| one == other).count();
    assert_eq!((same, changed.len()), (first.len() - 1, first.len()));
}
