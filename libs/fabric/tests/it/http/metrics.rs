//! `/metrics`, as Prometheus asks for it.

use std::collections::BTreeSet;

use fabric::{runtime::metric, telemetry::METRICS_CONTENT_TYPE};

use super::start;
use crate::{sample::mark, scrape};

#[tokio::test(start_paused = true)]
async fn metrics_are_told_in_prometheus_text_format() {
    let harness = start().await;
    let http = harness.http();
    harness.publish(mark("p-1", 1)).await;
    harness.settle().await;
    let reply = http.get("/metrics").await;
    assert_eq!((reply.status.as_u16(), reply.headers["content-type"].to_str().unwrap()), (200, METRICS_CONTENT_TYPE));
    assert_eq!(METRICS_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    let text = reply.text();
    let names: BTreeSet<&str> = scrape::lines(&text).map(|line| line.name).collect();
    let table: BTreeSet<&str> = metric::ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(names.difference(&table).collect::<Vec<_>>(), [&""; 0], "not in the table");
    for name in ["eventbus_published_total", "eventbus_consumed_total", "eventbus_processing_duration_seconds"] {
        assert!(names.contains(name), "{name}");
    }
}
