//! The port `Broker` over the model.

mod claim;
mod consumer;
mod faults;
mod observe;
mod server;
mod timer;

use std::{sync::Arc, time::Duration};

use fabric_core::{message::Outgoing, topology::Topology};
use fabric_runtime::{
    clock::Clock,
    ports::{
        BoxFuture, Broker, BrokerStatus, Claim, ClaimError, Confirmed, ConsumeError, ConsumeRequest, Consumer,
        DeclareError, Depth, DepthError, PublishError, TapRequest,
    },
};
use tokio::{
    sync::{oneshot, watch},
    task::coop,
    time::{sleep, timeout},
};

use crate::{
    model::{Answer, CannotConsume, CannotDeclare, ChannelId, ClientId, GivenUp, Line, Model, PublishId},
    options::BrokerOptions,
};
use consumer::MemoryConsumer;
use server::{Promise, Server, State};

/// How long a publisher waits when a queue's backlog is at [`BrokerOptions::flow_max`]. At twice the backlog it is four times
/// as long.
const FLOW_PAUSE: Duration = Duration::from_millis(1);
/// The longest that a publisher waits for a backlog.
const FLOW_PAUSE_MAX: Duration = Duration::from_millis(100);

/// A broker in this process, and one client's connection to it.
///
/// A publish is taken when it is called, not when its future is first polled: publishes keep the order in which they were made.
/// It never blocks the thread, and it lets other tasks run as often as a broker over a network would.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use fabric_memory::{BrokerOptions, MemoryBroker};
/// use fabric_core::message::{Message, Outgoing};
/// use fabric_runtime::{clock::Clock, ports::{Broker, Confirmed, PublishError}};
///
/// let broker = MemoryBroker::new(Clock::system(), BrokerOptions::default());
/// let outgoing = Outgoing {
///     exchange: String::new(),
///     routing_key: "academic.audit".to_owned(),
///     message: Message::default(),
/// };
/// assert_eq!(broker.publish(outgoing.clone()).await, Ok(Confirmed::Unrouted));
/// broker.refuse_next(1);
/// assert_eq!(broker.publish(outgoing).await, Err(PublishError::Refused));
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryBroker {
    server: Arc<Server>,
    client: ClientId,
}

impl MemoryBroker {
    /// A broker on which nothing stands, and a client of it. Its time is the clock's.
    pub fn new(clock: Clock, options: BrokerOptions) -> Arc<Self> {
        Self::client_of(Server::new(clock, options))
    }

    /// Another client of the same broker, with a connection of its own.
    pub fn another_client(&self) -> Arc<Self> {
        Self::client_of(Arc::clone(&self.server))
    }

    fn client_of(server: Arc<Server>) -> Arc<Self> {
        let client = server.step(State::connect);
        Arc::new(Self { server, client })
    }

    /// Waits until there is a connection, up to the deadline. Those who wait go on in the order in which they came.
    async fn connected(&self) -> Result<(), String> {
        if self.server.look(|model| model.line(self.client)) == Line::Up {
            return Ok(());
        }
        let mut status = self.status();
        match timeout(self.server.deadline, status.wait_for(|status| status.connected)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err("the connection is closed".to_owned()),
            Err(_) => Err(format!("there was no connection within {:?}", self.server.deadline)),
        }
    }

    /// Waits for the answer to a publish that is held.
    async fn answer(
        &self,
        publish: PublishId,
        mut answer: oneshot::Receiver<Answer>,
    ) -> Result<Confirmed, PublishError> {
        if let Ok(Ok(answer)) = timeout(self.server.deadline, &mut answer).await {
            return confirmed(answer);
        }
        let given_up = self.server.step(|state| state.give_up(publish));
        match (answer.try_recv(), given_up) {
            (Ok(answer), _) => confirmed(answer),
            (Err(_), GivenUp::NotSent) => Err(PublishError::NotSent { reason: "there was no connection in time" }),
            (Err(_), GivenUp::Unknown) => Err(PublishError::Unknown { reason: "no answer came in time" }),
        }
    }

    /// Lets consumers catch up before a publisher goes on. A confirm that waits for them without a limit would be a deadlock when a
    /// handler publishes to its own queue.
    async fn give_way(&self, backlog: usize) {
        let times = u32::try_from(backlog / self.server.flow_max.max(1)).unwrap_or(u32::MAX);
        if times == 0 {
            coop::consume_budget().await;
        } else {
            sleep(FLOW_PAUSE.saturating_mul(times.saturating_mul(times)).min(FLOW_PAUSE_MAX)).await;
        }
    }

