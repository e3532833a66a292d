//! Errors as HTTP clients get them.

use std::collections::BTreeSet;

use axum::{
    body::{Body, to_bytes},
    http::{Method, StatusCode},
    response::IntoResponse,
};
use fabric::{
    PublishFailure, ServiceName, TenantId, Topic, Violation,
    core::{event::InvalidPayload, publication::Rejected},
    http::{PROBLEM_JSON, Problem},
    runtime::ports::{CacheError, PublishError},
};
use fabric_memory::MemoryBroker;
use fabric_testkit::harness::{Harness, Reply, Setup};
use serde_json::{Value, json};

use super::{school_with_routes, start};

/// Checks that it is a problem with all its members, and gives its status and code.
fn problem(reply: &Reply) -> (u16, String) {
    assert_eq!(reply.media_type(), PROBLEM_JSON, "{}", reply.text());
    let json = reply.json();
    let title = reply.status.canonical_reason().unwrap();
    assert_eq!((&json["title"], &json["status"]), (&json!(title), &json!(reply.status.as_u16())));
    assert!(!json["detail"].as_str().unwrap().is_empty(), "{json}");
    (reply.status.as_u16(), json["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn each_way_to_fail_has_its_status_and_its_code() {
    let topic = || Topic::try_new("school.mark.given").unwrap();
    let violation =
        || Violation { path: "points".to_owned(), code: "too_large".to_owned(), message: "greater than 9".to_owned() };
    let service = || ServiceName::try_new("office").unwrap();
    let rejected: Vec<(Rejected, u16, &str)> = vec![
        (Rejected::Payload(InvalidPayload::Bounds(vec![violation()])), 422, "invalid"),
        (Rejected::Payload(InvalidPayload::Shape("points: wrong type".to_owned())), 422, "shape"),
        (Rejected::TooLarge { bytes: 300_000 }, 413, "too_large"),
        (Rejected::Role { role: "pupil".parse().unwrap(), topic: topic() }, 403, "forbidden"),
        (Rejected::Service { service: service(), topic: topic(), owner: "school" }, 403, "forbidden"),
        (Rejected::Topic(Topic::try_new("#").unwrap_err()), 422, "invalid"),
        (Rejected::Name(TenantId::try_new("").unwrap_err()), 422, "invalid"),
    ];
    let unconfirmed: Vec<(PublishError, u16, &str)> = vec![
        (PublishError::Refused, 503, "not_published"),
        (PublishError::NoExchange { exchange: "events.inner".to_owned() }, 503, "not_published"),
        (
            PublishError::Forbidden { exchange: "events.inner".to_owned(), detail: "inner".to_owned() },
            503,
            "not_published",
        ),
        (PublishError::NotSent { reason: "away" }, 503, "not_published"),
        (PublishError::Unknown { reason: "lost" }, 504, "unknown"),
    ];
    let rejected = rejected.into_iter().map(|(error, status, code)| (PublishFailure::from(error), status, code));
    let unconfirmed = unconfirmed.into_iter().map(|(error, status, code)| (PublishFailure::from(error), status, code));
    for (failure, status, code) in rejected.chain(unconfirmed) {
        let said = format!("{failure:?}");
        let response = Problem::from(failure).into_response();
        let body = to_bytes(response.into_body(), 4_096).await.unwrap();
        let json: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&json["status"], &json["code"]), (&json!(status), &json!(code)), "{said}");
        assert!(!json.to_string().contains("inner"), "how the broker is set up is not the callers' business: {json}");
    }
    let away = Problem::from(CacheError::Away { detail: "gone".to_owned() });
    assert_eq!(away.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_command_tells_what_became_of_its_event() {
    type Fault = fn(&MemoryBroker);
    let table: &[(Fault, u16, &str)] = &[
        (|broker| broker.refuse_next(1), 503, "not_published"),
        (|broker| broker.disconnect(), 503, "not_published"),
        (|broker| broker.lose_confirm_next(1), 504, "unknown"),
        (|broker| broker.block("full"), 504, "unknown"),
    ];
    for (fault, status, code) in table {
        let harness = start().await;
        fault(harness.broker());
        let reply = harness.http().by("t-1", "teacher").post("/marks", &json!({ "pupil": "p-1", "points": 1 })).await;
        assert_eq!(problem(&reply), (*status, (*code).to_owned()));
    }
    let harness = start().await;
    let reply = harness.http().by("t-1", "teacher").post("/marks", &json!({ "pupil": "p-1", "points": 1 })).await;
    assert_eq!((reply.status.as_u16(), reply.json()["id"].is_string()), (202, true));
}

#[tokio::test(start_paused = true)]
async fn a_bad_body_is_refused_with_the_name_of_the_field_and_without_its_content() {
    const SECRET: &str = "CANARY";
    let table: &[(&[u8], &str, &str)] = &[
        (b"", "shape", "ends too early"),
        (b"{", "shape", "ends too early"),
        (b"CANARY", "shape", "not JSON"),
        (b"[]", "shape", "a value is not of its type"),
        (b"{}", "shape", "missing field `pupil`"),
        (b"{\"pupil\":\"\xff\",\"points\":1}", "shape", "not JSON"),
        (br#"{"pupil":"p-1","points":"CANARY"}"#, "shape", "points: wrong type, expected u16"),
        (br#"{"pupil":"p-1","points":-1}"#, "shape", "points: wrong value, expected u16"),
        (br#"{"pupil":"p-1","points":1.5}"#, "shape", "points"),
        (br#"{"pupil":["CANARY"],"points":1}"#, "shape", "pupil: wrong type, expected a string"),
        (br#"{"pupil":"p-1","points":1001}"#, "invalid", "points: greater than 1000 (too_large)"),
        (br#"{"pupil":"","points":1001}"#, "invalid", "pupil: length is lower than 1 (too_short)"),
    ];
    let harness = start().await;
    let teacher = harness.http().by("t-1", "teacher");
    for (body, code, detail) in table {
        let reply = teacher.send(Method::POST, "/marks", Body::from(body.to_vec())).await;
        let shown = String::from_utf8_lossy(body).chars().take(60).collect::<String>();
        assert_eq!(problem(&reply), (422, (*code).to_owned()), "{shown}");
        let said = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(said.contains(detail), "{shown}: {said}");
        assert!(!reply.text().contains(SECRET), "{shown}: {said}");
    }
    let both = teacher.post("/marks", &json!({ "pupil": "", "points": 1001 })).await.json();
    let violations = both["violations"].as_array().unwrap().iter();
    let fields: BTreeSet<&str> = violations.map(|violation| violation["path"].as_str().unwrap()).collect();
    assert_eq!(fields, ["points", "pupil"].into());
    assert_eq!(harness.broker().recorded(), [], "nothing is published");
}

#[tokio::test(start_paused = true)]
async fn limits_and_wrong_paths_are_problems_too() {
    let environment = vec![("FABRIC__HTTP__BODY_BYTES_MAX", "2048"), ("FABRIC__HTTP__REQUEST_TIMEOUT_MS", "700")];
    let setup = Setup { environment, ..Setup::default() };
    let harness = Harness::start_with(school_with_routes(&[]).0, setup).await;
    let teacher = harness.http().by("t-1", "teacher");
    let large = json!({ "pupil": "p".repeat(3_000), "points": 1 });
    assert_eq!(problem(&teacher.post("/marks", &large).await), (413, "too_large".to_owned()));
    let table = [
        (Method::GET, "/nowhere", 404, "not_found"),
        (Method::GET, "/school/marks", 404, "not_found"),
        (Method::DELETE, "/marks", 405, "method"),
        (Method::GET, "/rooms/CANARY", 400, "invalid"),
        (Method::GET, "/late", 504, "timeout"),
    ];
    for (method, path, status, code) in table {
        let reply = teacher.send(method.clone(), path, Body::empty()).await;
        assert_eq!(problem(&reply), (status, code.to_owned()), "{method} {path}");
        assert!(!reply.text().contains("CANARY"), "{}", reply.text());
        assert_eq!(reply.headers.contains_key("allow"), status == 405, "{method} {path}");
    }
}
