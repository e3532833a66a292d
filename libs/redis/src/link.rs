//! Keeps a connection to Redis: connects, watches, gives up and connects again, for ever.
//!
//! fred can reconnect by itself, but not so that one can rely on it. It looks for a silent server only when nothing was written
//! for a while, so under load it waits for ever; and once its command buffer has been full it believes that
//! commands are always waiting, and no longer flushes what it writes. So a client of fred's lives as long as one
//! connection here: its task ends with the connection, and a new client starts from nothing.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use fabric_runtime::ports::CacheError;
use fred::{
    clients::Client,
    error::{Error, ErrorKind},
    interfaces::{ClientLike, EventInterface, FredResult},
    types::Builder,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::AbortOnDropHandle,
};

use crate::{
    error::{away, describe},
    library,
    options::{ConnectError, RedisOptions},
};

/// How often a connection is asked for a sign of life while it may be silent.
const PROBES_PER_TIMEOUT: u32 = 3;

/// A connection to Redis, whenever there is one. Dropping it closes the connection.
pub(crate) struct Link {
    client: watch::Receiver<Option<Client>>,
    reachable: watch::Receiver<bool>,
    closing: DropGuard,
}

impl Link {
    /// Tries to connect once, and goes on trying in the background when that fails.
    pub async fn open(options: &RedisOptions) -> Result<Self, ConnectError> {
        let supervisor = Supervisor::new(options)?;
        let link = Self {
            client: supervisor.client.subscribe(),
            reachable: supervisor.reachable.subscribe(),
            closing: supervisor.closing.clone().drop_guard(),
        };
        let first = supervisor.connect().await;
        tokio::spawn(supervisor.run(first));
        Ok(link)
    }

    /// The client of the present connection.
    pub fn client(&self) -> Result<Client, CacheError> {
        self.client.borrow().clone().ok_or_else(|| away("there is no connection"))
    }

    /// Whether there is a connection, and the server has the library.
    pub fn reachable(&self) -> watch::Receiver<bool> {
        self.reachable.clone()
    }

    /// Closes the connection once the commands on it have been answered.
    pub async fn close(&self) {
        self.closing.token().cancel();
        let mut reachable = self.reachable();
        // The supervisor's end of the channel goes with the supervisor.
        while reachable.changed().await.is_ok() {}
    }
}

/// The owner of the connection.
struct Supervisor {
    builder: Builder,
    options: RedisOptions,
    client: watch::Sender<Option<Client>>,
    reachable: watch::Sender<bool>,
    closing: CancellationToken,
}

impl Supervisor {
    fn new(options: &RedisOptions) -> Result<Self, ConnectError> {
        Ok(Self {
            builder: options.builder()?,
            options: options.clone(),
            client: watch::Sender::new(None),
            reachable: watch::Sender::new(false),
            closing: CancellationToken::new(),
        })
    }

    /// Runs until it is told to close.
    async fn run(self, first: FredResult<Connection>) {
        let mut attempt = first;
        let mut delays = self.delays();
        let mut is_known = false;
        loop {
            match attempt {
                Ok(connection) => {
                    let Some(error) = self.watch(connection).await else { return };
                    tracing::warn!(reason = describe(&error), "lost the connection to Redis");
                    (delays, is_known) = (self.delays(), true);
                }
                Err(error) if is_known => tracing::debug!(reason = describe(&error), "Redis is still away"),
                Err(error) => {
                    tracing::warn!(reason = describe(&error), "Redis is away");
                    is_known = true;
                }
            }
            let delay = delays.next().unwrap_or(self.options.reconnect_delay_max);
            let next = async {
                sleep(delay).await;
                self.connect().await
            };
            let Some(next) = self.closing.run_until_cancelled(next).await else { return };
            attempt = next;
        }
    }

    /// Tries to connect once, and lends the connection out from then on.
    async fn connect(&self) -> FredResult<Connection> {
        let connected = timeout(self.options.connect_timeout, Connection::open(&self.builder)).await;
        let connection = connected.unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "no connection in time")))?;
        tracing::info!("connected to Redis");
        self.client.send_replace(Some(connection.client.clone()));
        self.reachable.send_replace(true);
        Ok(connection)
    }

    /// Waits until the connection is lost, and tells why; None when it was closed on demand.
    async fn watch(&self, mut connection: Connection) -> Option<Error> {
        let lost = connection.lost(self.options.unresponsive_timeout);
        let lost = self.closing.run_until_cancelled(lost).await;
        // First the client, so that whoever hears of it finds no connection.
        self.client.send_replace(None);
        self.reachable.send_replace(false);
        if lost.is_none() {
            connection.quit(self.options.command_timeout).await;
        }
        lost
    }

    fn delays(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::default()
            .with_min_delay(self.options.reconnect_delay_min)
            .with_max_delay(self.options.reconnect_delay_max)
            .without_max_times()
            .with_jitter()
            .build()
    }
}

/// A client of fred's that is connected, and the task that drives it.
struct Connection {
    client: Client,
    task: AbortOnDropHandle<FredResult<()>>,
}

impl Connection {
    /// Connects and loads the library.
    async fn open(builder: &Builder) -> FredResult<Self> {
        let client = builder.build()?;
        let mut connected = client.reconnect_rx();
        let mut task = AbortOnDropHandle::new(client.connect());
        tokio::select! {
            ended = &mut task => return Err(reason(ended)),
            server = connected.recv() => server?,
        };
        library::ensure(&client).await?;
        Ok(Self { client, task })
    }

    /// Waits until the connection is lost, or owes every answer for too long, and tells why.
    async fn lost(&mut self, unresponsive_timeout: Duration) -> Error {
        tokio::select! {
            ended = &mut self.task => reason(ended),
            error = unresponsive(&self.client, unresponsive_timeout) => error,
        }
    }

    /// Lets the server answer what it was asked and closes the connection.
    async fn quit(self, deadline: Duration) {
        if let Ok(Err(error)) = timeout(deadline, self.client.quit()).await {
            tracing::debug!(reason = describe(&error), "Redis did not take the goodbye");
        }
    }
}

/// Asks for a sign of life now and then, and ends when there is none for so long.
///
/// The question is whether the library is there, which also puts it back when it was flushed.
async fn unresponsive(client: &Client, unresponsive_timeout: Duration) -> Error {
    let mut answered = Instant::now();
    loop {
        sleep(unresponsive_timeout / PROBES_PER_TIMEOUT).await;
        match library::ensure(client).await {
            Ok(()) => answered = Instant::now(),
            // A server that is busy for a moment is late, not gone.
            Err(error) if *error.kind() == ErrorKind::Timeout && answered.elapsed() < unresponsive_timeout => {}
            Err(error) => return error,
        }
    }
}

/// Why the task of a connection ended.
fn reason(ended: Result<FredResult<()>, tokio::task::JoinError>) -> Error {
    match ended {
        Ok(Ok(())) => Error::new(ErrorKind::IO, "the connection was closed"),
        Ok(Err(error)) => error,
        Err(_) => Error::new(ErrorKind::Unknown, "the task of the connection failed"),
    }
}
