//! The same on RabbitMQ and Redis.

use anyhow::Result;
use fabric_testkit::servers::{RabbitMq, Redis, Server, require};

use crate::{commands::sample_is_handled, process::Cli};

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
    up.stop().await?;

    let queues = rabbitmq.ctl(&["list_queues", "--silent", "name", "messages"]).await?;
    let left: Vec<&str> = queues.lines().filter(|line| !line.ends_with("\t0")).collect();
    let stuck: Vec<&&str> = left.iter().filter(|line| !line.starts_with("events.unrouted")).collect();
    assert!(stuck.is_empty(), "everything was handled, nothing parked: {stuck:?}");
    Ok(())
}
