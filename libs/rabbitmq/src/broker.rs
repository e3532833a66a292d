//! The port.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fabric_core::{message::Outgoing, topology::Topology};
use fabric_runtime::ports::{
    BoxFuture, Broker, BrokerStatus, Claim, ClaimError, Confirmed, ConsumeError, ConsumeRequest, Consumer,
    DeclareError, Depth, DepthError, PublishError, TapRequest,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::AbortOnDropHandle,
};

use crate::{
    consuming::{ConsumeSide, Supervisor},
    endpoint::Endpoint,
    error::ConnectError,
    options::RabbitOptions,
    publishing::Publishers,
    reconnect::{FailedAttempt, OpenError},
    standing::Standing,
    status::StatusBoard,
};

/// `RabbitMQ`, over connections that are built again whenever they are lost. They close when it is dropped, or in good order with
/// [`close`](Broker::close).
pub struct RabbitBroker {
    standing: Arc<Standing>,
    publishers: Publishers,
    consume_side: ConsumeSide,
    board: Arc<StatusBoard>,
    tasks: Mutex<Vec<AbortOnDropHandle<()>>>,
    closing: CancellationToken,
    /// The tasks end when nobody holds the broker any more.
    _closes_on_drop: DropGuard,
}

impl RabbitBroker {
    /// Connects.
    ///
    /// Fails at once when the URL or an option cannot be used. With `require_at_start` it waits for all connections, and fails when the
    /// broker refuses them or `connect_timeout` passes; without, it returns at once and goes on trying in the background, which
    /// [`status`](Broker::status) tells.
    ///
    /// ```no_run
    /// use fabric_rabbitmq::{RabbitBroker, RabbitOptions};
    ///
    /// # async fn example() -> Result<(), fabric_rabbitmq::ConnectError> {
    /// let mut options = RabbitOptions::new("amqp://guest:guest@localhost:5672/%2f");
    /// options.require_at_start = true;
    /// let broker = RabbitBroker::connect(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(options: RabbitOptions) -> Result<Arc<Self>, ConnectError> {
        options.check()?;
        let endpoints: Arc<[Endpoint]> = Endpoint::parse_all(options.url())?.into();
        let board = StatusBoard::new();
        let closing = CancellationToken::new();
        let (standing, current) = Standing::new(&options, board.failure());
        let (publishers, mut tasks) = Publishers::start(&options, &endpoints, &board, &standing, &closing)?;
        let supervisor = Supervisor::new(&options, &endpoints, &board, &standing, current, &closing);
        tasks.push(AbortOnDropHandle::new(tokio::spawn(supervisor.run())));
        let restorer = Arc::clone(&standing).restore_when_missed(closing.clone());
        tasks.push(AbortOnDropHandle::new(tokio::spawn(restorer)));
        let consume_side = ConsumeSide::new(&options, &standing);
        let broker = Self {
            standing,
            publishers,
            consume_side,
            board,
            tasks: Mutex::new(tasks),
            closing: closing.clone(),
            _closes_on_drop: closing.drop_guard(),
        };
        if options.require_at_start
            && let Err(error) = broker.wait_until_connected(options.connect_timeout).await
        {
            // Some of the connections may stand, such as those to publish on where only consuming is refused.
            broker.close(options.operation_timeout).await;
            return Err(error);
        }
        Ok(Arc::new(broker))
    }

    async fn wait_until_connected(&self, within: Duration) -> Result<(), ConnectError> {
        let deadline = Instant::now() + within;
        let (mut status, mut failure) = (self.board.status(), self.board.failure());
        let is_refused = |failure: &Option<FailedAttempt>| {
            failure.as_ref().is_some_and(|attempt| matches!(attempt.error, OpenError::Refused(_)))
        };
        let connected_or_refused = async {
            tokio::select! {
                _ = status.wait_for(|status| status.connected) => None,
                refused = failure.wait_for(is_refused) => refused.ok()?.clone(),
            }
        };
        match timeout_at(deadline, connected_or_refused).await {
            Ok(None) => Ok(()),
            Ok(Some(refused)) => Err(ConnectError::Refused { detail: refused.to_string() }),
            Err(_elapsed) => {
                let last = self.board.failure().borrow().as_ref().map(ToString::to_string);
                Err(ConnectError::Away {
                    waited: within,
                    detail: last.unwrap_or_else(|| "no answer in time".to_owned()),
                })
            }
        }
    }
}

impl Broker for RabbitBroker {
    fn declare<'a>(&'a self, topology: &'a Topology) -> BoxFuture<'a, Result<(), DeclareError>> {
        Box::pin(self.standing.declare(topology))
    }

    fn restore(&self) -> BoxFuture<'_, Result<(), DeclareError>> {
        Box::pin(self.standing.restore())
    }

    fn publish(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Confirmed, PublishError>> {
        Box::pin(self.publishers.publish(outgoing))
    }

    fn consume(&self, request: ConsumeRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        Box::pin(self.consume_side.consume(request))
    }

    fn tap(&self, request: TapRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        Box::pin(self.consume_side.tap(request))
    }

    fn claim(&self, name: String) -> BoxFuture<'_, Result<Box<dyn Claim>, ClaimError>> {
        Box::pin(self.consume_side.claim(name))
    }

    fn depths(&self, queues: Vec<String>) -> BoxFuture<'_, Result<Vec<Depth>, DepthError>> {
        Box::pin(self.consume_side.depths(queues))
    }

    fn status(&self) -> watch::Receiver<BrokerStatus> {
        self.board.status()
    }

    /// Publishes that are queued are still sent, the channels are closed, then the connections. What has not ended by the deadline
    /// is cut off: its callers learn whether it was sent.
    fn close(&self, deadline: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let deadline = Instant::now() + deadline;
            self.closing.cancel();
            let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
            for task in tasks {
                if timeout_at(deadline, task).await.is_err() {
                    tracing::warn!("a connection to the broker was cut off: it did not close in time");
                }
            }
        })
    }
}
