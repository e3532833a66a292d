//! A channel on which a consumer is being started.
//!
//! A broker that cannot start a consumer now may do so later: a quorum queue without a majority does when it has one again, long after
//! whoever asked has given up. What it delivers then reaches nobody, and stays out until the connection ends. So a channel whose consumer
//! was given up is closed: the broker reads that after the rest, and takes everything back.

use std::time::Duration;

use lapin::{Channel, Connection};
use tokio::time::timeout;

use crate::pipeline::CLOSED_NORMALLY;

/// How long the broker may take to close a channel that was given up. The order is written long before.
const CLOSE_DEADLINE: Duration = Duration::from_mins(10);

/// A channel that is closed when this is dropped before the consumer stands.
pub(super) struct Opening(Option<Channel>);

impl Opening {
    /// A new channel.
    pub async fn start(connection: &Connection) -> lapin::Result<(Self, Channel)> {
        let channel = connection.create_channel().await?;
        Ok((Self(Some(channel.clone())), channel))
    }

    /// The consumer stands: the channel is its owner's from now on.
    pub fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        let Some(channel) = self.0.take().filter(|channel| channel.status().connected()) else { return };
        tokio::spawn(async move {
            let (code, text) = CLOSED_NORMALLY;
            if !matches!(timeout(CLOSE_DEADLINE, channel.close(code, text.into())).await, Ok(Ok(()))) {
                tracing::debug!("a channel that was given up has not been closed in good order");
            }
        });
    }
}
