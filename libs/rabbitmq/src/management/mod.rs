//! The client of the broker's management API: what stands on a virtual host and how it is doing, and making it stand otherwise.
//!
//! It speaks to the endpoints that it needs with a small HTTP client and types of its own, so that it serves every broker from
//! 3.10 on.
//!
//! What the API says of a queue — how many messages, which consumers — is up to five seconds old, and newly made queues have no
//! figures at all. A decision that deletes must not rest on it: ask for the depth by AMQP as well, which is always exact.
//!
//! | who | may |
//! |---|---|
//! | tag `management` | make exchanges, queues and bindings, as far as its permissions on the virtual host go |
//! | tag `policymaker` | make policies, too |
//! | tag `monitoring` | [read](Management::actual) everything but users |
//! | tag `administrator` | do all of it, and read and make users |
//!
//! Calls run on tokio's threads for blocking work and need its runtime. Each has a deadline as a whole; what was asked for when it
//! passed may have been done or not. Everything that is put or bound can be put again.

mod actual;
mod call;
mod error;
mod make;
pub mod password;
mod url;
mod users;

use std::{fmt, sync::Arc, time::Duration};

use tokio::task;

use self::call::{Calls, Client};
pub use error::ManagementError;
pub use make::OnlyIf;
pub use url::{ManagementUrl, ManagementUrlError};

/// A client of one virtual host. Clones share their connections.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use fabric_rabbitmq::management::Management;
///
/// let url = "http://monitor:secret@broker.example:15672".parse()?;
/// let management = Management::new(url, "school", Duration::from_secs(10));
/// let actual = management.actual().await?;
/// println!("{} queues on RabbitMQ {}", actual.queues.len(), actual.version);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Management {
    client: Arc<Client>,
}

impl Management {
    /// A client. Nothing is sent yet. `timeout` is how long a call of one method may take as a whole.
    pub fn new(url: ManagementUrl, vhost: impl Into<String>, timeout: Duration) -> Self {
        Self { client: Arc::new(Client::new(url, vhost.into(), timeout)) }
    }

    /// The virtual host.
    pub fn vhost(&self) -> &str {
        self.client.vhost()
    }

    /// Runs calls where they may block, all of them until one deadline.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Calls) -> Result<T, ManagementError> + Send + 'static,
    ) -> Result<T, ManagementError> {
        let calls = Client::calls(&self.client);
        let stopped = |_| ManagementError::Away { detail: "the runtime is shutting down".to_owned() };
        task::spawn_blocking(move || work(&calls)).await.map_err(stopped)?
    }
}

impl fmt::Debug for Management {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Management").field("url", self.client.url()).field("vhost", &self.client.vhost()).finish()
    }
}
