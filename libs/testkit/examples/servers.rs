//! Private RabbitMQ and Redis servers to try things on, from the installed binaries: they end with this program.
//!
//! ```text
//! cargo run -q -p fabric-testkit --example servers
//! ```

use anyhow::Result;
use fabric_testkit::servers::{RabbitMq, Redis};

#[tokio::main]
async fn main() -> Result<()> {
    let (rabbitmq, redis) = tokio::try_join!(RabbitMq::start(), Redis::start())?;
    println!("--amqp {} --redis {}", rabbitmq.url(), redis.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
