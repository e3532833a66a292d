//! The whole way over HTTP: a school is set up, a grade is posted, and everybody sees what is theirs to see.

use fabric_testkit::harness::{Harness, Http, Reply};
use serde_json::{Value, json};

use crate::school::{post_all, posted, start};

/// Sends commands one after the other, each when the one before has had all its effects.
async fn command_all(harness: &Harness, http: &Http, commands: &[(&str, Value)]) {
    for (path, command) in commands {
        let reply = http.post(path, command).await;
        assert_eq!(reply.status, 202, "{path}: {}", reply.text());
        harness.settle().await;
    }
}

/// Sets up a class with two students and an assignment of 40 points.
async fn set_up(harness: &Harness) {
    let registrar = harness.http().by("r-1", "registrar");
    command_all(harness, &registrar, &[
        ("/organizations", json!({"orgId": "s-1", "name": "Ada Lovelace School", "orgType": "school"})),
        (
            "/academic-sessions",
            json!({"sessionId": "y-1", "title": "2026", "sessionType": "schoolYear", "startDate": "2026-08-01",
                "endDate": "2027-07-31", "schoolYear": 2027}),
        ),
        ("/courses", json!({"courseId": "c-1", "title": "Algebra", "orgId": "s-1", "schoolYearSessionId": "y-1"})),
        (
            "/classes",
            json!({"classId": "k-1", "title": "Algebra A", "classType": "scheduled", "courseId": "c-1", "schoolId": "s-1",
                "termIds": ["y-1"]}),
        ),
        ("/classes/k-1/students", json!({"studentId": "u-1"})),
        ("/classes/k-1/students", json!({"studentId": "u-2"})),
        ("/categories", json!({"categoryId": "tests", "title": "Tests", "weightPercent": 60})),
        (
            "/assignments",
            json!({"lineItemId": "li-1", "title": "Fractions", "classId": "k-1", "categoryId": "tests",
                "assignDate": "2026-10-01", "dueDate": "2026-10-20", "resultValueMin": 0, "resultValueMax": 40}),
        ),
    ])
    .await;
}

fn grade(student: &str, score: f64) -> Value {
    json!({"resultId": format!("r-{student}"), "lineItemId": "li-1", "studentId": student, "score": score})
}

#[tokio::test]
async fn a_grade_goes_all_the_way() {
    let harness = start().await;
    set_up(&harness).await;
    let teacher = harness.http().by("t-1", "teacher");
    let reply = teacher.post("/grades", &grade("u-1", 30.0)).await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    assert_eq!(reply.json()["events"][0]["topic"], "gradebook.grade.posted");
    assert_eq!(reply.json()["events"][0]["outcome"], "routed");
    harness.settle().await;
    command_all(&harness, &teacher, &[("/grades", grade("u-2", 10.0))]).await;

    let grades = harness.http().by("u-1", "student").get("/students/u-1/grades").await.json();
    let class = &grades["classes"][0];
    assert_eq!((&class["averagePercent"], &class["letterGrade"]), (&json!(75.0), &json!("C")));
    assert_eq!(class["results"][0]["title"], "Fractions");
    assert_eq!(harness.http().by("u-1", "student").get("/students/u-1/gpa").await.json()["gpa"], 2.0);

    let performance = teacher.get("/classes/k-1/performance").await.json();
    assert_eq!((&performance["gradedStudents"], &performance["passRatePercent"]), (&json!(2), &json!(50.0)));
    assert_eq!(performance["letterGrades"], json!({"C": 1, "F": 1}));
    assert_eq!(teacher.get("/classes/k-1").await.json()["studentIds"], json!(["u-1", "u-2"]));
    assert_eq!(teacher.get("/students/u-2/analytics").await.json()["failingGrades"], 1);
    let topics = teacher.get("/analytics/topics").await.json();
    assert_eq!(topics["topics"]["gradebook.grade.posted"]["events"], 2);
    let audit = harness.http().by("a-1", "admin").get("/audit/gradebook?limit=1000").await.json();
    let topics: Vec<&Value> = audit["entries"].as_array().unwrap().iter().map(|entry| &entry["topic"]).collect();
    assert_eq!(topics.iter().filter(|topic| **topic == "gradebook.grade.posted").count(), 2);
    assert!(audit["entries"].as_array().unwrap().iter().any(|entry| entry["actorId"] == "t-1"));
}

#[tokio::test]
async fn a_case_is_listed_and_closed() {
    let harness = start().await;
    post_all(&harness, [posted("u-1", "li-1", 20.0), posted("u-2", "li-1", 20.0)]).await;
    let counselor = harness.http().by("c-1", "counselor");
    let listed = counselor.get("/interventions?studentId=u-1").await.json();
    let case = &listed["interventions"][0];
    assert_eq!((&case["studentId"], &case["reasons"]), (&json!("u-1"), &json!(["failing_grade"])));
    let path = format!("/interventions/{}/close", case["caseId"].as_str().unwrap());
    command_all(&harness, &counselor, &[(&path, json!({"outcome": "resolved"}))]).await;

    assert_eq!(counselor.post(&path, &json!({"outcome": "resolved"})).await.status, 409);
    assert_eq!(counselor.get("/interventions").await.json()["interventions"].as_array().unwrap().len(), 1);
    assert_eq!(counselor.get("/interventions?closed=true").await.json()["interventions"].as_array().unwrap().len(), 2);
    assert_eq!(
        counselor.get("/interventions?closed=true&limit=1").await.json()["interventions"].as_array().unwrap().len(),
        1
    );
    assert_eq!(counselor.post("/interventions/case-9/close", &json!({"outcome": "resolved"})).await.status, 404);
}

