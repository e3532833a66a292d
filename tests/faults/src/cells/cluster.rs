//! Faults of a cluster of three nodes.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use fabric_testkit::servers::Cluster;
use tokio::time::sleep;

use crate::{
    balancer::Balancer,
    lab::Lab,
    order::Order,
    report::Report,
    sample::LOOSE,
    stage::{Setup, Stage},
};

/// The longest time without a confirm when a leader is killed.
const GAP_MAX: Duration = Duration::from_secs(10);
/// How long a node stays cut off: longer than the cluster takes to call it dead.
const CUT_OFF: Duration = Duration::from_secs(20);
/// How long a node stays frozen: longer than the queues take to choose another leader, shorter than the cluster takes to call it dead.
/// Afterwards it still believes that it leads.
const FROZEN: Duration = Duration::from_secs(10);
/// After a majority was away, nodes and quorum queues need a while to find one another.
const REUNION_MAX: Duration = Duration::from_secs(30);
/// What nodes do not know each other by while they are cut off.
const WRONG_COOKIE: &str = "partitioned";

/// The publishers prefer the second node and the workers the first, where their queues therefore are led.
async fn open(lab: &mut Lab, order: &Order, change: impl FnOnce(Setup) -> Setup) -> Result<(Stage, [Balancer; 2])> {
    let cluster = lab.cluster().await?;
    let addrs: Vec<SocketAddr> = (0..Cluster::NODES).map(|node| cluster.node(node).addr()).collect();
    let from = |first: usize| (0..Cluster::NODES).map(|n| addrs[(first + n) % Cluster::NODES]).collect();
    let [publish, consume] = [Balancer::start(from(1)).await?, Balancer::start(from(0)).await?];
    let vhost = cluster.fresh_vhost().await?;
    let setup = Setup {
        consume_from: consume.addr(),
        settle_max: Duration::from_secs(90),
        ..Setup::at(publish.addr(), &vhost)
    };
    let stage = Stage::open(change(setup), order).await?;
    cluster.flush_registries().await?;
    Ok((stage, [publish, consume]))
}

/// F2.
pub async fn leader_killed(lab: &mut Lab, order: &Order) -> Result<Report> {
    let (mut stage, _balancers) = open(lab, order, |setup| Setup { gap_max: Some(GAP_MAX), ..setup }).await?;
    let vhost = stage.vhost().to_owned();
    let cluster = lab.cluster().await?;
    stage.load();
    stage.go_on(30).await;
    let leader = cluster.leader_of(&vhost, LOOSE).await?;
    let fault = stage.fault("kill -9 of the leader")?;
    cluster.kill(leader).await?;
    fault.ok()?;
    stage.go_on(40).await;
    cluster.start_again(leader).await?;
    cluster.whole().await?;
    stage.go_on(30).await;
    stage.finish().await
}

/// F3. Seen on RabbitMQ 3.10.8: what a queue hands to a channel on another node in the second in which the nodes find one another again
/// may never get there. It stays unacknowledged, and its consumer full, until the channel ends.
pub async fn majority_killed(lab: &mut Lab, order: &Order) -> Result<Report> {
    let (mut stage, _balancers) = open(lab, order, |setup| Setup { recovery_max: REUNION_MAX, ..setup }).await?;
    let cluster = lab.cluster().await?;
    stage.load();
    stage.go_on(30).await;
    let fault = stage.fault("kill -9 of two of three nodes")?;
    cluster.kill(0).await?;
    cluster.kill(1).await?;
    stage.go_on(40).await;
    cluster.start_all_again().await?;
    cluster.whole().await?;
    fault.ok()?;
    stage.go_on(30).await;
    stage.finish().await
}

/// F4.
pub async fn leader_frozen(lab: &mut Lab, order: &Order) -> Result<Report> {
    let (mut stage, _balancers) = open(lab, order, |setup| Setup { recovery_max: REUNION_MAX, ..setup }).await?;
    let vhost = stage.vhost().to_owned();
    let cluster = lab.cluster().await?;
    stage.load();
    stage.go_on(30).await;
    let leader = cluster.leader_of(&vhost, LOOSE).await?;
    let fault = stage.fault("SIGSTOP of the leader")?;
    cluster.pause(leader)?;
    sleep(FROZEN).await;
    cluster.resume(leader)?;
    cluster.whole().await?;
    fault.ok()?;
    stage.go_on(40).await;
    stage.finish().await
}

/// F5. The nodes are cut off from one another by the cookie that they know each other by: connections between them are closed and
/// cannot be made again. Clients reach all of them.
pub async fn partitioned(lab: &mut Lab, order: &Order) -> Result<Report> {
    let (mut stage, _balancers) = open(lab, order, |setup| Setup { recovery_max: REUNION_MAX, ..setup }).await?;
    let vhost = stage.vhost().to_owned();
    let cluster = lab.cluster().await?;
    stage.load();
    stage.go_on(30).await;
    let alone = cluster.leader_of(&vhost, LOOSE).await?;
    let others: Vec<String> = (0..Cluster::NODES)
        .filter(|node| *node != alone)
        .map(|node| format!("'{}'", cluster.node(node).name()))
        .collect();
    let others = format!("[{}]", others.join(","));
    let fault = stage.fault("the leader is cut off from the two others")?;
    let cut = format!("[begin erlang:set_cookie(N, {WRONG_COOKIE}), erlang:disconnect_node(N) end || N <- {others}].");
    cluster.ctl(alone, &["eval", &cut]).await?;
    sleep(CUT_OFF).await;
    let heal = format!("[erlang:set_cookie(N, erlang:get_cookie()) || N <- {others}].");
    cluster.ctl(alone, &["eval", &heal]).await?;
    cluster.whole().await.context("a node stays paused")?;
    fault.ok()?;
    stage.go_on(40).await;
    stage.note("cut off by cookie, not by packet filter");
    stage.finish().await
}

/// F6.
pub async fn rolling_restart(lab: &mut Lab, order: &Order) -> Result<Report> {
    let (mut stage, _balancers) = open(lab, order, |setup| Setup { gap_max: Some(GAP_MAX), ..setup }).await?;
    let cluster = lab.cluster().await?;
    stage.load();
    stage.go_on(20).await;
    let fault = stage.fault("a rolling restart")?;
    cluster.rolling_restart().await?;
    fault.ok()?;
    stage.go_on(30).await;
    stage.finish().await
}
