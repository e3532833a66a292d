//! The servers that cells share: one node, or a cluster of three, never both.

use anyhow::{Context, Result};
use fabric_testkit::servers::{Cluster, RabbitMq};

/// How long the broker waits before it offers a dead letter again that its queue did not take. Its default of three minutes would
/// make a cell last as long.
const DEAD_LETTER_AGAIN_MS: u32 = 4_000;
/// How often the broker looks for consumers that take too long. Its default is a minute.
const CHANNEL_TICK_MS: u32 = 1_000;

/// The servers.
#[derive(Debug, Default)]
pub struct Lab {
    node: Option<RabbitMq>,
    cluster: Option<Cluster>,
}

impl Lab {
    /// The one node, started when it is not there.
    pub async fn node(&mut self) -> Result<&mut RabbitMq> {
        self.cluster = None;
        if self.node.is_none() {
            let node = RabbitMq::start().await?;
            hurry(&node).await?;
            self.node = Some(node);
        }
        self.node.as_mut().context("the node was started")
    }

    /// The three nodes, started when they are not there.
    pub async fn cluster(&mut self) -> Result<&mut Cluster> {
        self.node = None;
        if self.cluster.is_none() {
            let cluster = Cluster::start().await?;
            for node in 0..Cluster::NODES {
                hurry(cluster.node(node)).await?;
            }
            self.cluster = Some(cluster);
        }
        self.cluster.as_mut().context("the cluster was started")
    }

    /// Ends all servers: nobody knows in which state a failed cell left them.
    pub fn clear(&mut self) {
        self.node = None;
        self.cluster = None;
    }
}

/// Shortens what the broker does once in minutes, now and for every later start.
async fn hurry(node: &RabbitMq) -> Result<()> {
    let settings = format!(
        "{{dead_letter_worker_publisher_confirm_timeout, {DEAD_LETTER_AGAIN_MS}}}, {{channel_tick_interval, {CHANNEL_TICK_MS}}}"
    );
    std::fs::write(node.folder().join("advanced.config"), format!("[{{rabbit, [{settings}]}}].\n"))?;
    node.ctl(&["eval", &format!("[application:set_env(rabbit, K, V) || {{K, V}} <- [{settings}]].")]).await?;
    Ok(())
}
