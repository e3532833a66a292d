//! `/health/live`, `/health/ready` and `/health/events`.

use std::time::Duration;

use fabric::{AnyService, Context, Service, Subscription};
use fabric_testkit::harness::{Harness, Reply};
use serde_json::{Value, json};

use super::{school_with_routes, start};
use crate::sample::{Act, BellRung, mark, until};

/// The status, the word, and the checks that are not as they should be.
fn in_short(reply: &Reply) -> (u16, String, Vec<String>) {
    let json = reply.json();
    let checks = json["checks"].as_array().unwrap();
    let names: Vec<&str> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["broker", "topology", "consumers", "circuits", "pauses", "cache", "draining"]);
    let failing =
        checks.iter().filter(|check| check["ok"] != true).map(|check| check["name"].as_str().unwrap().to_owned());
    (reply.status.as_u16(), json["status"].as_str().unwrap().to_owned(), failing.collect())
}

#[tokio::test(start_paused = true)]
async fn readiness_names_what_is_the_matter_and_liveness_does_not_care() {
    type Trouble = fn(&Harness);
    let table: &[(Trouble, u16, &str, &[&str])] = &[
        (|_| {}, 200, "ready", &[]),
        (|harness| harness.broker().disconnect(), 503, "degraded", &["broker", "topology", "consumers"]),
        (|harness| harness.broker().block("the disk of p-1 is full"), 503, "degraded", &["broker"]),
        // Without the cache nothing but the last known events is missing.
        (|harness| harness.cache().go_away(), 200, "degraded", &["cache"]),
        (|harness| harness.host().activity().drain(), 503, "draining", &["draining"]),
        (
            |harness| {
                harness.broker().block("full");
                harness.cache().go_away();
                harness.host().activity().drain();
            },
            503,
            "draining",
            &["broker", "cache", "draining"],
        ),
    ];
    for (trouble, status, word, failing) in table {
        let harness = start().await;
        let http = harness.http();
        let reply = http.get("/health/ready").await;
        assert_eq!(in_short(&reply), (503, "degraded".to_owned(), vec!["consumers".to_owned()]), "nothing runs yet");
        until("the consumers to be registered", || harness.host().health().readiness().takes_requests).await;
        trouble(&harness);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let reply = http.get("/health/ready").await;
        let failing: Vec<String> = failing.iter().map(ToString::to_string).collect();
        assert_eq!(in_short(&reply), (*status, (*word).to_owned(), failing), "{}", reply.text());
        assert!(!reply.text().contains("p-1"), "the broker's own words are not for everybody: {}", reply.text());
        let live = http.get("/health/live").await;
        assert_eq!((live.status.as_u16(), live.json()), (200, json!({ "status": "live" })));
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_counted_as_they_are() {
    let script = [Act::Handle, Act::Handle, Act::Permanent, Act::Transient, Act::Wait];
    let (service, state) = school_with_routes(&script);
    let harness = Harness::start(service).await;
    let http = harness.http();
    tokio::time::sleep(Duration::from_secs(30)).await;
    harness.broker().block("no room");
    let fabric = harness.fabric_as("school");
    let late = tokio::spawn(async move { fabric.publish(mark("p-0", 0)).tenant("test".parse().unwrap()).await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    harness.broker().unblock();
    late.await.unwrap().unwrap();
    for points in 1..8 {
        harness.publish(mark(&format!("p-{points}"), points)).await;
    }
    let last_at = harness.clock().now().to_string();
    until("a handler to wait", || state.at_work() == 1).await;
    let reply = http.get("/health/events").await;
    let expected = json!({
        "service": "school",
        "published": 8,
        "in_hand": 2,
        "events_per_second": 0.4,
        "last_event_at": last_at,
        "subscriptions": [{
            "subscription": "school.marks",
            "pending": 2,
            "parked": 1,
            "active_consumers": 1,
            "consuming_here": true,
            "paused": false,
            "circuit": "closed",
            "handled": 2,
            "retried": 1,
            "lag_ms": 0,
            "last_event_at": last_at,
            "events_per_second": 0.4,
        }],
    });
    assert_eq!((reply.status.as_u16(), reply.json()), (200, expected));
    state.gate.add_permits(10);
    harness.settle().await;
    let report = http.get("/health/events").await.json();
    let subscription = &report["subscriptions"][0];
    let fields = ["pending", "parked", "handled", "retried"].map(|field| subscription[field].as_u64());
    assert_eq!(fields, [Some(0), Some(1), Some(7), Some(1)]);
    assert_eq!(subscription["lag_ms"], 1_000, "the mark that was tried again a second later came last");
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(http.get("/health/events").await.json()["events_per_second"], 0.0);
}

#[tokio::test(start_paused = true)]
async fn without_the_broker_events_says_what_this_process_knows() {
    let harness = start().await;
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    harness.broker().disconnect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = harness.clock().elapsed();
    let reply = harness.http().get("/health/events").await;
    assert_eq!(harness.clock().elapsed(), asked, "it waited for the broker");
    let subscription = &reply.json()["subscriptions"][0];
    let unknown = ["pending", "parked", "active_consumers"].iter().all(|field| subscription[*field] == Value::Null);
    assert!(reply.status == 200 && unknown, "{}", reply.text());
    assert_eq!((&subscription["handled"], &subscription["consuming_here"]), (&json!(1), &json!(false)));
}

/// Rings when the bell rings.
fn office() -> Service {
    let bells = Subscription::new("bells").on(async |_: BellRung, _: Context| Ok(()));
    Service::new("office").subscribe(bells)
}

#[tokio::test(start_paused = true)]
async fn several_services_have_their_routes_under_their_names_and_one_alone_at_the_root() {
    let both: Vec<Box<dyn AnyService>> = vec![Box::new(school_with_routes(&[]).0), Box::new(office())];
    let harness = Harness::start(both).await;
    let http = harness.http();
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    let table = [
        ("/school", "school", vec!["school.marks"]),
        ("/office", "office", vec!["office.bells"]),
        ("", "fabric", vec!["school.marks", "office.bells"]),
    ];
    for (prefix, name, subscriptions) in table {
        for path in ["live", "ready"] {
            assert_eq!(http.get(&format!("{prefix}/health/{path}")).await.status, 200, "{prefix}/health/{path}");
        }
        let report = http.get(&format!("{prefix}/health/events")).await.json();
        let names: Vec<&str> = report["subscriptions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["subscription"].as_str().unwrap())
            .collect();
        assert_eq!((report["service"].as_str(), names), (Some(name), subscriptions));
        assert_eq!(http.get(&format!("{prefix}/metrics")).await.status, 200);
    }
    for (path, status) in [("/school/rooms/7", 200), ("/rooms/7", 404), ("/office/rooms/7", 404)] {
        assert_eq!(http.get(path).await.status, status, "{path}");
    }
    let alone = start().await.http();
    for (path, status) in [("/rooms/7", 200), ("/school/rooms/7", 404), ("/health/ready", 503), ("/metrics", 200)] {
        assert_eq!(alone.get(path).await.status, status, "{path}");
    }
    assert_eq!(alone.get("/health/events").await.json()["service"], "school");
}
