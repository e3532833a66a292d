use anyhow::{Context, Result};
use fabric_testkit::servers::{Cluster, Server, is_alive, require};
use fabric_testkit::wait::eventually;
use lapin::Channel;
use lapin::options::ConfirmSelectOptions;

use crate::rabbitmq::{connect, declare_quorum_queue, publish, take};
use crate::{DEADLINE, is_listening};

const QUEUE: &str = "kept";
const EVERY_NODE: [usize; Cluster::NODES] = [0, 1, 2];

/// A cluster with a virtual host and a quorum queue in it.
struct Laboratory {
    cluster: Cluster,
    vhost: String,
}

impl Laboratory {
    async fn new() -> Result<Self> {
        let cluster = Cluster::start().await?;
        let vhost = cluster.fresh_vhost().await?;
        let laboratory = Self { cluster, vhost };
        declare_quorum_queue(&laboratory.channel(1).await?, QUEUE).await?;
        laboratory.cluster.flush_registries().await?;
        laboratory.cluster.whole().await?;
        Ok(laboratory)
    }

    /// A confirming channel on one of the nodes.
    async fn channel(&self, node: usize) -> Result<Channel> {
        let node = self.cluster.node(node);
        let channel = connect(&node.url_at(node.addr(), &self.vhost)).await?.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }

    async fn leader(&self) -> Result<usize> {
        self.cluster.leader_of(&self.vhost, QUEUE).await
    }
}

#[tokio::test]
async fn a_cluster_survives_its_leader() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let mut lab = Laboratory::new().await?;
    publish(&lab.channel(1).await?, QUEUE, b"before").await?;
    let leader = lab.leader().await?;
    let pid = lab.cluster.node(leader).pid().context("not started")?;
    lab.cluster.kill(leader).await?;
    assert!(!is_alive(pid) && lab.cluster.node(leader).pid().is_none());
    assert!(!is_listening(lab.cluster.node(leader).addr()).await);
    assert!(lab.cluster.whole().await.is_err(), "not without the killed one");

    let next = lab.leader().await?;
    assert_ne!(next, leader);
    let channel = lab.channel(next).await?;
    publish(&channel, QUEUE, b"during").await?;
    assert_eq!(take(&channel, QUEUE).await?, b"before");

    lab.cluster.start_again(leader).await?;
    lab.cluster.whole().await?;
    assert_eq!(take(&lab.channel(leader).await?, QUEUE).await?, b"during");

    let folders = EVERY_NODE.map(|node| lab.cluster.node(node).folder().to_owned());
    drop(lab);
    eventually(DEADLINE, "the end of all folders", async || folders.iter().all(|folder| !folder.exists())).await
}
