//! The same on RabbitMQ and Redis.

use anyhow::Result;
use fabric_testkit::{
    servers::{RabbitMq, Redis, Server, require},
    wait::eventually,
};

use crate::{
    commands::{sample_is_handled, what_is_published_is_seen},
    process::{Cli, DEADLINE},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_goes_all_the_way_over_rabbitmq_and_redis() -> Result<()> {
    if !require(&[Server::RabbitMq, Server::Redis])? {
        return Ok(());
    }
    let (rabbitmq, redis) = tokio::try_join!(RabbitMq::start(), Redis::start())?;
    let cli = Cli::on(&rabbitmq.url(), &redis.url())?;
    let up = cli.up(&["--sample"]).await?;
    sample_is_handled(&cli).await?;
    let last = cli.json(&["last", "gradebook.grade.posted", "--reveal"]).await?;
    assert!(last[0]["data"]["scorePercent"].is_number());
    // With --amqp and --redis these speak to the servers themselves.
    what_is_published_is_seen(&cli).await?;
    sample_is_handled(&cli).await?;
    up.stop().await?;

    // The broker's own list is some seconds old, hence the patience.
    eventually(DEADLINE, "every queue is empty: everything was handled, nothing parked", async || {
        let queues = rabbitmq.ctl(&["list_queues", "--silent", "name", "messages"]).await?;
        let left: Vec<&str> = queues.lines().filter(|line| !line.ends_with("\t0")).collect();
        Ok::<bool, anyhow::Error>(left.iter().all(|line| line.starts_with("events.unrouted")))
    })
    .await
}
