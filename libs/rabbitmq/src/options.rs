//! How to connect, and every limit that the adapter keeps.

use std::{fmt, time::Duration};

use crate::{endpoint, error::ConnectError};

/// The most publish connections that make sense: one saturates a broker's channel, a few its cores.
pub(crate) const PUBLISH_CONNECTIONS_MAX: usize = 4;

/// How a [`RabbitBroker`](crate::RabbitBroker) connects and what it limits.
///
/// ```
/// use fabric_rabbitmq::RabbitOptions;
///
/// let mut options = RabbitOptions::new("amqp://academic:secret@broker.example:5672/school");
/// options.connection_name = "academic".to_owned();
/// options.publish_connections = 2;
/// assert!(!format!("{options:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct RabbitOptions {
    url: String,
    /// What operators see in the broker's list of connections, and what the queues of taps are named after: a service's name.
    pub connection_name: String,
    /// Over how many connections events are published, 1 to 4. Events of one key always take the same one.
    pub publish_connections: usize,
    /// The most publishes that wait for their confirms on a connection at a time.
    pub window_max: usize,
    /// The most bytes of bodies among them. A larger body goes alone.
    pub window_bytes_max: usize,
    /// The most publishes that wait in front of each connection. More wait with their callers.
    pub queue_capacity: usize,
    /// How long a publish may take until its outcome is known.
    pub publish_deadline: Duration,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
    /// How long any other exchange with the broker may take, waiting for a lost connection included.
    pub operation_timeout: Duration,
    /// The pause after the first failed attempt to connect. It doubles with each further one, with jitter on top.
    pub reconnect_pause_min: Duration,
    /// The longest such pause, without the jitter.
    pub reconnect_pause_max: Duration,
    /// Whether what is missing on the broker is made. Otherwise the adapter only looks, which needs no permission, and says what is
    /// missing; that exchanges and queues are bound cannot be seen that way.
    pub makes_topology: bool,
    /// Whether [`connect`](crate::RabbitBroker::connect) waits for the connections and fails without them. Otherwise it starts
    /// degraded and goes on trying.
    pub require_at_start: bool,
    /// What it does wrong on purpose.
    #[cfg(feature = "flaws")]
    pub flaw: Option<crate::Flaw>,
}

impl RabbitOptions {
    /// The defaults for a broker: `amqp://user:password@host:port/vhost`, or `amqps://` with the feature `tls`.
    ///
    /// The URL is checked by [`connect`](crate::RabbitBroker::connect). Where it has no `heartbeat` in its query, 10 seconds are used.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connection_name: "fabric".to_owned(),
            publish_connections: 1,
            window_max: 256,
            window_bytes_max: 4 * 1024 * 1024,
            queue_capacity: 4096,
            publish_deadline: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            operation_timeout: Duration::from_secs(10),
            reconnect_pause_min: Duration::from_millis(100),
            reconnect_pause_max: Duration::from_secs(10),
            makes_topology: true,
            require_at_start: false,
            #[cfg(feature = "flaws")]
            flaw: None,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Refuses what cannot work before anything is opened.
    pub(crate) fn check(&self) -> Result<(), ConnectError> {
        let bad = |option, allowed| Err(ConnectError::BadOption { option, allowed });
        if !(1..=PUBLISH_CONNECTIONS_MAX).contains(&self.publish_connections) {
            return bad("publish_connections", "1 to 4");
        }
        if self.window_max == 0 {
            return bad("window_max", "at least 1");
        }
        if self.queue_capacity == 0 {
            return bad("queue_capacity", "at least 1");
        }
        if self.reconnect_pause_min.is_zero() || self.reconnect_pause_min > self.reconnect_pause_max {
            return bad("reconnect_pause_min", "more than nothing and at most reconnect_pause_max");
        }
        Ok(())
    }
}

impl fmt::Debug for RabbitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitOptions")
            .field("url", &endpoint::redacted(&self.url))
            .field("connection_name", &self.connection_name)
            .field("publish_connections", &self.publish_connections)
            .field("window_max", &self.window_max)
            .field("window_bytes_max", &self.window_bytes_max)
            .field("queue_capacity", &self.queue_capacity)
            .field("publish_deadline", &self.publish_deadline)
            .field("connect_timeout", &self.connect_timeout)
            .field("operation_timeout", &self.operation_timeout)
            .field("reconnect_pause_min", &self.reconnect_pause_min)
            .field("reconnect_pause_max", &self.reconnect_pause_max)
            .field("require_at_start", &self.require_at_start)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_allowed_and_nonsense_is_not() {
        type Change = fn(&mut RabbitOptions);

        assert_eq!(RabbitOptions::new("").check(), Ok(()));
        let table: [(&str, Change); 5] = [
            ("publish_connections", |options| options.publish_connections = 0),
            ("publish_connections", |options| options.publish_connections = 5),
            ("window_max", |options| options.window_max = 0),
            ("queue_capacity", |options| options.queue_capacity = 0),
            ("reconnect_pause_min", |options| options.reconnect_pause_max = Duration::ZERO),
        ];
        for (expected, change) in table {
            let mut options = RabbitOptions::new("");
            change(&mut options);
            let refused = options.check();
            assert!(
                matches!(refused, Err(ConnectError::BadOption { option, .. }) if option == expected),
                "{refused:?}"
            );
        }
    }
}
