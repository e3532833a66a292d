//! Faults of the network.

use std::time::Duration;

use anyhow::Result;
use fabric::core::seed::Seed;

use super::broker::at_node;
use crate::{
    lab::Lab,
    order::Order,
    report::Report,
    stage::{Setup, Stage},
};

/// How often connections are reset.
const RESETS: u32 = 6;
/// The heartbeat where its absence is to be noticed, in seconds.
const HEARTBEAT_S: u16 = 2;

/// F10. Frames are cut into pieces, and the connection is reset in the middle of one.
pub async fn reset(lab: &mut Lab, order: &Order) -> Result<Report> {
    let mut stage = Stage::open(at_node(lab).await?, order).await?;
    let mut seed = Seed::new(order.seed);
    stage.load();
    stage.go_on(20).await;
    stage.publish_side.slice(16);
    for number in 0..RESETS {
        let fault = stage.fault("TCP reset in the middle of a frame")?;
        stage.publish_side.reset_after_bytes(1 + seed.below(20_000));
        if number % 3 == 2 {
            stage.consume_side.reset().await?;
        }
        stage.go_on(60 / RESETS).await;
        fault.ok()?;
    }
    stage.publish_side.heal().await?;
    let accepted = stage.publish_side.counts().accepted;
    if accepted < u64::from(RESETS) {
        stage.finding(format!("only {accepted} connections were ever made: nothing was reset"));
    }
    stage.go_on(20).await;
    stage.finish().await
}

/// F11. Both sides hear nothing any more, not even the end of their connections.
pub async fn black_hole(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = Setup { heartbeat_s: HEARTBEAT_S, ..at_node(lab).await? };
    let mut stage = Stage::open(setup, order).await?;
    stage.load();
    stage.go_on(25).await;
    let fault = stage.fault("a black hole")?;
    stage.publish_side.black_hole();
    stage.consume_side.black_hole();
    let bound = Duration::from_secs(2 * u64::from(HEARTBEAT_S) + 2);
    if !stage.becomes(|status| !status.connected, bound).await {
        stage.finding(format!("after {bound:?} of silence the connection still counts as one"));
    }
    stage.go_on(35).await;
    stage.publish_side.heal().await?;
    stage.consume_side.heal().await?;
    fault.ok()?;
    stage.go_on(40).await;
    stage.finish().await
}

/// F12.
pub async fn slow(lab: &mut Lab, order: &Order) -> Result<Report> {
    let mut stage = Stage::open(at_node(lab).await?, order).await?;
    stage.load();
    stage.go_on(20).await;
    let fault = stage.fault("a slow link")?;
    for relay in [&stage.publish_side, &stage.consume_side] {
        relay.delay(150, 100, order.seed);
        relay.bandwidth(64 * 1024);
    }
    stage.go_on(60).await;
    stage.publish_side.heal().await?;
    stage.consume_side.heal().await?;
    fault.ok()?;
    stage.go_on(20).await;
    stage.finish().await
}
