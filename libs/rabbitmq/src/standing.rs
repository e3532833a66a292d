//! What has to stand on the broker, remembered, and the connection that it is declared on.

use std::{sync::Arc, time::Duration};

use fabric_core::topology::Topology;
use fabric_runtime::ports::DeclareError;
use lapin::Connection;
use tokio::{
    sync::{Mutex, Notify, watch},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{flaw::Flaws, options::RabbitOptions, reconnect::FailedAttempt, topology};

/// How long after one restoration the next one begins at the earliest: it declares everything.
const RESTORE_PAUSE: Duration = Duration::from_secs(1);

/// The consume connection as it is at the moment.
pub(crate) type Current = Option<Arc<Connection>>;

/// The consume connection, and everything that was ever declared.
pub(crate) struct Standing {
    current: watch::Receiver<Current>,
    /// The last failed attempt to connect, of any connection.
    failure: watch::Receiver<Option<FailedAttempt>>,
    remembered: Mutex<Topology>,
    restored: Mutex<Option<Restored>>,
    missed: Notify,
    operation_timeout: Duration,
    makes_topology: bool,
    flaws: Flaws,
}

/// What the last restoration came to.
struct Restored {
    ended: Instant,
    outcome: Result<(), DeclareError>,
}

impl Standing {
    /// Nothing declared yet, on the connection that is sent.
    pub fn new(
        options: &RabbitOptions,
        failure: watch::Receiver<Option<FailedAttempt>>,
    ) -> (Arc<Self>, watch::Sender<Current>) {
        let (sender, current) = watch::channel(None);
        let standing = Self {
            current,
            failure,
            remembered: Mutex::default(),
            restored: Mutex::default(),
            missed: Notify::new(),
            operation_timeout: options.operation_timeout,
            makes_topology: options.makes_topology,
            flaws: Flaws::of(options),
        };
        (Arc::new(standing), sender)
    }

    /// The connection, waited for while there is none. Without one, what the last attempt met is the error.
    pub async fn connection(&self) -> Result<Arc<Connection>, String> {
        let mut current = self.current.clone();
        // A connection may be lost already and its supervisor not know yet.
        let stands = |current: &Current| current.as_ref().is_some_and(|connection| connection.status().connected());
        let connected = timeout(self.operation_timeout, current.wait_for(stands)).await;
        match connected.as_ref().map(|current| current.as_deref()) {
            Ok(Ok(Some(connection))) => Ok(Arc::clone(connection)),
            Ok(Ok(None)) | Err(_) => Err(match &*self.failure.borrow() {
                Some(attempt) => format!("there was no connection in time: {attempt}"),
                None => "there was no connection in time".to_owned(),
            }),
            Ok(Err(_ended)) => Err("the connection was closed".to_owned()),
        }
    }

    /// Declares a topology and remembers it.
    pub async fn declare(&self, topology: &Topology) -> Result<(), DeclareError> {
        let connection = self.connection().await.map_err(|detail| DeclareError::Away { detail })?;
        // Held until it is remembered: a connection that comes meanwhile waits, and then declares this too.
        let mut remembered = self.remembered.lock().await;
        self.make_or_check(&connection, topology).await?;
        *remembered = std::mem::take(&mut *remembered).union(topology.clone());
        Ok(())
    }

    /// Declares everything remembered on a connection.
    pub async fn declare_on(&self, connection: &Connection) -> Result<(), DeclareError> {
        let remembered = self.remembered.lock().await;
        self.make_or_check(connection, &remembered).await
    }

    async fn make_or_check(&self, connection: &Connection, topology: &Topology) -> Result<(), DeclareError> {
        if self.makes_topology {
            topology::declare(connection, self.operation_timeout, topology, self.flaws).await
        } else {
            topology::check(connection, self.operation_timeout, topology, self.flaws).await
        }
    }

    /// Declares everything remembered again. Whoever asks while that is under way shares its outcome, and whoever asks soon after waits
    /// a little: many consumers find out at once that their queues are gone, and so does each publish to a missing exchange.
    pub async fn restore(&self) -> Result<(), DeclareError> {
        let asked = Instant::now();
        let mut restored = self.restored.lock().await;
        if let Some(last) = &*restored {
            if last.ended >= asked {
                return last.outcome.clone();
            }
            sleep_until(last.ended + RESTORE_PAUSE).await;
        }
        let outcome = match self.connection().await {
            Ok(connection) => self.declare_on(&connection).await,
            Err(detail) => Err(DeclareError::Away { detail }),
        };
        *restored = Some(Restored { ended: Instant::now(), outcome: outcome.clone() });
        outcome
    }

    /// Says that something is missing, for those who cannot wait until it is there again.
    pub fn miss(&self) {
        self.missed.notify_one();
    }

    /// Restores whenever something is missed, until `closing` is cancelled.
    pub async fn restore_when_missed(self: Arc<Self>, closing: CancellationToken) {
        let restoring = async {
            loop {
                self.missed.notified().await;
                match self.restore().await {
                    Ok(()) => tracing::info!("something was missing on the broker, and everything was declared again"),
                    Err(error) => tracing::error!(%error, "something is missing on the broker and cannot be declared"),
                }
            }
        };
        closing.run_until_cancelled(restoring).await;
    }
}
