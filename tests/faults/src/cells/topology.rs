//! What the service needs on the broker is taken away.

use std::time::Duration;

use anyhow::{Result, ensure};
use fabric::{Event, core::topology::names};
use fabric_testkit::wait::eventually;
use tokio::time::sleep;

use super::broker::at_node;
use crate::{
    lab::Lab,
    load::Mix,
    order::Order,
    report::Report,
    sample::{DetourTaken, GlanceTaken, HELD, LOOSE, SERVICE, STRICT, SUBSCRIPTIONS},
    stage::{Setup, Stage, parked_queue, wait_queues},
    vandal::Vandal,
};

/// How soon what was deleted must stand again with its consumers.
const RESTORE_DEADLINE: Duration = Duration::from_secs(20);

/// In F16 somebody else has a transient queue, of which the broker confirms at once what others get later. So many events at a time
/// are published for it, among those that no queue wants, so that confirms and returns are mixed.
const GLANCES: usize = 30;
const BURSTS: u32 = 60;

/// F16. First one topic has no queue while others have, then the exchange is gone. A deployment brings it back, and nothing is published
/// meanwhile: what comes between two bindings reaches some of its queues, which nobody can tell from having reached all.
pub async fn unroutable(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = at_node(lab).await?;
    let mix = Mix { detours: 40, pause_ms: 300, ..setup.mix };
    let mut stage = Stage::open(Setup { mix, ..setup }, order).await?;
    let vandal = Vandal::connect(&stage.straight_url()).await?;
    let exchange = names::exchange(SERVICE);
    vandal.watch(&exchange, GlanceTaken::TOPIC).await?;
    stage.load();
    stage.go_on(15).await;
    let fault = stage.fault("a missing binding")?;
    vandal.unbind(LOOSE, &exchange, DetourTaken::TOPIC).await?;
    let every = stage.share(25) / BURSTS;
    for number in 0..BURSTS {
        stage.desk.glances(&number.to_string(), GLANCES).await?;
        sleep(every).await;
    }
    vandal.bind(LOOSE, &exchange, DetourTaken::TOPIC).await?;
    fault.ok()?;
    stage.go_on(15).await;
    let fault = stage.fault("a deleted exchange")?;
    vandal.delete_exchange(&exchange).await?;
    stage.go_on(15).await;
    let silence = stage.desk.hush().await;
    stage.workers.stop(0).await?;
    stage.workers.start(0, None).await?;
    drop(silence);
    fault.ok()?;
    stage.go_on(30).await;
    let failed = stage.outcomes()?.failed;
    ensure!(vandal.has_exchange(&exchange).await?, "a new worker does not declare the exchange");
    if failed == 0 {
        stage.finding("nothing was reported as unrouted");
    }
    let kept = stage.broker().depths(vec![names::UNROUTED.to_owned()]).await?;
    let kept = kept.first().map_or(0, |depth| depth.ready);
    stage.note(format!("{failed} publishes reported as not routed, {kept} copies kept in `{}`", names::UNROUTED));
    stage.finish().await
}

/// F17. Empty queues are deleted while nothing is published, since what a queue held, and what is published while it is missing, is
/// gone with it. The work queues come back by themselves, and the wait queues when they are missed.
pub async fn deleted(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = at_node(lab).await?;
    let mix = Mix { failing_per_mille: 150, ..setup.mix };
    let setup = Setup { mix, recovery_max: RESTORE_DEADLINE, ..setup };
    let mut stage = Stage::open(setup, order).await?;
    let vandal = Vandal::connect(&stage.straight_url()).await?;
    stage.load();
    stage.go_on(20).await;
    vandal.redeclare_otherwise(LOOSE).await?;
    stage.fall_idle().await?;

    let fault = stage.fault("deleted work queues")?;
    let deleted = [LOOSE.to_owned(), format!("{STRICT}.partition.1"), HELD.to_owned()];
    for queue in &deleted {
        vandal.delete_queue(queue).await?;
    }
    eventually(RESTORE_DEADLINE, "the deleted queues to be consumed again", || are_consumed(&stage, &deleted)).await?;
    fault.ok()?;

    let fault = stage.fault("deleted wait queues")?;
    for queue in wait_queues(&stage.topology) {
        vandal.delete_queue(&queue).await?;
    }
    stage.load();
    stage.go_on(30).await;
    fault.ok()?;

    let fault = stage.fault("all connections closed by an operator")?;
    let vhost = stage.vhost().to_owned();
    lab.node().await?.ctl(&["close_all_connections", "--vhost", &vhost, "maintenance"]).await?;
    fault.ok()?;
    stage.go_on(40).await;
    stage.finish().await
}

async fn are_consumed(stage: &Stage, queues: &[String]) -> Result<bool> {
    let depths = stage.broker().depths(queues.to_vec()).await?;
    Ok(depths.len() == queues.len() && depths.iter().all(|depth| depth.consumers > 0))
}

/// F22. The parked queues are missing, and later full.
pub async fn parked_away(lab: &mut Lab, order: &Order) -> Result<Report> {
    let setup = Setup { settle_max: Duration::from_secs(90), ..at_node(lab).await? };
    let mut stage = Stage::open(setup, order).await?;
    let vandal = Vandal::connect(&stage.straight_url()).await?;
    let vhost = stage.vhost().to_owned();
    let fault = stage.fault("missing parked queues")?;
    for subscription in SUBSCRIPTIONS {
        vandal.delete_queue(&parked_queue(subscription)?).await?;
    }
    stage.load();
    stage.go_on(30).await;
    fault.ok()?;
    let fault = stage.fault("full parked queues")?;
    limit_parked(lab, &vhost, 2).await?;
    stage.go_on(30).await;
    limit_parked(lab, &vhost, 100_000).await?;
    fault.ok()?;
    stage.go_on(40).await;
    stage.finish().await
}

/// A limit is raised, never lifted: after that RabbitMQ 3.10 goes on refusing whom it has refused.
async fn limit_parked(lab: &mut Lab, vhost: &str, events: u32) -> Result<()> {
    let limit = format!(r#"{{"max-length":{events},"overflow":"reject-publish"}}"#);
    let policy = ["set_policy", "-p", vhost, "limit", r"\.parked$", &limit, "--apply-to", "queues"];
    lab.node().await?.ctl(&policy).await.map(drop)
}