#[tokio::test]
async fn drafts_are_seen_by_teachers_only() {
    let harness = start().await;
    set_up(&harness).await;
    let (teacher, student) = (harness.http().by("t-1", "teacher"), harness.http().by("u-1", "student"));
    let mut draft = grade("u-1", 30.0);
    draft["scoreStatus"] = json!("partially graded");
    command_all(&harness, &teacher, &[("/grades/drafts", draft.clone()), ("/grades/drafts", draft)]).await;
    let average =
        async |http: &Http| http.get("/students/u-1/grades").await.json()["classes"][0]["averagePercent"].clone();
    assert_eq!((average(&teacher).await, average(&student).await), (json!(75.0), Value::Null));
    command_all(&harness, &teacher, &[("/grades", grade("u-1", 36.0))]).await;
    assert_eq!((average(&teacher).await, average(&student).await), (json!(90.0), json!(90.0)));
}

fn violation(reply: &Reply) -> (String, String) {
    let body = reply.json();
    let first = &body["violations"][0];
    let text = |name| first[name].as_str().unwrap_or_default().to_owned();
    (text("path"), text("code"))
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_the_field_and_nothing_is_published() {
    let harness = start().await;
    set_up(&harness).await;
    let teacher = harness.http().by("t-1", "teacher");
    let before = harness.broker().recorded().len();
    let table = [
        ("score", json!(81), "score", "too_large"),
        ("score", json!(-1), "score", "too_small"),
        ("lineItemId", json!("li-9"), "lineItemId", "unknown_reference"),
        ("studentId", json!("u-9"), "studentId", "unknown_reference"),
        ("classId", json!("k-9"), "classId", "unknown_reference"),
    ];
    for (field, value, path, code) in table {
        let mut command = grade("u-1", 30.0);
        command[field] = value;
        let reply = teacher.post("/grades", &command).await;
        assert_eq!((reply.status.as_u16(), violation(&reply)), (422, (path.to_owned(), code.to_owned())), "{field}");
    }
    let not_allowed = [
        (harness.http().by("u-1", "student"), "/grades", grade("u-1", 40.0)),
        (teacher.clone(), "/classes/k-1/students", json!({"studentId": "u-3"})),
    ];
    for (http, path, command) in not_allowed {
        assert_eq!(http.post(path, &command).await.status, 403, "{path}");
    }
    let registrar = harness.http().by("r-1", "registrar");
    assert_eq!(registrar.post("/classes/k-1/students", &json!({"studentId": "u-1"})).await.status, 409);
    assert_eq!(registrar.post("/classes/k-9/students", &json!({"studentId": "u-1"})).await.status, 404);
    assert_eq!(harness.http().post("/grades", &grade("u-1", 1.0)).await.status, 401);
    assert_eq!(harness.broker().recorded().len(), before);
}

#[tokio::test]
async fn queries_are_for_those_whom_they_concern() {
    let harness = start().await;
    post_all(&harness, [posted("u-1", "li-1", 80.0)]).await;
    let other = "other".parse().unwrap();
    let table = [
        ("/students/u-1/grades", harness.http().by("u-1", "student"), 200),
        ("/students/u-1/grades", harness.http().by("u-2", "student"), 403),
        ("/students/u-1/gpa", harness.http().by("u-2", "student"), 403),
        ("/students/u-1/grades", harness.http().by("t-1", "teacher"), 200),
        ("/students/u-9/grades", harness.http().by("t-1", "teacher"), 404),
        ("/students/u-1/grades", harness.http().by_somebody_of(&other, "t-1", "teacher"), 404),
        ("/classes/k-1/performance", harness.http().by("u-1", "student"), 403),
        ("/classes/k-1/performance", harness.http().by_somebody_of(&other, "t-1", "teacher"), 404),
        ("/interventions", harness.http().by("u-1", "student"), 403),
        ("/analytics/topics", harness.http().by("o-1", "operator"), 200),
        ("/analytics/topics", harness.http().by("u-1", "student"), 403),
        ("/audit/gradebook", harness.http().by("t-1", "teacher"), 403),
        ("/audit/rostering", harness.http().by("a-1", "admin"), 200),
        ("/students/u-1/grades", harness.http(), 401),
    ];
    let unreadable =
        [("/interventions?limit=many", 422), ("/interventions?who=me", 422), ("/students/u%201/grades", 422)];
    for (path, status) in unreadable {
        let reply = harness.http().by("t-1", "teacher").get(path).await;
        assert_eq!((reply.status.as_u16(), violation(&reply).0.is_empty()), (status, false), "{path}");
    }
    for (path, http, status) in table {
        assert_eq!(http.get(path).await.status.as_u16(), status, "{path}");
    }
}
