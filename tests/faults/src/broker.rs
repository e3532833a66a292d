//! The broker as the processes of an experiment see it: the adapter for `RabbitMQ`, with what is to go wrong around it.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use anyhow::Result;
use fabric::{
    core::{
        ack_ledger::{Settlement, Tag},
        message::{Incoming, Outgoing},
        topology::{Topology, names::leads_to_one_queue},
    },
    runtime::ports::{
        BoxFuture, Broker, BrokerStatus, Claim, ClaimError, Confirmed, ConsumeError, ConsumeRequest, Consumer,
        DeclareError, Depth, DepthError, PublishError, Settled, TapRequest,
    },
};
use fabric_rabbitmq::{RabbitBroker, RabbitOptions};
use futures_util::future::poll_fn;
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    crash::{Crash, Point},
    mutant::Mutant,
};

/// How long a publish may take until its outcome is known. Short, so that outcomes of every kind are seen.
const PUBLISH_DEADLINE: Duration = Duration::from_secs(5);

/// What goes wrong with a broker's client.
#[derive(Debug, Clone)]
pub struct Wrongs {
    /// Where its process dies.
    pub crash: Crash,
    /// What it does wrong.
    pub mutant: Option<Mutant>,
}

/// Connects to a broker; `name` is what operators see.
pub async fn connect(url: &str, name: &str, wrongs: Wrongs) -> Result<Arc<dyn Broker>> {
    let mut options = RabbitOptions::new(url);
    name.clone_into(&mut options.connection_name);
    options.publish_deadline = PUBLISH_DEADLINE;
    options.connect_timeout = Duration::from_secs(3);
    options.operation_timeout = Duration::from_secs(5);
    options.reconnect_pause_max = Duration::from_secs(1);
    if let Some(mutant) = wrongs.mutant.filter(|mutant| !is_of_the_port(*mutant)) {
        mutant.build_in(&mut options)?;
    }
    let inner = RabbitBroker::connect(options).await?;
    Ok(Arc::new(Tampered { inner, wrongs }))
}

fn is_of_the_port(mutant: Mutant) -> bool {
    matches!(mutant, Mutant::AckBeforeHandling | Mutant::PublishedBeforeConfirm | Mutant::NoLadderConfirm)
}

struct Tampered {
    inner: Arc<dyn Broker>,
    wrongs: Wrongs,
}

/// What a message that goes straight to a queue is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copy {
    Retry,
    Parked,
    Redriven,
}

impl Copy {
    fn of(outgoing: &Outgoing) -> Option<Self> {
        let queue = leads_to_one_queue(&outgoing.exchange).then_some(outgoing.routing_key.as_str())?;
        Some(match queue {
            retry if retry.contains(".retry.") => Self::Retry,
            parked if parked.ends_with(".parked") => Self::Parked,
            unrouted if unrouted.starts_with("events.") => return None,
            _ => Self::Redriven,
        })
    }

    fn points(self) -> (Option<Point>, Point) {
        match self {
            Self::Retry => (Some(Point::BeforeRetryCopy), Point::AfterRetryCopy),
            Self::Parked => (Some(Point::BeforeParkedCopy), Point::AfterParkedCopy),
            Self::Redriven => (None, Point::AfterRedriveCopy),
        }
    }
}

impl Tampered {
    /// Whether a publish is reported as done before it is.
    fn is_reported_early(&self, copy: Option<Copy>) -> bool {
        match self.wrongs.mutant {
            Some(Mutant::PublishedBeforeConfirm) => true,
            Some(Mutant::NoLadderConfirm) => copy == Some(Copy::Retry),
            _ => false,
        }
    }

    async fn publish(&self, outgoing: Outgoing) -> Result<Confirmed, PublishError> {
        let copy = Copy::of(&outgoing);
        let points = copy.map(Copy::points);
        if let Some((Some(before), _)) = points {
            self.wrongs.crash.at(before);
        }
        if self.is_reported_early(copy) {
            let inner = Arc::clone(&self.inner);
            // Whatever becomes of it, nobody asks: this is the flaw.
            tokio::spawn(async move { inner.publish(outgoing).await });
            return Ok(Confirmed::Routed);
        }
        let confirmed = self.inner.publish(outgoing).await?;
        if let Some((_, after)) = points {
            self.wrongs.crash.at(after);
        }
        Ok(confirmed)
    }