    /// Opens a channel once there is a connection.
    async fn open(
        &self,
        name: &str,
        open: impl FnOnce(&mut Model) -> Result<ChannelId, CannotConsume>,
    ) -> Result<Box<dyn Consumer>, ConsumeError> {
        self.connected().await.map_err(|detail| ConsumeError::Away { detail })?;
        let opened = self.server.step(|state| {
            let opened = open(&mut state.model);
            if let Ok(channel) = opened {
                state.add_reader(channel);
            }
            opened
        });
        match opened {
            Ok(channel) => Ok(Box::new(MemoryConsumer::new(Arc::clone(&self.server), channel))),
            Err(CannotConsume::NoSuch) => Err(ConsumeError::NoQueue { queue: name.to_owned() }),
            Err(CannotConsume::Away) => Err(ConsumeError::Away { detail: "the connection was lost".to_owned() }),
        }
    }
}

impl Broker for MemoryBroker {
    fn declare<'a>(&'a self, topology: &'a Topology) -> BoxFuture<'a, Result<(), DeclareError>> {
        Box::pin(async move {
            self.connected().await.map_err(|detail| DeclareError::Away { detail })?;
            self.server.step(|state| state.model.declare(self.client, topology)).map_err(different)
        })
    }

    fn restore(&self) -> BoxFuture<'_, Result<(), DeclareError>> {
        Box::pin(async move {
            self.connected().await.map_err(|detail| DeclareError::Away { detail })?;
            self.server.step(|state| state.model.restore(self.client)).map_err(different)
        })
    }

    fn publish(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Confirmed, PublishError>> {
        match self.server.step(|state| state.publish(self.client, outgoing)) {
            Promise::Answered { answer, backlog } => Box::pin(async move {
                self.give_way(backlog).await;
                confirmed(answer)
            }),
            Promise::Held(publish, answer) => Box::pin(self.answer(publish, answer)),
            Promise::NotSent { reason } => Box::pin(std::future::ready(Err(PublishError::NotSent { reason }))),
        }
    }

    fn consume(&self, request: ConsumeRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        Box::pin(async move {
            let ConsumeRequest { queue, prefetch, consumer_name } = request;
            tracing::debug!(queue, prefetch, consumer_name, "consuming");
            self.open(&queue, |model| model.consume(self.client, &queue, prefetch)).await
        })
    }

    fn tap(&self, request: TapRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        Box::pin(async move {
            let TapRequest { bindings, backlog_max } = request;
            let backlog_max = usize::try_from(backlog_max).unwrap_or(usize::MAX);
            let exchanges: Vec<&str> = bindings.iter().map(|(exchange, _)| exchange.as_str()).collect();
            self.open(&exchanges.join(", "), |model| model.tap(self.client, &bindings, backlog_max)).await
        })
    }

    fn claim(&self, name: String) -> BoxFuture<'_, Result<Box<dyn Claim>, ClaimError>> {
        Box::pin(async move {
            self.connected().await.map_err(|detail| ClaimError::Away { detail })?;
            claim::start(&self.server, self.client, name)
        })
    }

    fn depths(&self, queues: Vec<String>) -> BoxFuture<'_, Result<Vec<Depth>, DepthError>> {
        Box::pin(async move {
            self.connected().await.map_err(|detail| DepthError { detail })?;
            Ok(self.server.step(|state| queues.iter().filter_map(|queue| state.model.depth(queue)).collect()))
        })
    }

    fn status(&self) -> watch::Receiver<BrokerStatus> {
        self.server.status(self.client)
    }

    fn close(&self, deadline: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if self.server.look(|model| model.has_held(self.client)) {
                let mut status = self.status();
                let waited = timeout(deadline, status.wait_for(BrokerStatus::is_ready)).await;
                tracing::debug!(in_time = waited.is_ok(), "closing: publishes were held");
            }
            self.server.step(|state| state.leave(self.client));
        })
    }
}

impl Drop for MemoryBroker {
    fn drop(&mut self) {
        self.server.step(|state| state.leave(self.client));
    }
}

fn different(CannotDeclare { resource, detail }: CannotDeclare) -> DeclareError {
    DeclareError::Different { resource, detail }
}

fn confirmed(answer: Answer) -> Result<Confirmed, PublishError> {
    match answer {
        Answer::Routed => Ok(Confirmed::Routed),
        Answer::Unrouted => Ok(Confirmed::Unrouted),
        Answer::Refused => Err(PublishError::Refused),
        Answer::Unknown => Err(PublishError::Unknown { reason: "the connection was lost before the answer came" }),
    }
}
