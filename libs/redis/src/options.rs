//! Where Redis is, and every limit that holds.

use std::{fmt, time::Duration};

use fred::types::{Builder, config::Config};

/// Where Redis is, and every limit that holds.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisOptions {
    /// `redis://[[user:]password@]host[:port][/database]`, or `rediss://` for TLS, which needs the feature `tls`.
    pub url: String,
    /// How long one attempt to connect may take, from the name's lookup to the first answer.
    pub connect_timeout: Duration,
    /// How long any call of the cache may take.
    pub command_timeout: Duration,
    /// How long a connection may owe every answer before it is given up for a new one.
    pub unresponsive_timeout: Duration,
    /// How long to wait before the first attempt to connect again. Each further wait is twice as long, and up to as much again
    /// is added at random.
    pub reconnect_delay_min: Duration,
    /// Waits grow no longer than this, before the random part. There is no last attempt.
    pub reconnect_delay_max: Duration,
    /// How many commands may wait for their answers at once. Further ones wait for their turn, within their deadline.
    pub commands_in_flight_max: usize,
    /// How many recent events are kept of each topic. The smallest number wins where services differ.
    pub recent_max: usize,
}

/// Why no cache could be made of the options. That Redis is away is not among the reasons: it may come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Another kind of URL.
    #[error("the URL of Redis must begin with redis:// or rediss://")]
    Scheme,
    /// Something in the URL is not of its form.
    #[error("the URL of Redis is not valid: {reason}")]
    Url {
        /// What is wrong; it quotes nothing of the URL.
        reason: String,
    },
    /// TLS was left out when this program was built.
    #[error("this program was built without TLS, which rediss:// needs: build it with the feature `tls`")]
    NoTls,
    /// The certificates of the system cannot be read.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// What is wrong.
        reason: String,
    },
    /// A limit of nothing.
    #[error("{0} must be more than 0")]
    Limit(&'static str),
}

impl RedisOptions {
    /// Options with the default limits, which suit a Redis in the same network.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connect_timeout: Duration::from_secs(5),
            command_timeout: Duration::from_secs(1),
            unresponsive_timeout: Duration::from_secs(5),
            reconnect_delay_min: Duration::from_millis(100),
            reconnect_delay_max: Duration::from_secs(10),
            commands_in_flight_max: 1_024,
            recent_max: 100,
        }
    }

    /// What makes fred's clients. They connect once and do not retry: see [`link`](crate::link).
    pub(crate) fn builder(&self) -> Result<Builder, ConnectError> {
        self.check_limits()?;
        let mut builder = Builder::from_config(self.config()?);
        builder
            .with_performance_config(|performance| performance.default_command_timeout = self.command_timeout)
            .with_connection_config(|connection| {
                connection.connection_timeout = self.connect_timeout;
                connection.internal_command_timeout = self.connect_timeout;
                connection.max_command_attempts = 1;
                // Twice as many as we let in, because a command that we gave up can still be in there.
                connection.max_command_buffer_len = self.commands_in_flight_max.saturating_mul(2);
                connection.tcp.nodelay = Some(true);
            });
        Ok(builder)
    }

    fn config(&self) -> Result<Config, ConnectError> {
        match self.url.split_once("://") {
            Some(("redis", _)) => {}
            Some(("rediss", _)) if cfg!(feature = "tls") => {}
            Some(("rediss", _)) => return Err(ConnectError::NoTls),
            _ => return Err(ConnectError::Scheme),
        }
        if self.url.contains(['?', '#']) {
            return Err(ConnectError::Url { reason: "nothing comes after the database".to_owned() });
        }
        Config::from_url(&self.url).map_err(|error| config_error(&error))
    }

    fn check_limits(&self) -> Result<(), ConnectError> {
        let durations = [
            ("connect_timeout", self.connect_timeout),
            ("command_timeout", self.command_timeout),
            ("unresponsive_timeout", self.unresponsive_timeout),
            ("reconnect_delay_min", self.reconnect_delay_min),
            ("reconnect_delay_max", self.reconnect_delay_max),
        ];
        let counts = [("commands_in_flight_max", self.commands_in_flight_max), ("recent_max", self.recent_max)];
        let durations = durations.iter().filter(|(_, limit)| limit.is_zero()).map(|(name, _)| *name);
        let counts = counts.iter().filter(|(_, limit)| *limit == 0).map(|(name, _)| *name);
        durations.chain(counts).next().map_or(Ok(()), |name| Err(ConnectError::Limit(name)))
    }
}

/// The texts of these errors name what is wrong and quote nothing.
fn config_error(error: &fred::error::Error) -> ConnectError {
    let reason = error.details().to_owned();
    match error.kind() {
        #[cfg(feature = "tls")]
        fred::error::ErrorKind::Tls => ConnectError::Tls { reason },
        _ => ConnectError::Url { reason },
    }
}

impl fmt::Debug for RedisOptions {
    /// Leaves the URL out, because there can be a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("connect_timeout", &self.connect_timeout)
            .field("command_timeout", &self.command_timeout)
            .field("unresponsive_timeout", &self.unresponsive_timeout)
            .field("reconnect_delay_min", &self.reconnect_delay_min)
            .field("reconnect_delay_max", &self.reconnect_delay_max)
            .field("commands_in_flight_max", &self.commands_in_flight_max)
            .field("recent_max", &self.recent_max)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_or_refused_without_their_password() {
        let url = |reason: &str| Err(ConnectError::Url { reason: reason.to_owned() });
        let table: &[(&str, Result<(), ConnectError>)] = &[
            ("redis://localhost", Ok(())),
            ("redis://127.0.0.1:6380/3", Ok(())),
            ("redis://:hunter2@[::1]:6380", Ok(())),
            ("redis://ada:hunter2@cache.example", Ok(())),
            ("", Err(ConnectError::Scheme)),
            ("localhost:6379", Err(ConnectError::Scheme)),
            ("http://ada:hunter2@localhost", Err(ConnectError::Scheme)),
            ("redis-cluster://ada:hunter2@localhost", Err(ConnectError::Scheme)),
            ("redis://", url("Invalid or missing host.")),
            ("redis:///3", url("Invalid or missing host.")),
            ("redis://ada:hunter2@", url("EmptyHost")),
            ("redis://ada:hunter2@localhost:port", url("InvalidPort")),
            ("redis://ada:hunter2@localhost:99999", url("InvalidPort")),
            ("redis://ada:hunter2@localhost/database", url("Invalid integer string.")),
            ("redis://ada:hunter2@localhost/1/2", url("Invalid database path.")),
            ("redis://ada:hunter2@localhost/1?timeout=5", url("nothing comes after the database")),
            ("redis://ada:hunter2%ff@localhost", url("Invalid UTF-8 string.")),
            #[cfg(not(feature = "tls"))]
            ("rediss://ada:hunter2@localhost", Err(ConnectError::NoTls)),
        ];
        for (url, expected) in table {
            let options = RedisOptions::new(*url);
            assert!(!format!("{options:?}").contains("hunter2"));
            assert_eq!(options.builder().map(|_| ()), *expected, "{url:?}");
        }
    }

    #[test]
    fn limits_of_nothing_are_refused_by_name() {
        let options = || RedisOptions::new("redis://localhost");
        let no_time = RedisOptions { command_timeout: Duration::ZERO, ..options() };
        assert_eq!(no_time.builder().err(), Some(ConnectError::Limit("command_timeout")));
        let no_room = RedisOptions { recent_max: 0, ..options() };
        assert_eq!(no_room.builder().err(), Some(ConnectError::Limit("recent_max")));
    }
}
