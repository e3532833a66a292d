//! Trying to connect, for ever: to one host after the other, with growing pauses, and without leaving threads behind.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use fabric_runtime::ports::BoxFuture;

use crate::{endpoint::Endpoint, error, options::RabbitOptions, status::Reporter};

/// Why an attempt to connect failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpenError {
    /// The broker refuses this user, password or virtual host. It may be put right there, so trying goes on.
    #[error("{0}")]
    Refused(String),
    /// There was no answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// A failed attempt to connect, as operators are told of it: without the user and the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address}: {error}")]
pub(crate) struct FailedAttempt {
    /// Host and port.
    pub address: String,
    /// Why it failed.
    pub error: OpenError,
}

impl From<lapin::Error> for OpenError {
    fn from(error: lapin::Error) -> Self {
        error::refused_connection(&error).map_or_else(|| Self::Failed(error.to_string()), Self::Refused)
    }
}

/// The attempts to build one connection.
pub(crate) struct Reconnect {
    endpoints: Arc<[Endpoint]>,
    /// Which of them is tried next, or is connected.
    at: usize,
    reporter: Reporter,
    connect_timeout: Duration,
    pauses: ExponentialBuilder,
    pause: <ExponentialBuilder as BackoffBuilder>::Backoff,
    pause_max: Duration,
    last: Option<OpenError>,
}

impl Reconnect {
    /// No attempt made yet.
    pub fn new(options: &RabbitOptions, endpoints: Arc<[Endpoint]>, reporter: Reporter) -> Self {
        let pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(options.reconnect_pause_min)
            .with_max_delay(options.reconnect_pause_max)
            .without_max_times();
        Self {
            endpoints,
            at: 0,
            reporter,
            connect_timeout: options.connect_timeout,
            pauses,
            pause: pauses.build(),
            pause_max: options.reconnect_pause_max,
            last: None,
        }
    }

    /// Tries until `open` succeeds for one of the hosts, given by its place among them.
    pub async fn until_open<'a, C>(&mut self, open: impl Fn(usize) -> BoxFuture<'a, Result<C, OpenError>>) -> C {
        loop {
            let opened = match self.answers().await {
                Ok(()) => open(self.at).await,
                Err(error) => Err(error),
            };
            match opened {
                Ok(connection) => {
                    self.last = None;
                    self.pause = self.pauses.build();
                    return connection;
                }
                Err(error) => self.wait_after(error).await,
            }
        }
    }

    /// After an attempt that timed out, asks first whether anybody answers.
    async fn answers(&self) -> Result<(), OpenError> {
        if self.last != Some(OpenError::TimedOut) {
            return Ok(());
        }
        let Some(endpoint) = self.endpoints.get(self.at) else { return Ok(()) };
        endpoint.answers(self.connect_timeout).await.map_err(|_silence| OpenError::TimedOut)
    }

    async fn wait_after(&mut self, error: OpenError) {
        let pause = self.pause.next().unwrap_or(self.pause_max);
        let endpoint = self.endpoints.get(self.at);
        let broker = endpoint.map(ToString::to_string).unwrap_or_default();
        let address = endpoint.map(Endpoint::address).unwrap_or_default();
        self.at = (self.at + 1) % self.endpoints.len().max(1);
        match &error {
            OpenError::Refused(detail) => {
                tracing::error!(broker, detail, ?pause, "the broker refuses the connection");
            }
            // One line for each new cause, not one for each attempt of a long outage.
            error if self.last.as_ref() != Some(error) => {
                tracing::warn!(broker, %error, ?pause, "the broker cannot be reached");
            }
            error => tracing::debug!(broker, %error, ?pause, "the broker still cannot be reached"),
        }
        self.reporter.failed(FailedAttempt { address, error: error.clone() });
        self.last = Some(error);
        tokio::time::sleep(pause).await;
    }
}
