//! The text that Prometheus reads, checked by Prometheus' own tool.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use fabric::runtime::metric;
use fabric_testkit::harness::Harness;

use super::check_against_the_table;
use crate::sample::{Act, BellRung, School, mark, marks, school};

/// Whether promtool is to be asked: `FABRIC_REQUIRE_SERVERS` says never (0) or in any case (1), else it is if it is installed.
fn asks_promtool() -> bool {
    let required = std::env::var("FABRIC_REQUIRE_SERVERS").unwrap_or_default();
    let is_installed =
        || Command::new("promtool").arg("--version").output().is_ok_and(|output| output.status.success());
    let asks = required != "0" && (required == "1" || is_installed());
    if !asks {
        println!("promtool is not asked: it is not installed, or FABRIC_REQUIRE_SERVERS=0");
    }
    asks
}

#[tokio::test(start_paused = true)]
async fn promtool_accepts_what_is_exported() {
    let script = [Act::Handle, Act::Transient, Act::Permanent, Act::Panic];
    let (service, _) = school(School::following(&script), marks());
    let harness = Harness::start(service).await;
    let http = harness.http();
    for points in 0..10 {
        harness.publish(mark("p-1", points)).await;
        harness.publish(BellRung { tower: "north".to_owned() }).await;
    }
    harness.settle().await;
    for path in ["/health/ready", "/health/events"] {
        http.get(path).await;
    }
    let rendered = http.get("/metrics").await.text();
    let names = check_against_the_table(&rendered);
    assert!(names.len() > metric::ALL.len() / 2, "{names:?}");
    if !asks_promtool() {
        return;
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed");
    promtool.stdin.take().unwrap().write_all(rendered.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}
