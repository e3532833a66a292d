//! The consume connection, and what lives on it: consumers, taps, declarations and questions about queues.

mod consumer;
mod tap;

use std::{sync::Arc, time::Duration};

use fabric_core::topology::Topology;
use fabric_runtime::ports::{ConsumeError, ConsumeRequest, Consumer, DeclareError, Depth, DepthError, TapRequest};
use lapin::{Connection, ConnectionProperties};
use tokio::{
    sync::{Mutex, watch},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    depths,
    endpoint::Endpoint,
    link::{self, Link},
    options::RabbitOptions,
    reconnect::{OpenError, Reconnect},
    status::{Reporter, StatusBoard},
    topology,
};

/// The connection as it is at the moment.
type Current = Option<Arc<Connection>>;

/// Everything that is asked of the consume connection. What it is asked while there is none waits for one.
pub(crate) struct ConsumeSide {
    current: watch::Receiver<Current>,
    remembered: Arc<Mutex<Topology>>,
    operation_timeout: Duration,
}

impl ConsumeSide {
    /// Starts the task that builds the connection and builds it again whenever it is lost, until `closing` is cancelled.
    pub fn start(
        options: &RabbitOptions,
        endpoint: &Arc<Endpoint>,
        board: &Arc<StatusBoard>,
        closing: &CancellationToken,
    ) -> (Self, AbortOnDropHandle<()>) {
        let (sender, current) = watch::channel(None);
        let remembered = Arc::new(Mutex::new(Topology::default()));
        let reporter = board.reporter();
        let supervisor = Supervisor {
            endpoint: Arc::clone(endpoint),
            connection_name: format!("{} consume", options.connection_name),
            connect_timeout: options.connect_timeout,
            operation_timeout: options.operation_timeout,
            remembered: Arc::clone(&remembered),
            current: sender,
            reporter: reporter.clone(),
            closing: closing.clone(),
        };
        let reconnect = Reconnect::new(options, Arc::clone(endpoint), reporter);
        let task = AbortOnDropHandle::new(tokio::spawn(supervisor.run(reconnect)));
        (Self { current, remembered, operation_timeout: options.operation_timeout }, task)
    }

    /// Declares a topology and remembers it.
    pub async fn declare(&self, topology: &Topology) -> Result<(), DeclareError> {
        let connection = self.connection().await.map_err(|detail| DeclareError::Away { detail })?;
        // Held until it is remembered: a connection that comes meanwhile waits, and then declares this too.
        let mut remembered = self.remembered.lock().await;
        topology::declare(&connection, self.operation_timeout, topology).await?;
        *remembered = std::mem::take(&mut *remembered).union(topology.clone());
        Ok(())
    }

    /// Starts consuming a queue.
    pub async fn consume(&self, request: ConsumeRequest) -> Result<Box<dyn Consumer>, ConsumeError> {
        let connection = self.connection().await.map_err(|detail| ConsumeError::Away { detail })?;
        consumer::start(&connection, request, self.operation_timeout).await
    }

    /// Starts watching what goes by.
    pub async fn tap(&self, request: TapRequest) -> Result<Box<dyn Consumer>, ConsumeError> {
        let connection = self.connection().await.map_err(|detail| ConsumeError::Away { detail })?;
        tap::start(&connection, request, self.operation_timeout).await
    }

    /// The depths of those of the queues that exist.
    pub async fn depths(&self, queues: Vec<String>) -> Result<Vec<Depth>, DepthError> {
        let connection = self.connection().await.map_err(|detail| DepthError { detail })?;
        let asked = depths::depths(&connection, self.operation_timeout, queues).await;
        asked.map_err(|error| DepthError { detail: error.to_string() })
    }

    async fn connection(&self) -> Result<Arc<Connection>, String> {
        let mut current = self.current.clone();
        // A connection may be lost already and its supervisor not know yet.
        let stands = |current: &Current| current.as_ref().is_some_and(|connection| connection.status().connected());
        let connected = timeout(self.operation_timeout, current.wait_for(stands)).await;
        match connected.as_ref().map(|current| current.as_deref()) {
            Ok(Ok(Some(connection))) => Ok(Arc::clone(connection)),
            Ok(Ok(None)) | Err(_) => Err("there was no connection in time".to_owned()),
            Ok(Err(_ended)) => Err("the connection was closed".to_owned()),
        }
    }
}

/// Keeps the consume connection up.
struct Supervisor {
    endpoint: Arc<Endpoint>,
    connection_name: String,
    connect_timeout: Duration,
    operation_timeout: Duration,
    remembered: Arc<Mutex<Topology>>,
    current: watch::Sender<Current>,
    reporter: Reporter,
    closing: CancellationToken,
}

impl Supervisor {
    async fn run(self, mut reconnect: Reconnect) {
        loop {
            let connection = tokio::select! {
                biased;
                () = self.closing.cancelled() => return,
                connection = reconnect.until_open(|| Box::pin(self.open())) => Arc::new(connection),
            };
            let mut link = Link::listen(&connection, self.reporter.clone());
            self.reporter.connected();
            self.current.send_replace(Some(Arc::clone(&connection)));
            let lost = tokio::select! {
                reason = link.lost() => Some(reason),
                () = self.closing.cancelled() => None,
            };
            self.current.send_replace(None);
            self.reporter.lost();
            match lost {
                Some(reason) => {
                    tracing::warn!(reason, "the consume connection is lost");
                    link::give_up(&connection).await;
                }
                None => return link::close(&connection, self.operation_timeout).await,
            }
        }
    }

    /// A connection on which everything that was ever declared stands.
    async fn open(&self) -> Result<Connection, OpenError> {
        let properties = ConnectionProperties::default().with_connection_name(self.connection_name.as_str().into());
        let connecting = Connection::connect_uri(self.endpoint.uri(), properties);
        let connection = timeout(self.connect_timeout, connecting).await.map_err(|_elapsed| OpenError::TimedOut)??;
        let remembered = self.remembered.lock().await;
        match topology::declare(&connection, self.operation_timeout, &remembered).await {
            Ok(()) => Ok(connection),
            Err(DeclareError::Away { detail }) => {
                link::give_up(&connection).await;
                Err(OpenError::Failed(detail))
            }
            // Somebody has changed something on the broker. The queues that stand must be consumed nevertheless.
            Err(error) => {
                tracing::error!(%error, "not all of the topology stands any more");
                Ok(connection)
            }
        }
    }
}
