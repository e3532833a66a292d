//! Faults of a single broker.

use std::time::Duration;

use anyhow::Result;
use fabric_testkit::wait::eventually;
use futures_util::future::try_join_all;

use crate::{
    lab::Lab,
    load::Mix,
    order::Order,
    report::Report,
    sample::{Fate, LOOSE, StepTaken},
    stage::{Setup, Stage},
};

/// How soon the driver must know that the broker takes nothing.
const NOTICE_DEADLINE: Duration = Duration::from_secs(5);
/// How long what is in the queues may take to be handled while the broker takes nothing new.
const WORK_OFF_DEADLINE: Duration = Duration::from_secs(25);

/// In F13 so many events fail during the alarm, and so many stand behind them in the queues.
const FAILING: u32 = 3;
const BEHIND: u32 = 300;

/// A virtual host of its own on the one node.
pub async fn at_node(lab: &mut Lab) -> Result<Setup> {
    let node = lab.node().await?;
    let url = node.fresh_vhost().await?;
    let vhost = url.rsplit('/').next().unwrap_or_default();
    Ok(Setup::at(node.addr(), vhost))
}

/// F1. What was declared is on disk before the kill: see `flush_registries`.
pub async fn killed(lab: &mut Lab, order: &Order) -> Result<Report> {
    let mut stage = Stage::open(at_node(lab).await?, order).await?;
    let node = lab.node().await?;
    node.flush_registries().await?;
    stage.load();
    stage.go_on(40).await;
    let fault = stage.fault("kill -9 of the broker")?;
    node.kill().await?;
    node.start_again().await?;
    fault.ok()?;
    stage.go_on(60).await;
    stage.finish().await
}

/// F13. Slow handlers leave something in the queues, which must be worked off while the broker takes nothing new. A few events among
/// them fail, whose copies have to wait for the broker; more would take up all handlers.
pub async fn out_of_memory(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = at_node(lab).await?;
    let mix = Mix { failing_per_mille: 0, dooms: Vec::new(), strange: Vec::new(), ..setup.mix };
    let setup = Setup { workers: 1, handle_ms: 300, mix, recovery_max: NOTICE_DEADLINE, ..setup };
    let mut stage = Stage::open(setup, order).await?;
    stage.load();
    stage.go_on(40).await;
    for number in 0..FAILING {
        stage.desk.step(StepTaken { walker: format!("failing-{number}"), seq: 1, fate: Fate::Fails(1) }, 1).await?;
    }
    let behind = (0..BEHIND).map(|number| StepTaken { walker: format!("behind-{number}"), seq: 1, fate: Fate::Good });
    try_join_all(behind.map(|step| stage.desk.step(step, 1))).await?;
    let fault = stage.fault("memory alarm")?;
    lab.node().await?.raise_memory_alarm().await?;
    notices_block(&mut stage).await;
    let before = stage.backlog().await?;
    if eventually(WORK_OFF_DEADLINE, "the queues to be worked off", || is_worked_off(&stage)).await.is_err() {
        let left = stage.backlog().await?;
        stage.finding(format!("blocked publishers hold up the handlers: {left} of {before} events are not worked off"));
    }
    lab.node().await?.clear_memory_alarm().await?;
    fault.ok()?;
    stage.go_on(40).await;
    stage.note(format!("{before} events worked off during the alarm"));
    stage.finish().await
}

async fn is_worked_off(stage: &Stage) -> Result<bool> {
    Ok(stage.backlog().await? == 0)
}

/// F14.
pub async fn out_of_disk(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = Setup { recovery_max: NOTICE_DEADLINE, ..at_node(lab).await? };
    let mut stage = Stage::open(setup, order).await?;
    stage.load();
    stage.go_on(30).await;
    let fault = stage.fault("disk alarm")?;
    lab.node().await?.raise_disk_alarm().await?;
    notices_block(&mut stage).await;
    stage.go_on(30).await;
    lab.node().await?.clear_disk_alarm().await?;
    fault.ok()?;
    stage.go_on(40).await;
    stage.finish().await
}

/// The driver must learn that it is blocked.
async fn notices_block(stage: &mut Stage) {
    if !stage.becomes(|status| status.blocked.is_some(), NOTICE_DEADLINE).await {
        stage.finding("nobody noticed that the broker takes nothing");
    }
}

/// F15. Without workers a queue reaches its limit, refuses, and the driver publishes again.
pub async fn full(lab: &mut Lab, order: &Order) -> Result<Report> {
    let mut stage = Stage::open(at_node(lab).await?, order).await?;
    let vhost = stage.vhost().to_owned();
    stage.load();
    stage.go_on(20).await;
    let fault = stage.fault("a queue at its limit")?;
    let pattern = format!("^{}$", LOOSE.replace('.', "\\."));
    let limit = ["set_policy", "-p", &vhost, "limit", &pattern, r#"{"max-length":40}"#, "--apply-to", "queues"];
    lab.node().await?.ctl(&limit).await?;
    let failures = stage.workers.stop_all().await?;
    for failure in failures {
        stage.finding(failure);
    }
    stage.go_on(40).await;
    let refused = stage.outcomes()?.unknown;
    stage.workers.start_all().await?;
    lab.node().await?.ctl(&["clear_policy", "-p", &vhost, "limit"]).await?;
    fault.ok()?;
    stage.go_on(40).await;
    if refused == 0 {
        stage.finding("nothing was refused by the full queue");
    }
    stage.finish().await
}
