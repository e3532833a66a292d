//! Private servers: started from the installed binaries on free ports of 127.0.0.1, each in its own folder under the
//! system's temporary folder, and gone with the value.
//!
//! The machine's own servers and their settings are never touched. A server ends when its value is dropped, which also
//! happens when the test panics; it ends as well when the test process dies without a word, `kill -9` included, because
//! its supervisor reads from a pipe that the kernel then closes. So a server in a `static` is safe too.
//!
//! ```no_run
//! use fabric_testkit::servers::{Cluster, RabbitMq, Server, require};
//!
//! # async fn test() -> anyhow::Result<()> {
//! if !require(&[Server::RabbitMq])? {
//!     return Ok(());
//! }
//! let url = RabbitMq::shared().await?.fresh_vhost().await?; // cheap: one node per test process
//! let mut broker = RabbitMq::start().await?; // a node of one's own, to be killed
//! broker.kill().await?;
//! broker.start_again().await?;
//! let mut cluster = Cluster::start().await?; // three nodes, for what needs a majority
//! cluster.rolling_restart().await?;
//! # Ok(())
//! # }
//! ```

mod installed;
mod postgres;
mod process;
mod rabbitmq;
mod redis;

pub use installed::{Availability, Server, available, require};
pub use postgres::Postgres;
pub use process::is_alive;
pub use rabbitmq::{Cluster, RabbitMq, RabbitMqOptions};
pub use redis::Redis;
