//! The tests of the testkit, and with them the tests of the workspace's shape: its layers and its style.

mod cluster;
mod history;
mod layers;
mod lifetime;
mod postgres;
mod rabbitmq;
mod redis;
mod relay;
mod style;
mod wait;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

/// Generous: it is reached only when something is broken.
const DEADLINE: Duration = Duration::from_secs(30);

async fn is_listening(addr: SocketAddr) -> bool {
    TcpStream::connect(addr).await.is_ok()
}