    async fn consume(&self, request: ConsumeRequest) -> Result<Box<dyn Consumer>, ConsumeError> {
        // What is kept, parked or otherwise, is only looked at.
        let is_work = request.queue.starts_with("faults.") && !request.queue.ends_with(".parked");
        let prefetch = usize::from(request.prefetch);
        let inner = self.inner.consume(request).await?;
        if is_work && self.wrongs.mutant == Some(Mutant::AckBeforeHandling) {
            return Ok(Box::new(AckedEarly::new(inner, prefetch, self.wrongs.crash.clone())));
        }
        if is_work { Ok(Box::new(Watched { inner, crash: self.wrongs.crash.clone() })) } else { Ok(inner) }
    }
}

impl Broker for Tampered {
    fn declare<'a>(&'a self, topology: &'a Topology) -> BoxFuture<'a, Result<(), DeclareError>> {
        self.inner.declare(topology)
    }

    fn restore(&self) -> BoxFuture<'_, Result<(), DeclareError>> {
        self.inner.restore()
    }

    fn publish(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Confirmed, PublishError>> {
        Box::pin(self.publish(outgoing))
    }

    fn consume(&self, request: ConsumeRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        Box::pin(self.consume(request))
    }

    fn tap(&self, request: TapRequest) -> BoxFuture<'_, Result<Box<dyn Consumer>, ConsumeError>> {
        self.inner.tap(request)
    }

    fn claim(&self, name: String) -> BoxFuture<'_, Result<Box<dyn Claim>, ClaimError>> {
        self.inner.claim(name)
    }

    fn depths(&self, queues: Vec<String>) -> BoxFuture<'_, Result<Vec<Depth>, DepthError>> {
        self.inner.depths(queues)
    }

    fn status(&self) -> watch::Receiver<BrokerStatus> {
        self.inner.status()
    }

    fn close(&self, deadline: Duration) -> BoxFuture<'_, ()> {
        self.inner.close(deadline)
    }
}

/// A consumer whose process may die around its acknowledgements.
struct Watched {
    inner: Box<dyn Consumer>,
    crash: Crash,
}

impl Consumer for Watched {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Incoming>> {
        self.inner.poll_next(context)
    }

    fn settle(&mut self, settlements: Vec<Settlement>) -> BoxFuture<'_, Settled> {
        Box::pin(async move {
            self.crash.at(Point::BeforeSettle);
            let settled = self.inner.settle(settlements).await;
            self.crash.at(Point::AfterSettle);
            settled
        })
    }

    fn close(self: Box<Self>, deadline: Duration) -> BoxFuture<'static, ()> {
        self.inner.close(deadline)
    }
}

/// A consumer that acknowledges whatever comes, at once: a flaw.
struct AckedEarly {
    deliveries: mpsc::Receiver<Incoming>,
    crash: Crash,
    _task: AbortOnDropHandle<()>,
}

impl AckedEarly {
    fn new(mut inner: Box<dyn Consumer>, prefetch: usize, crash: Crash) -> Self {
        let (sender, deliveries) = mpsc::channel(prefetch.max(1));
        let task = tokio::spawn(async move {
            while let Some(incoming) = poll_fn(|context| inner.poll_next(context)).await {
                let tag: Tag = incoming.tag;
                inner.settle(vec![Settlement::Ack { tag, multiple: false }]).await;
                if sender.send(incoming).await.is_err() {
                    return;
                }
            }
        });
        Self { deliveries, crash, _task: AbortOnDropHandle::new(task) }
    }
}

impl Consumer for AckedEarly {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Incoming>> {
        self.deliveries.poll_recv(context)
    }

    fn settle(&mut self, settlements: Vec<Settlement>) -> BoxFuture<'_, Settled> {
        self.crash.at(Point::BeforeSettle);
        self.crash.at(Point::AfterSettle);
        Box::pin(std::future::ready(Settled { sent: settlements.len(), lost: 0 }))
    }

    fn close(self: Box<Self>, _deadline: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}
