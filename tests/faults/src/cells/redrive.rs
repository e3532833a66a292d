//! F29: what is parked goes back to its subscription while events come in, by a process that is killed on the way.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use fabric_testkit::wait::eventually;
use futures_util::future::try_join_all;
use tokio::{
    process::Command,
    time::{Instant, timeout},
};

use super::broker::at_node;
use crate::{
    crash::{At, Point},
    lab::Lab,
    load::Mix,
    order::Order,
    redriver::RedriverArgs,
    report::Report,
    sample::{DetourTaken, Fate, HELD, LOOSE, MENDED, STRICT, StepTaken},
    stage::{Setup, Stage, parked_queue},
};

/// How long it may take until everything is parked, and until everything is sent back.
const DEADLINE: Duration = Duration::from_mins(3);
/// Over how many keys the parked events are spread.
const KEYS: usize = 40;
/// Every so many of the events go to all subscriptions, the rest to the loose one alone.
const TO_ALL_EVERY: usize = 20;

/// F29. It is killed after a copy was confirmed and before its original was removed, done again, and again.
pub async fn killed(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = at_node(lab).await?;
    let mix = Mix { dooms: Vec::new(), strange: Vec::new(), ..setup.mix };
    let setup = Setup { handle_ms: 1, mix, settle_max: Duration::from_mins(2), ..setup };
    let mut stage = Stage::open(setup, order).await?;
    park(&stage, order.redriven).await?;
    let parked = stage.note_parked().await?;
    std::fs::write(stage.folder().join("failures").join(MENDED), "")?;
    stage.load();
    let started = Instant::now();
    let fault = stage.fault("a redrive is killed")?;
    let passage = u32::try_from(order.redriven / 2)?;
    for subscription in [LOOSE, STRICT, HELD] {
        let crash = At { point: Point::AfterRedriveCopy, passage: if subscription == LOOSE { passage } else { 3 } };
        ensure!(
            !redrive(&stage, order, subscription, Some(crash)).await?,
            "the redrive of {subscription} was not killed"
        );
        for _ in 0..2 {
            ensure!(redrive(&stage, order, subscription, None).await?, "the redrive of {subscription} failed");
        }
    }
    fault.ok()?;
    stage.note(format!("{parked} events sent back in {:.1} s, killed on the way", started.elapsed().as_secs_f64()));
    stage.go_on(50).await;
    stage.finish().await
}

async fn park(stage: &Stage, events: usize) -> Result<()> {
    let per_key = events.div_ceil(KEYS);
    try_join_all((0..KEYS).map(async |key| {
        for seq in 1..=u64::try_from(per_key)? {
            let walker = format!("parked-{key}");
            if key % TO_ALL_EVERY == 0 {
                stage.desk.step(StepTaken { walker, seq, fate: Fate::Awaits }, 1).await?;
            } else {
                stage.desk.detour(DetourTaken { walker, seq, fate: Fate::Awaits }).await?;
            }
        }
        anyhow::Ok(())
    }))
    .await?;
    let expected = u64::try_from(per_key * KEYS)?;
    let queue = parked_queue(LOOSE)?;
    eventually(DEADLINE, "everything to be parked", async || {
        let depths = stage.broker().depths(vec![queue.clone()]).await?;
        anyhow::Ok(depths.first().is_some_and(|depth| depth.ready >= expected) && stage.backlog().await? == 0)
    })
    .await
}

/// Redrives everything that is parked, in a process of its own. False when it was killed.
async fn redrive(stage: &Stage, order: &Order, subscription: &str, crash: Option<At>) -> Result<bool> {
    let args = RedriverArgs {
        url: stage.straight_url(),
        folder: stage.folder(),
        subscription: subscription.to_owned(),
        parent: rustix::process::getpid().as_raw_pid(),
        crash,
    };
    let mut child = Command::new(&order.program)
        .args(args.command_line())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("the redrive cannot be started")?;
    Ok(timeout(DEADLINE, child.wait()).await.context("the redrive does not end")??.success())
}
