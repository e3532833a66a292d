//! The client of the management API against a node with the plugin, each test on a virtual host of its own.

mod access;
mod answers;
mod making;
mod reading;

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use fabric_rabbitmq::{
    RabbitBroker,
    management::{Management, ManagementUrl},
};
use fabric_testkit::servers::{RabbitMq, RabbitMqOptions};
use tokio::sync::OnceCell;

use crate::options;

/// How long a call may take: reached only when something is broken.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The node of these tests.
async fn node() -> Result<&'static RabbitMq> {
    static NODE: OnceCell<RabbitMq> = OnceCell::const_new();
    NODE.get_or_try_init(|| RabbitMq::start_with(RabbitMqOptions { management: true })).await
}

fn url_of(node: &RabbitMq) -> Result<ManagementUrl> {
    Ok(node.management_url().context("the node has the plugin")?.parse()?)
}

/// A client of a virtual host, for another user than `guest`.
async fn client_of(vhost: &str, user: &str, password: &str) -> Result<Management> {
    let url = node().await?.management_url().context("the node has the plugin")?;
    let url: ManagementUrl = url.replace("guest:guest", &format!("{user}:{password}")).parse()?;
    Ok(Management::new(url, vhost, TIMEOUT))
}

/// A new virtual host: an administrator's client of it, and its AMQP URL.
async fn fresh() -> Result<(Management, String)> {
    let node = node().await?;
    let url = node.fresh_vhost().await?;
    let (_, vhost) = url.rsplit_once('/').context("the URL has a virtual host")?;
    Ok((Management::new(url_of(node)?, vhost, TIMEOUT), url))
}

/// The same with a broker connected to it.
async fn fresh_with_broker() -> Result<(Management, Arc<RabbitBroker>, String)> {
    let (management, url) = fresh().await?;
    Ok((management, RabbitBroker::connect(options(&url)).await?, url))
}
