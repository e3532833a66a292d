//! Faults of handlers and events.

use std::time::Duration;

use anyhow::Result;

use super::broker::at_node;
use crate::{
    lab::Lab,
    load::Mix,
    order::Order,
    report::Report,
    sample::Fate,
    stage::{Setup, Stage},
    strange::Strange,
};

/// How long the broker lets a consumer take in F18, and its default.
const CONSUMER_TIMEOUT_MS: u64 = 3_000;
const CONSUMER_TIMEOUT_DEFAULT_MS: u64 = 1_800_000;

/// F18. Some handlers take twice as long as the broker waits, which ends their channels with an error (406).
pub async fn too_slow(lab: &mut Lab, order: &Order) -> Result<Report> {
    consumer_timeout(lab, CONSUMER_TIMEOUT_MS).await?;
    let setup = at_node(lab).await?;
    let report = slow_stage(setup, order).await;
    consumer_timeout(lab, CONSUMER_TIMEOUT_DEFAULT_MS).await?;
    report
}

async fn slow_stage(setup: Setup, order: &Order) -> Result<Report> {
    let mix = Mix { slow: (1, 2 * CONSUMER_TIMEOUT_MS), ..setup.mix };
    // With a second worker the broker would give the event to it while the first is still at it: that takes a lock of the handler's.
    let setup = Setup { workers: 1, timeout_ms: 20_000, mix, settle_max: Duration::from_mins(2), ..setup };
    let mut stage = Stage::open(setup, order).await?;
    stage.load();
    stage.go_on(10).await;
    let fault = stage.fault("handlers that take longer than consumer_timeout")?;
    let step =
        crate::sample::StepTaken { walker: "slow".to_owned(), seq: 1, fate: Fate::Slow(2 * CONSUMER_TIMEOUT_MS) };
    stage.desk.step(step, 1).await?;
    stage.go_on(90).await;
    fault.ok()?;
    if !stage.workers_say("PRECONDITION_FAILED")? {
        stage.finding("the broker ended no channel: nothing took too long");
    }
    stage.finish().await
}

async fn consumer_timeout(lab: &mut Lab, ms: u64) -> Result<()> {
    let set = format!("application:set_env(rabbit, consumer_timeout, {ms}).");
    lab.node().await?.ctl(&["eval", &set]).await.map(drop)
}

/// F19. Every kind of poison there is, beside events that are fine.
pub async fn poisoned(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = at_node(lab).await?;
    let dooms = vec![Fate::Hangs, Fate::Doomed, Fate::Refused, Fate::Panics];
    let mix = Mix { dooms, strange: Strange::ALL.to_vec(), ..setup.mix };
    let setup = Setup { timeout_ms: 1_000, mix, settle_max: Duration::from_mins(1), ..setup };
    let mut stage = Stage::open(setup, order).await?;
    stage.load();
    stage.go_on(100).await;
    stage.finish().await
}

/// F20. Without an inbox the handlers see them all; order and completeness must hold nevertheless.
pub async fn repeated(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = at_node(lab).await?;
    let mix = Mix { walkers: 2, detours: 0, pause_ms: 1_000, copies: 50, ..setup.mix };
    let setup = Setup { handle_ms: 1, mix, settle_max: Duration::from_mins(1), ..setup };
    let mut stage = Stage::open(setup, order).await?;
    stage.load();
    stage.go_on(100).await;
    stage.note("each event published 50 times at once");
    stage.finish().await
}
