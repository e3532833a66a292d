//! Who may do what: tokens, roles, tenants.

use std::time::Duration;

use fabric_testkit::harness::Reply;
use serde_json::json;

use super::start;

fn code(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_request_needs_a_valid_token_and_a_role_that_may() {
    let harness = start().await;
    let mark = json!({ "pupil": "p-1", "points": 12 });
    let nobody = harness.http();
    let teacher = nobody.clone().by("t-1", "teacher");
    let unauthenticated = (401, "unauthenticated".to_owned());
    assert_eq!(code(&nobody.post("/marks", &mark).await), unauthenticated);
    assert_eq!(code(&nobody.get("/marks").await), unauthenticated);
    for token in ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        assert_eq!(code(&nobody.clone().with_token(token).post("/marks", &mark).await), unauthenticated, "{token:?}");
    }
    for (role, expected) in [("pupil", 403), ("admin", 403), ("teacher", 202), ("service", 202)] {
        let reply = nobody.clone().by("somebody", role).post("/marks", &mark).await;
        assert_eq!(reply.status, expected, "{role}: {}", reply.text());
        if expected == 403 {
            assert_eq!(code(&reply).1, "forbidden");
            assert_eq!(reply.json()["detail"], format!("the role {role} may not publish school.mark.given"));
        }
    }
    // Nobody but the service itself may ring the bell.
    assert_eq!(code(&teacher.post("/bells/north", &json!({})).await), (403, "forbidden".to_owned()));
    harness.settle().await;
    assert_eq!(harness.dispositions("school.marks").len(), 2, "what is refused is not published");
    tokio::time::sleep(Duration::from_hours(2)).await;
    assert_eq!(code(&teacher.post("/marks", &mark).await), unauthenticated, "the token has expired");
}

#[tokio::test(start_paused = true)]
async fn one_tenant_never_sees_anothers() {
    let harness = start().await;
    let of = |tenant: &str| harness.http().by_somebody_of(&tenant.parse().unwrap(), "t-1", "teacher");
    let (north, south) = (of("north"), of("south"));
    north.post("/marks", &json!({ "pupil": "p-1", "points": 12 })).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!((north.get("/marks").await.json(), south.get("/marks").await.json()), (json!([12]), json!([])));
}

#[tokio::test(start_paused = true)]
async fn health_and_metrics_need_no_token() {
    let harness = start().await;
    harness.publish(crate::sample::mark("p-1", 1)).await;
    harness.settle().await;
    for path in ["/health/live", "/health/ready", "/health/events", "/metrics"] {
        assert_eq!(harness.http().get(path).await.status, 200, "{path}");
    }
}
