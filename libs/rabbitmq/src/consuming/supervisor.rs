//! The task that keeps the consume connection up.

use std::{sync::Arc, time::Duration};

use fabric_runtime::ports::DeclareError;
use lapin::{Connection, ConnectionProperties};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    endpoint::Endpoint,
    link::{self, Link},
    options::RabbitOptions,
    reconnect::{OpenError, Reconnect},
    standing::{Current, Standing},
    status::{Reporter, StatusBoard},
};

/// Keeps the consume connection up.
pub(crate) struct Supervisor {
    endpoints: Arc<[Endpoint]>,
    connection_name: String,
    connect_timeout: Duration,
    operation_timeout: Duration,
    standing: Arc<Standing>,
    current: watch::Sender<Current>,
    reconnect: Reconnect,
    reporter: Reporter,
    closing: CancellationToken,
}

impl Supervisor {
    /// Has no connection yet, and sends each that it builds to `current`.
    pub fn new(
        options: &RabbitOptions,
        endpoints: &Arc<[Endpoint]>,
        board: &Arc<StatusBoard>,
        standing: &Arc<Standing>,
        current: watch::Sender<Current>,
        closing: &CancellationToken,
    ) -> Self {
        let reporter = board.reporter();
        Self {
            endpoints: Arc::clone(endpoints),
            connection_name: format!("{} consume", options.connection_name),
            connect_timeout: options.connect_timeout,
            operation_timeout: options.operation_timeout,
            standing: Arc::clone(standing),
            current,
            reconnect: Reconnect::new(options, Arc::clone(endpoints), reporter.clone()),
            reporter,
            closing: closing.clone(),
        }
    }

    /// Builds the connection, and builds it again whenever it is lost, until it is told to close.
    pub async fn run(mut self) {
        while let Some(connection) = self.open().await {
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

    /// A connection; none when it is told to close first.
    async fn open(&mut self) -> Option<Arc<Connection>> {
        let Self { endpoints, connection_name, connect_timeout, standing, reconnect, closing, .. } = self;
        let (endpoints, connection_name, standing) = (&**endpoints, &*connection_name, &*standing);
        let opened = reconnect
            .until_open(|host| Box::pin(open(endpoints.get(host), connection_name, *connect_timeout, standing)));
        tokio::select! {
            biased;
            () = closing.cancelled() => None,
            connection = opened => Some(Arc::new(connection)),
        }
    }
}

/// A connection on which everything that was ever declared stands.
async fn open(
    endpoint: Option<&Endpoint>,
    connection_name: &str,
    connect_timeout: Duration,
    standing: &Standing,
) -> Result<Connection, OpenError> {
    let endpoint = endpoint.ok_or_else(|| OpenError::Failed("there is no such host".to_owned()))?;
    let properties = ConnectionProperties::default().with_connection_name(connection_name.into());
    let connecting = Connection::connect_uri(endpoint.uri(), properties);
    let connection = timeout(connect_timeout, connecting).await.map_err(|_elapsed| OpenError::TimedOut)??;
    match standing.declare_on(&connection).await {
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
