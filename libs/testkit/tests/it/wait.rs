use std::cell::Cell;
use std::collections::HashSet;
use std::time::Duration;

use anyhow::anyhow;
use fabric_testkit::wait::{eventually, free_port};

#[tokio::test(start_paused = true)]
async fn it_returns_as_soon_as_the_condition_holds() {
    let looks = Cell::new(0);
    let waited = eventually(Duration::from_mins(1), "ten looks", async || {
        looks.set(looks.get() + 1);
        looks.get() == 10
    });
    waited.await.unwrap();
    assert_eq!(looks.get(), 10);
}

#[tokio::test(start_paused = true)]
async fn it_looks_once_even_without_time() {
    eventually(Duration::ZERO, "nothing", async || true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_error_says_what_was_missing_and_why() {
    let nothing = Duration::from_secs(1);
    let error = eventually(nothing, "rain", async || false).await.unwrap_err();
    assert_eq!(format!("{error:#}"), "waited 1s for rain");

    let error = eventually(nothing, "rain", async || Err::<bool, _>(anyhow!("no clouds"))).await.unwrap_err();
    assert_eq!(format!("{error:#}"), "waited 1s for rain: no clouds");

    let error = eventually(nothing, "rain", async || std::future::pending::<bool>().await).await.unwrap_err();
    assert_eq!(format!("{error:#}"), "waited 1s for rain: the last look did not return");
}

#[test]
fn free_ports_are_never_handed_out_twice() {
    let ports: HashSet<u16> = (0..50).map(|_| free_port().unwrap()).collect();
    assert_eq!(ports.len(), 50);
}
