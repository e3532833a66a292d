//! Faults of the processes that handle events.

use std::time::Duration;

use anyhow::Result;
use fabric::core::seed::Seed;
use tokio::time::sleep;

use super::broker::at_node;
use crate::{
    crash::{At, Point},
    lab::Lab,
    load::Mix,
    order::Order,
    report::Report,
    sample::{Fate, StepTaken},
    stage::{Setup, Stage},
};

/// How long a worker may take to come by the point where it is to die.
const REACH_DEADLINE: Duration = Duration::from_secs(12);
/// How soon a worker that was started again must handle something.
const RESUME_MAX: Duration = Duration::from_secs(5);
/// How long a handler has something in hand that a second SIGTERM is to cut off.
const SLOW_MS: u64 = 4_000;
/// How often a worker is killed at a moment that nobody chose.
const RANDOM_KILLS: u64 = 4;

/// F7. One worker dies at each of the points in turn, and the other at random moments in between, so that both come to be the active
/// consumer of the ordered queues.
pub async fn killed(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = at_node(lab).await?;
    let mix = Mix { failing_per_mille: 100, ..setup.mix };
    let mut stage = Stage::open(Setup { mix, recovery_max: RESUME_MAX, ..setup }, order).await?;
    let mut seed = Seed::new(order.seed);
    let mut points = Point::OF_WORKERS.to_vec();
    shuffle(&mut points, &mut seed);
    stage.load();
    stage.go_on(10).await;
    let every = u64::try_from(points.len())?.div_ceil(RANDOM_KILLS);
    for (index, point) in (0..).zip(points.iter().copied()) {
        let at = At { point, passage: 1 + u32::try_from(seed.below(3))? };
        stage.workers.kill(0).await?;
        stage.workers.start(0, Some(at)).await?;
        let fault = stage.fault(&format!("kill -9 at {at}"))?;
        if !stage.workers.died(0, REACH_DEADLINE).await? {
            stage.finding(format!("no worker came by {at}"));
            stage.workers.kill(0).await?;
        }
        stage.workers.start(0, None).await?;
        fault.ok()?;
        if index % every == 0 {
            sleep(Duration::from_millis(seed.below(500))).await;
            let fault = stage.fault("kill -9 at a random moment")?;
            stage.workers.kill(1).await?;
            stage.workers.start(1, None).await?;
            fault.ok()?;
        }
    }
    stage.go_on(10).await;
    end_at_once(&mut stage).await?;
    stage.go_on(10).await;
    stage.note(format!("killed at {} points and {RANDOM_KILLS} random moments", points.len()));
    stage.finish().await
}

/// A second SIGTERM ends a worker that still has something in hand.
async fn end_at_once(stage: &mut Stage) -> Result<()> {
    stage.workers.stop(0).await?;
    let slow = StepTaken { walker: "slow".to_owned(), seq: 1, fate: Fate::Slow(SLOW_MS) };
    stage.desk.step(slow, 1).await?;
    stage.go_on(5).await;
    let fault = stage.fault("SIGTERM twice")?;
    let (status, took) = stage.workers.stop_at_once(1).await?;
    if status.success() || took >= Duration::from_millis(SLOW_MS) {
        stage.finding(format!("after a second SIGTERM a worker ended with {status} after {took:?}"));
    }
    stage.workers.start_all().await?;
    fault.ok()
}

fn shuffle(points: &mut [Point], seed: &mut Seed) {
    for index in (1..points.len()).rev() {
        let other = usize::try_from(seed.below(index as u64 + 1)).unwrap_or_default();
        points.swap(index, other);
    }
}

/// F9. Nothing that is finished may come again.
pub async fn terminated(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = at_node(lab).await?;
    let mix = Mix { pause_ms: 220, dooms: Vec::new(), ..setup.mix };
    let setup = Setup { handle_ms: 200, mix, duplicates: false, recovery_max: RESUME_MAX, ..setup };
    let mut stage = Stage::open(setup, order).await?;
    let (mut longest, grace) = (Duration::ZERO, Duration::from_millis(stage.grace_ms()));
    stage.load();
    for place in [0, 1, 0, 1] {
        stage.go_on(20).await;
        let fault = stage.fault("SIGTERM")?;
        let (status, took) = stage.workers.stop(place).await?;
        longest = longest.max(took);
        if !status.success() {
            stage.finding(format!("a worker ended with {status} instead of 0"));
        }
        stage.workers.start(place, None).await?;
        fault.ok()?;
    }
    stage.go_on(20).await;
    if longest > grace {
        stage.finding(format!("stopping took {longest:?}, more than the {grace:?} of grace"));
    }
    stage.note(format!("stopped within {:.1} s", longest.as_secs_f64()));
    stage.finish().await
}
